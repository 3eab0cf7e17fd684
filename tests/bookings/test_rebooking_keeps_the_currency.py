"""A booking moves with its currency; another one only when it is asked for."""

from datetime import UTC, datetime, time
from typing import Any
from uuid import uuid4

import pytest

from core_site.bookings.models import Booking as BookingRow
from core_site.catalog.models import Departure, Option, Price, Product
from shared_domain import bookings
from shared_domain.bookings import Booking, BookingChange, CurrencyKept, UnitItemRequest
from shared_domain.catalog import CurrencyNotOffered, PriceMissing
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
def in_pounds(shop: Shop) -> Booking:
    wish = shop.reservation("adult", uuid=uuid4(), currency="GBP")
    return run_now(
        bookings.reserve_booking(wish, access=live(shop.alice), now=NOW, store=bookings_on_django())
    )


@pytest.fixture
def abroad(shop: Shop) -> Departure:
    """A slot of a product that is sold in euros and dollars, and dollars are half of everything."""
    product = add_product("ferry", partners=(shop.alice,), available_currencies=["EUR", "USD"])
    for price in Price.objects.filter(option__product=product, currency="GBP"):
        price.currency, price.retail_minor = "USD", price.retail_minor // 2
        price.save()
    return add_departure(product)


def change(booking: Booking, **changes: Any) -> Booking:
    return run_now(
        bookings.update_booking(
            booking.uuid,
            BookingChange(**changes),
            access=booking.access,
            now=NOW,
            store=bookings_on_django(),
        )
    )


def to(slot: Departure) -> dict[str, Any]:
    return {
        "product_code": slot.option.product.code,
        "availability_id": slot.availability_id,
    }


def test_where_it_is_sold_in_it(shop: Shop, in_pounds: Booking) -> None:
    slot = add_departure(add_product("canoe", partners=(shop.alice,)))

    assert change(in_pounds, **to(slot)).price.currency == "GBP"


def test_where_it_is_not_the_move_is_refused_and_says_what_is(
    in_pounds: Booking, abroad: Departure
) -> None:
    before = list(BookingRow.objects.values())

    with pytest.raises(CurrencyKept) as refused:
        change(in_pounds, **to(abroad))

    assert (refused.value.currency, refused.value.offered) == ("GBP", ("EUR", "USD"))
    assert list(BookingRow.objects.values()) == before


def test_unless_another_one_is_asked_for(in_pounds: Booking, abroad: Departure) -> None:
    moved = change(in_pounds, **to(abroad), currency="USD")

    assert (moved.price.currency, moved.price.retail_minor) == ("USD", 2250)
    assert [item.price.currency for item in moved.unit_items if item.price] == ["USD"]


def test_that_the_new_product_has(in_pounds: Booking, abroad: Departure) -> None:
    with pytest.raises(CurrencyNotOffered) as refused:
        change(in_pounds, **to(abroad), currency="GBP")

    assert refused.value.offered == ("EUR", "USD")


def test_another_day_of_the_same_product_may_be_paid_in_another(
    shop: Shop, in_pounds: Booking
) -> None:
    later = add_departure(shop.kayak, starts_at=datetime(2026, 7, 20, 8, 30, tzinfo=UTC))

    moved = change(in_pounds, availability_id=later.availability_id, currency="EUR")

    assert moved.price.currency == "EUR"


@pytest.mark.parametrize("more", [{}, {"unit_items": (UnitItemRequest(unit_code="family"),)}])
def test_without_a_move_it_stays(in_pounds: Booking, more: dict[str, Any]) -> None:
    with pytest.raises(CurrencyKept) as refused:
        change(in_pounds, **more, currency="EUR")

    assert (refused.value.currency, refused.value.offered) == ("GBP", None)
    assert change(in_pounds, currency="GBP") == in_pounds


def test_without_a_price_in_it_that_day_the_move_is_refused(shop: Shop, in_pounds: Booking) -> None:
    canoe = add_product("canoe", partners=(shop.alice,))
    Price.objects.filter(option__product=canoe, currency="GBP").delete()

    with pytest.raises(PriceMissing, match="GBP"):
        change(in_pounds, **to(add_departure(canoe)))


def test_to_a_price_for_the_whole_booking(shop: Shop, in_pounds: Booking) -> None:
    charter = add_product("charter", partners=(shop.alice,), pricing_per="BOOKING")

    moved = change(in_pounds, **to(add_departure(charter)))

    assert (moved.price.currency, moved.price.retail_minor) == ("GBP", 30007)
    assert [item.price for item in moved.unit_items] == [None]


def test_to_another_option_of_the_product(shop: Shop, in_pounds: Booking) -> None:
    slot = add_departure(shop.kayak, starts_at=datetime(2026, 7, 20, 8, 30, tzinfo=UTC))
    evening = Option.objects.create(product=shop.kayak, code="EVENING", internal_name="Evening")
    evening.schedules.create(start_times=[time(9, 30)], capacity=10)
    unit = evening.units.create(code="adult", internal_name="adult", type="ADULT")
    Price.objects.create(
        option=evening, unit=unit, currency="EUR", original_minor=5000, retail_minor=5000
    )
    Departure.objects.filter(pk=slot.pk).update(option=evening)

    with pytest.raises(PriceMissing, match="GBP"):
        change(in_pounds, option_code="EVENING", availability_id=slot.availability_id)
    moved = change(
        in_pounds, option_code="EVENING", availability_id=slot.availability_id, currency="EUR"
    )
    assert (moved.price.currency, moved.price.retail_minor) == ("EUR", 5000)


def test_a_currency_that_staff_took_off_sale_stays_the_bookings(
    shop: Shop, in_pounds: Booking
) -> None:
    Product.objects.update(available_currencies=["EUR"])

    changed = change(in_pounds, notes="by the window", unit_items=None)
    assert changed.price.currency == "GBP"
