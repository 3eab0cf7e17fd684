"""A booking made without a date can move to a product only as that product could be booked."""

from uuid import uuid4

import pytest

from core_site.catalog.models import Product
from shared_domain import bookings
from shared_domain.bookings import Booking, BookingChange
from shared_domain.run_now import run_now
from tests.harness.data import (
    NOW,
    Shop,
    add_departure,
    add_product,
    bookings_on_django,
    live,
    open_shop,
)


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def undated(shop: Shop) -> Booking:
    add_product("pass", partners=(shop.alice,), availability_required=False)
    wish = shop.reservation(product_code="pass", availability_id=None, uuid=uuid4())
    return run_now(
        bookings.reserve_booking(wish, access=live(shop.alice), now=NOW, store=bookings_on_django())
    )


def move(booking: Booking, **change: str) -> Booking:
    return run_now(
        bookings.update_booking(
            booking.uuid,
            BookingChange(**change),
            access=booking.access,
            now=NOW,
            store=bookings_on_django(),
        )
    )


def test_a_product_with_departures_needs_one(undated: Booking) -> None:
    with pytest.raises(bookings.AvailabilityMissing):
        move(undated, product_code="kayak")


def test_with_a_departure_it_takes_places_there(shop: Shop, undated: Booking) -> None:
    moved = move(undated, product_code="kayak", availability_id=shop.departure.availability_id)

    assert moved.places == 1
    shop.departure.refresh_from_db()
    assert shop.departure.reserved == 1


def test_another_undated_product_needs_none(shop: Shop, undated: Booking) -> None:
    add_product("tram-pass", partners=(shop.alice,), availability_required=False)

    assert move(undated, product_code="tram-pass").departure is None


def test_a_date_can_be_chosen_later(shop: Shop, undated: Booking) -> None:
    departure = add_departure(Product.objects.get(code="pass"))

    moved = move(undated, availability_id=departure.availability_id)

    assert moved.departure is not None
    assert moved.places == 1
