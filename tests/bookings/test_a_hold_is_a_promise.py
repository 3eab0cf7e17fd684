"""What was held before its sale was withdrawn may be confirmed until the hold ends; no more."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from core_site.catalog.models import Departure
from shared_domain import bookings, catalog
from shared_domain.bookings import Booking, BookingChange, UnitItemRequest
from shared_domain.run_now import run_now
from tests.bookings.test_giving_back_tickets import withdraw
from tests.harness.data import NOW, Shop, add_departure, bookings_on_django, live, open_shop

WITHDRAWN = ["closed", "switched off", "terms gone"]


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def held(shop: Shop) -> Booking:
    wish = shop.reservation("adult", "adult", uuid=uuid4())
    return run_now(
        bookings.reserve_booking(wish, access=live(shop.alice), now=NOW, store=bookings_on_django())
    )


@pytest.fixture(params=WITHDRAWN)
def withdrawn(request: pytest.FixtureRequest, held: Booking) -> str:
    withdraw(request.param)
    return str(request.param)


def act(service: Any, booking: Booking, *arguments: Any, now: Any = NOW, **named: Any) -> Any:
    return run_now(
        service(
            booking.uuid,
            *arguments,
            access=booking.access,
            now=now,
            store=bookings_on_django(),
            **named,
        )
    )


def refusal_of(withdrawn: str) -> type[Exception]:
    return bookings.DepartureClosed if withdrawn == "closed" else catalog.ProductNotFound


def test_it_is_confirmed_at_the_price_it_was_held_for(held: Booking, withdrawn: str) -> None:
    confirmed = act(bookings.confirm_booking, held, BookingChange())

    assert (confirmed.status, confirmed.price) == ("CONFIRMED", held.price)


def test_until_it_runs_out(held: Booking, withdrawn: str) -> None:
    with pytest.raises(bookings.HoldExpired):
        act(bookings.confirm_booking, held, BookingChange(), now=NOW + timedelta(minutes=30))


def test_it_gets_no_more_time(held: Booking, withdrawn: str) -> None:
    with pytest.raises(refusal_of(withdrawn)):
        act(bookings.extend_booking, held, 10)
    with pytest.raises(refusal_of(withdrawn)):
        act(bookings.update_booking, held, BookingChange(expiration_minutes=10))


@pytest.mark.parametrize("service", [bookings.confirm_booking, bookings.update_booking])
def test_nor_more_tickets(held: Booking, withdrawn: str, service: Any) -> None:
    kept = [UnitItemRequest(unit_code=item.unit.code, uuid=item.uuid) for item in held.unit_items]

    with pytest.raises(refusal_of(withdrawn)):
        act(service, held, BookingChange(unit_items=(*kept, UnitItemRequest(unit_code="adult"))))


def test_its_guests_may_be_named_and_it_may_shrink(held: Booking, withdrawn: str) -> None:
    first = held.unit_items[0]
    wish = UnitItemRequest(unit_code="adult", uuid=first.uuid, contact={"first_name": "Clara"})

    changed = act(bookings.update_booking, held, BookingChange(unit_items=(wish,), notes="a pram"))

    assert (changed.places, changed.notes) == (1, "a pram")


def test_it_may_be_read_and_cancelled(held: Booking, withdrawn: str) -> None:
    assert act(bookings.get_booking, held).status == "ON_HOLD"
    assert act(bookings.cancel_booking, held, reason=None).status == "CANCELLED"


@pytest.mark.parametrize("what", ["switched off", "terms gone"])
def test_it_does_not_move_to_another_day_of_what_is_no_longer_sold(
    shop: Shop, held: Booking, what: str
) -> None:
    later = add_departure(shop.kayak, starts_at=datetime(2026, 7, 20, 8, 30, tzinfo=UTC))
    withdraw(what)

    with pytest.raises(catalog.ProductNotFound):
        act(bookings.update_booking, held, BookingChange(availability_id=later.availability_id))
    assert Departure.objects.get(pk=later.pk).reserved == 0


def test_a_closed_day_may_be_left_for_another(shop: Shop, held: Booking) -> None:
    later = add_departure(shop.kayak, starts_at=datetime(2026, 7, 20, 8, 30, tzinfo=UTC))
    Departure.objects.filter(pk=shop.departure.pk).update(is_open=False)

    moved = act(bookings.update_booking, held, BookingChange(availability_id=later.availability_id))

    assert moved.departure is not None
    assert moved.departure.id == later.pk


def test_what_is_sold_again_may_be_extended_again(held: Booking) -> None:
    withdraw("closed")
    Departure.objects.update(is_open=True)

    assert act(bookings.extend_booking, held, 10).hold_expires_at == NOW + timedelta(minutes=40)
