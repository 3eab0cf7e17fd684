"""Whatever the catalogue holds: a slot shown as available can be reserved, and no other is."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from api_edge.octo import render_bookings
from core_site.catalog.models import Departure, Option, PartnerTerms, Price, Product, Unit
from shared_domain import availability, bookings, catalog
from shared_domain.availability import AvailabilityQuery, AvailabilityStatus
from shared_domain.bookings import Booking, BookingChange
from shared_domain.partners import PartnerId
from shared_domain.refusals import Refused
from shared_domain.run_now import run_now
from tests.harness.data import NOW, TRAVEL_DATE, Shop, bookings_on_django, live, open_shop

#: Every party that could be the smallest one: of up to four adults, with a child, with a family.
PARTIES = [
    ("adult",) * adults + ("child",) * children + ("family",) * families
    for adults in range(5)
    for children in range(2)
    for families in range(2)
    if adults + children + families
]

SUMMER = {"season_start": date(2026, 8, 1), "season_end": date(2026, 8, 31)}


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


def no_price() -> None:
    Price.objects.all().delete()


def no_price_on_the_day() -> None:
    Price.objects.update(**SUMMER)


def a_price_in_one_currency(currency: str) -> Callable[[], None]:
    def leave() -> None:
        Price.objects.exclude(currency=currency).delete()

    return leave


def each_unit_in_a_currency_of_its_own() -> None:
    Price.objects.filter(unit__code="adult", currency="EUR").delete()
    Price.objects.filter(unit__code="child", currency="GBP").delete()
    Price.objects.filter(unit__code="family").delete()


def only_the_family_priced() -> None:
    Price.objects.exclude(unit__code="family").delete()


def priced_per_booking() -> None:
    Product.objects.update(pricing_per="BOOKING")


def priced_per_booking_without_a_price() -> None:
    priced_per_booking()
    Price.objects.filter(unit=None).delete()


def fewer_places_than(least: int) -> Callable[[], None]:
    def limit() -> None:
        Option.objects.update(min_units=least)
        Departure.objects.update(capacity=3)

    return limit


def a_limit_of_the_slot_below_the_least() -> None:
    Option.objects.update(min_units=3)
    Departure.objects.update(max_units=2)


def more_of_each_unit_than_a_booking_holds() -> None:
    Option.objects.update(max_units=2)
    Unit.objects.update(min_quantity=3)


def no_adult_to_come_with_the_child() -> None:
    Unit.objects.exclude(code="child").delete()


def no_place_for_child_and_adult() -> None:
    Price.objects.filter(unit__code__in=["adult", "family"]).delete()
    Departure.objects.update(capacity=1)


def places_for(places: int) -> Callable[[], None]:
    def limit() -> None:
        only_the_family_priced()
        Departure.objects.update(capacity=places)

    return limit


def as_it_was() -> None:
    pass


AVAILABLE, CLOSED, SOLD_OUT = (
    AvailabilityStatus.AVAILABLE,
    AvailabilityStatus.CLOSED,
    AvailabilityStatus.SOLD_OUT,
)

CATALOGUES = [
    (as_it_was, AVAILABLE),
    (no_price, CLOSED),
    (no_price_on_the_day, CLOSED),
    (a_price_in_one_currency("EUR"), AVAILABLE),
    (a_price_in_one_currency("GBP"), AVAILABLE),
    (each_unit_in_a_currency_of_its_own, AVAILABLE),
    (only_the_family_priced, AVAILABLE),
    (priced_per_booking, AVAILABLE),
    (priced_per_booking_without_a_price, CLOSED),
    (fewer_places_than(4), SOLD_OUT),
    (fewer_places_than(3), AVAILABLE),
    (a_limit_of_the_slot_below_the_least, CLOSED),
    (more_of_each_unit_than_a_booking_holds, CLOSED),
    (no_adult_to_come_with_the_child, CLOSED),
    (no_place_for_child_and_adult, CLOSED),
    (places_for(3), SOLD_OUT),
    (places_for(4), AVAILABLE),
]


#: Of these, what a slot costs, and so whether it is sold, depends on the currency asked for.
BY_CURRENCY = {"as_it_was", "a_price_in_one_currency", "each_unit_in_a_currency_of_its_own"}

CASES = [
    pytest.param(
        *(arrange, status, currency),
        id=f"{name}-{currency}",
        marks=() if currency is None or name in BY_CURRENCY else pytest.mark.long,
    )
    for arrange, status in CATALOGUES
    for name in [arrange.__qualname__.split(".")[0]]
    for currency in (None, "EUR", "GBP")
]


@pytest.mark.parametrize(("arrange", "status", "currency"), CASES)
def test_calendar_check_and_reserve_agree(
    shop: Shop, arrange: Callable[[], None], status: AvailabilityStatus, currency: str | None
) -> None:
    arrange()

    seen = see(shop, currency)
    reserved = smallest_reservation(shop, currency)

    assert seen.is_available == (reserved is not None)
    if currency is None:
        assert seen == status
    for unit_code in ("adult", "child", "family"):
        if not Unit.objects.filter(code=unit_code).exists():
            continue
        party = ((unit_code, 1),)
        is_available = see(shop, currency, party=party).is_available
        assert is_available == (reserve(shop, (unit_code,), currency) is not None)


def test_without_a_currency_asked_for_the_default_one_is_charged(shop: Shop) -> None:
    booking = reserve(shop, ("adult",), None)

    assert booking is not None
    assert booking.price.currency == "EUR"


def test_where_the_default_has_no_price_the_first_other_currency_is_charged(shop: Shop) -> None:
    a_price_in_one_currency("GBP")()

    booking = reserve(shop, ("adult",), None)

    assert booking is not None
    assert booking.price.currency == "GBP"
    assert reserve(shop, ("adult",), "EUR") is None


def test_a_product_without_any_price_is_listed_and_closed(shop: Shop) -> None:
    no_price()

    products = run_now(
        catalog.list_products(access=live(shop.alice), store=bookings_on_django().catalog)
    )

    assert [product.code for product in products] == ["kayak"]
    assert products[0].lowest_prices(products[0].options[0].units[0], today=NOW.date()) == ()
    assert see(shop, None) == CLOSED


def test_what_a_partner_may_hold_no_more_of_is_sold_out_to_it(shop: Shop) -> None:
    """The departure has ten places, and partners may have eight of them on hold."""
    hold(shop, 5)
    first_seen = [see(shop, None), see(shop, None, party=(("adult", 4),))]
    last = hold(shop, 3)

    assert first_seen == [AVAILABLE, SOLD_OUT]
    assert see(shop, None) == SOLD_OUT
    assert reserve(shop, ("adult",), None) is None
    assert see(shop, None, partner=shop.bob) == AvailabilityStatus.LIMITED

    confirm(last)

    assert see(shop, None) == AvailabilityStatus.LIMITED
    assert reserve(shop, ("adult",), None) is not None


@pytest.mark.parametrize(
    "withdraw",
    [
        no_price,
        lambda: Product.objects.update(is_active=False),
        lambda: PartnerTerms.objects.all().delete(),
    ],
    ids=["prices gone", "switched off", "terms gone"],
)
def test_the_slot_in_a_booking_says_the_same(shop: Shop, withdraw: Callable[[], Any]) -> None:
    held = hold(shop, 1)
    before = slot_in(held)
    withdraw()

    assert (before, slot_in(held)) == (AVAILABLE, CLOSED)
    assert reserve(shop, ("adult",), None) is None


def see(
    shop: Shop,
    currency: str | None,
    *,
    party: tuple[tuple[str, int], ...] | None = None,
    partner: PartnerId | None = None,
) -> AvailabilityStatus:
    """Return the slot's status, which check and calendar must agree on."""
    question = AvailabilityQuery(
        product_code="kayak",
        option_code="DEFAULT",
        dates=(TRAVEL_DATE, TRAVEL_DATE),
        party=party,
        currency=currency,
    )
    named: dict[str, Any] = {
        "access": live(partner or shop.alice),
        "now": NOW,
        "store": bookings_on_django().availability,
    }
    (slot,) = run_now(availability.find_slots(question, **named)).found
    (day,) = run_now(availability.find_days(question, **named)).found
    assert day.status == slot.status
    assert day.vacancies == slot.vacancies == slot.departure.vacancies
    return slot.status


def reserve(shop: Shop, party: tuple[str, ...], currency: str | None) -> Booking | None:
    """Reserve for the party and give the places back; None when that is refused."""
    wish = shop.reservation(*party, uuid=uuid4(), currency=currency)
    store = bookings_on_django()
    named: dict[str, Any] = {"access": live(shop.alice), "now": NOW, "store": store}
    try:
        booking = run_now(bookings.reserve_booking(wish, **named))
    except Refused:
        return None
    run_now(bookings.cancel_booking(booking.uuid, reason=None, **named))
    return booking


def slot_in(booking: Booking) -> AvailabilityStatus:
    """Return the status of the slot as ``GET /bookings/{uuid}`` answers it."""
    found = run_now(
        bookings.get_booking(
            booking.uuid, access=booking.access, now=NOW, store=bookings_on_django()
        )
    )
    slot = render_bookings.booking(found, with_pricing=False, now=NOW).availability
    assert slot is not None
    return AvailabilityStatus(slot.status)


def hold(shop: Shop, adults: int) -> Booking:
    wish = shop.reservation(*["adult"] * adults, uuid=uuid4())
    store = bookings_on_django()
    return run_now(bookings.reserve_booking(wish, access=live(shop.alice), now=NOW, store=store))


def confirm(booking: Booking) -> None:
    run_now(
        bookings.confirm_booking(
            booking.uuid,
            BookingChange(),
            access=booking.access,
            now=NOW,
            store=bookings_on_django(),
        )
    )


def smallest_reservation(shop: Shop, currency: str | None) -> Booking | None:
    found = (reserve(shop, party, currency) for party in PARTIES)
    return next((booking for booking in found if booking is not None), None)
