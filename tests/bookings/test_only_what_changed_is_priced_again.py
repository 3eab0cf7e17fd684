"""Prices are frozen at reservation; a later change of tickets or slot prices only what changed."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from core_site.catalog.models import Price, Unit
from shared_domain import bookings
from shared_domain.bookings import Booking, BookingChange, UnitItemRequest
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


def reserve(shop: Shop, *unit_codes: str, **values: object) -> Booking:
    wish = shop.reservation(*unit_codes, uuid=uuid4(), **values)
    return run_now(
        bookings.reserve_booking(wish, access=live(shop.alice), now=NOW, store=bookings_on_django())
    )


def change(booking: Booking, **changes: object) -> Booking:
    return run_now(
        bookings.update_booking(
            booking.uuid,
            BookingChange(**changes),
            access=booking.access,
            now=NOW,
            store=bookings_on_django(),
        )
    )


def kept(booking: Booking) -> list[UnitItemRequest]:
    return [
        UnitItemRequest(unit_code=item.unit.code, uuid=item.uuid) for item in booking.unit_items
    ]


def retail_prices(booking: Booking) -> list[int]:
    return [item.price.retail_minor for item in booking.unit_items if item.price]


def everything_costs(retail_minor: int) -> None:
    Price.objects.update(retail_minor=retail_minor, original_minor=retail_minor)


def test_a_new_price_list_leaves_bookings_alone(shop: Shop) -> None:
    held = reserve(shop, "adult", "adult")
    everything_costs(9999)

    changed = change(held, notes="at the window, please")

    assert retail_prices(changed) == [4500, 4500]
    assert changed.price.retail_minor == 9000


def test_a_new_ticket_costs_what_it_costs_now(shop: Shop) -> None:
    held = reserve(shop, "adult")
    everything_costs(9999)

    changed = change(held, unit_items=(*kept(held), UnitItemRequest(unit_code="adult")))

    assert retail_prices(changed) == [4500, 9999]
    assert changed.price.retail_minor == 14499


def test_a_ticket_of_another_unit_is_priced_anew(shop: Shop) -> None:
    held = reserve(shop, "adult", "adult")
    everything_costs(9999)
    first, second = held.unit_items

    changed = change(
        held,
        unit_items=(
            UnitItemRequest(unit_code="adult", uuid=first.uuid),
            UnitItemRequest(unit_code="family", uuid=second.uuid),
        ),
    )

    assert retail_prices(changed) == [4500, 9999]


def test_fewer_tickets_cost_what_they_did(shop: Shop) -> None:
    held = reserve(shop, "adult", "adult")
    everything_costs(9999)

    changed = change(held, unit_items=tuple(kept(held)[:1]))

    assert changed.price.retail_minor == 4500


def test_another_slot_is_priced_anew(shop: Shop) -> None:
    held = reserve(shop, "adult")
    everything_costs(9999)
    later = add_departure(shop.kayak, starts_at=datetime(2026, 7, 20, 8, 30, tzinfo=UTC))

    changed = change(held, availability_id=later.availability_id)

    assert changed.price.retail_minor == 9999


def test_the_same_slot_named_again_is_no_change(shop: Shop) -> None:
    held = reserve(shop, "adult")
    everything_costs(9999)

    changed = change(
        held, availability_id=shop.departure.availability_id, unit_items=tuple(kept(held))
    )

    assert (changed.price, changed.updated_at) == (held.price, held.updated_at)


def test_a_price_per_booking_does_not_depend_on_its_tickets(shop: Shop) -> None:
    charter = add_product("charter", partners=(shop.alice,), pricing_per="BOOKING")
    departure = add_departure(charter)
    held = reserve(shop, "adult", product_code="charter", availability_id=departure.availability_id)
    everything_costs(9999)

    changed = change(held, unit_items=(*kept(held), UnitItemRequest(unit_code="adult")))

    assert changed.price == held.price


@pytest.mark.parametrize("before", ["UNIT", "BOOKING"])
def test_when_staff_changed_the_way_of_pricing_all_is_priced_anew(shop: Shop, before: str) -> None:
    charter = add_product("charter", partners=(shop.alice,), pricing_per=before)
    availability_id = add_departure(charter).availability_id
    held = reserve(shop, "adult", product_code="charter", availability_id=availability_id)
    charter.pricing_per = "BOOKING" if before == "UNIT" else "UNIT"
    charter.save()

    same = change(held, unit_items=tuple(kept(held)), notes="hello")
    grown = change(held, unit_items=(*kept(held), UnitItemRequest(unit_code="adult")))

    assert same.price == held.price
    assert grown.price.retail_minor == (30007 if before == "UNIT" else 2 * 4500)
    assert retail_prices(grown) == ([] if before == "UNIT" else [4500, 4500])


def test_the_currency_stays(shop: Shop) -> None:
    held = reserve(shop, "adult", currency="GBP")

    changed = change(held, unit_items=(*kept(held), UnitItemRequest(unit_code="adult")))

    assert changed.price.currency == "GBP"


def test_a_booking_in_a_currency_no_longer_offered_can_still_shrink(shop: Shop) -> None:
    held = reserve(shop, "adult", "adult", currency="GBP")
    shop.kayak.available_currencies = ["EUR"]
    shop.kayak.save()

    changed = change(held, unit_items=tuple(kept(held)[:1]))

    assert (changed.price.currency, changed.price.retail_minor) == ("GBP", 4500)


def test_tickets_that_stay_keep_the_places_they_were_sold(shop: Shop) -> None:
    held = reserve(shop, "family")
    Unit.objects.filter(code="family").update(pax_count=9)

    changed = change(
        held,
        unit_items=(
            UnitItemRequest(
                unit_code="family", uuid=held.unit_items[0].uuid, contact={"first_name": "Ana"}
            ),
        ),
    )

    assert changed.places == 4
    shop.departure.refresh_from_db()
    assert shop.departure.reserved == 4
