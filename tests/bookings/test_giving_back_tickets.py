"""Tickets of a booking are given back until its cancellation cut-off, whatever is still sold."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from core_site.catalog.models import Departure, Option, PartnerTerms, Price, Product, Unit
from shared_domain import bookings
from shared_domain.bookings import (
    Booking,
    BookingChange,
    DepartureClosed,
    NotCancellable,
    UnitItemRequest,
)
from shared_domain.catalog import ProductNotFound
from shared_domain.run_now import run_now
from tests.harness.data import NOW, Shop, bookings_on_django, live, open_shop

STARTS_AFTER = timedelta(days=12, hours=22, minutes=30)
STARTS_AT = NOW + STARTS_AFTER
#: The sale ends a day before the cancellation cut-off does.
SALE_ENDS_AT, FINAL_AT = STARTS_AT - timedelta(hours=48), STARTS_AT - timedelta(hours=24)


@pytest.fixture
def shop(db: None) -> Shop:
    shop = open_shop()
    assert shop.departure.starts_at == STARTS_AT
    Departure.objects.update(booking_cutoff_at=SALE_ENDS_AT)
    return shop


@pytest.fixture
def confirmed(shop: Shop) -> Booking:
    """Three adults."""
    return act(bookings.confirm_booking, held(shop), BookingChange())


def held(shop: Shop, *unit_codes: str) -> Booking:
    wish = shop.reservation(*unit_codes or ["adult"] * 3, uuid=uuid4())
    return run_now(
        bookings.reserve_booking(wish, access=live(shop.alice), now=NOW, store=bookings_on_django())
    )


def act(service: Any, booking: Booking, *arguments: Any, now: Any = NOW) -> Any:
    store = bookings_on_django()
    return run_now(service(booking.uuid, *arguments, access=booking.access, now=now, store=store))


def keep(booking: Booking, count: int, *more: str, now: Any = SALE_ENDS_AT) -> Any:
    """Keep the first tickets of a booking, and ask for more of these units."""
    kept = [
        UnitItemRequest(unit_code=item.unit.code, uuid=item.uuid)
        for item in booking.unit_items[:count]
    ]
    wishes = (*kept, *[UnitItemRequest(unit_code=code) for code in more])
    return act(bookings.update_booking, booking, BookingChange(unit_items=wishes), now=now)


def test_after_the_sale_has_ended(confirmed: Booking) -> None:
    fewer = keep(confirmed, 1)

    assert (fewer.places, fewer.price.retail_minor) == (1, 4500)
    assert Departure.objects.get().reserved == 1


def test_until_the_cancellation_cut_off(confirmed: Booking) -> None:
    assert keep(confirmed, 2, now=FINAL_AT - timedelta(seconds=1)).places == 2

    with pytest.raises(NotCancellable, match=r"CHANGE.*cut-off of 24 hours has passed"):
        keep(confirmed, 1, now=FINAL_AT)


def test_what_stays_costs_what_it_cost(confirmed: Booking) -> None:
    Price.objects.update(retail_minor=9999, original_minor=9999)

    assert keep(confirmed, 2).price.retail_minor == 9000


def test_although_a_ticket_takes_more_places_by_now(confirmed: Booking) -> None:
    Unit.objects.update(pax_count=2)

    assert keep(confirmed, 2).places == 3
    assert Departure.objects.get().reserved == 3


def test_what_stays_needs_no_price_any_more(confirmed: Booking) -> None:
    Price.objects.all().delete()

    assert keep(confirmed, 2).price.retail_minor == 9000


def test_nor_does_it_matter_how_the_product_is_priced_by_now(confirmed: Booking) -> None:
    Product.objects.update(pricing_per="BOOKING")

    fewer = keep(confirmed, 2)

    assert fewer.price.retail_minor == 9000
    assert [item.price.retail_minor for item in fewer.unit_items] == [4500, 4500]


def test_a_price_for_all_stays_for_those_who_stay(shop: Shop) -> None:
    Product.objects.update(pricing_per="BOOKING")
    charter = act(bookings.confirm_booking, held(shop), BookingChange())
    Product.objects.update(pricing_per="UNIT")

    assert keep(charter, 1).price.retail_minor == 30007


def test_more_places_are_a_sale(confirmed: Booking) -> None:
    assert keep(confirmed, 3, "adult", now=SALE_ENDS_AT - timedelta(seconds=1)).places == 4

    with pytest.raises(DepartureClosed):
        keep(confirmed, 3, "adult", "adult")


def test_as_many_places_for_others_are_none(confirmed: Booking) -> None:
    swapped = keep(confirmed, 1, "child", "child")

    assert (swapped.places, len(swapped.unit_items)) == (3, 3)


def test_the_rules_of_a_party_still_hold(confirmed: Booking) -> None:
    Option.objects.update(min_units=2)
    Unit.objects.filter(code="adult").update(min_quantity=3)

    with pytest.raises(bookings.PartyRefused, match=r"TooFewTickets\(least=2\)"):
        keep(confirmed, 1)
    with pytest.raises(bookings.PartyRefused, match=r"TooFewOfUnit\(unit_code='adult', least=3"):
        keep(confirmed, 2)


@pytest.mark.parametrize("withdrawn", ["closed", "switched off", "terms gone"])
def test_whatever_is_no_longer_sold(confirmed: Booking, withdrawn: str) -> None:
    withdraw(withdrawn)

    fewer = keep(confirmed, 2, now=NOW)

    assert (fewer.places, fewer.price) == (2, keep(confirmed, 2, now=NOW).price)
    with pytest.raises(DepartureClosed if withdrawn == "closed" else ProductNotFound):
        keep(fewer, 2, "adult", now=NOW)


def withdraw(what: str) -> None:
    match what:
        case "closed":
            Departure.objects.update(is_open=False)
        case "switched off":
            Product.objects.update(is_active=False)
        case "terms gone":
            PartnerTerms.objects.all().delete()


def test_the_number_of_a_ticket_given_back_is_not_given_again(confirmed: Booking) -> None:
    keep(confirmed, 2, now=NOW)
    more = keep(confirmed, 2, "adult", now=NOW)

    numbers = [item.supplier_reference.rpartition("-")[2] for item in more.unit_items]
    assert numbers == ["1", "2", "4"]
