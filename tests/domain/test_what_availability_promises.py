"""What availability offers can be reserved, and what it denies cannot: with a party and without."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import product as every_combination

from hypothesis import given
from hypothesis import strategies as st

from shared_domain.availability import Departure, Offer, Slot, build_party
from shared_domain.availability.model import summarise_day
from shared_domain.availability.smallest_party import smallest_party
from shared_domain.bookings import BookingRefused, ReservationRequest, UnitItemRequest
from shared_domain.bookings.reservation import hold
from shared_domain.catalog import (
    ALL_YEAR,
    CatalogRefused,
    ListPrice,
    Option,
    PricingPer,
    Product,
    Season,
    Unit,
    UnitId,
)
from shared_domain.partners import Access
from tests.domain.samples import (
    ALICE,
    NOW,
    eur,
    make_departure,
    make_option,
    make_product,
    make_unit,
)

TRAVEL_DATE = make_departure().local_date
IN_SEASON = Season(date(2026, 7, 1), TRAVEL_DATE)
OUT_OF_SEASON = Season(date(2026, 7, 15), None)
CODES = ("adult", "child", "family")

LIMITS = st.one_of(st.none(), st.integers(1, 4))
PRICES = st.lists(
    st.builds(
        lambda currency, season: ListPrice(
            currency=currency, original_minor=900, retail_minor=800, season=season
        ),
        st.sampled_from(["EUR", "GBP", "JPY"]),
        st.sampled_from([ALL_YEAR, IN_SEASON, OUT_OF_SEASON, OUT_OF_SEASON]),
    ),
    max_size=3,
).map(tuple)


def units_of(code: str) -> st.SearchStrategy[Unit]:
    return st.builds(
        lambda low, more, places, companions, prices: make_unit(
            id=UnitId(CODES.index(code) + 1),
            code=code,
            min_quantity=low,
            max_quantity=more and more + (low or 0),
            pax_count=places,
            accompanied_by=companions,
            prices=prices,
        ),
        st.one_of(st.none(), st.integers(1, 3)),
        LIMITS,
        st.integers(1, 3),
        st.lists(st.sampled_from([*CODES, "dog"]), max_size=2).map(tuple),
        PRICES,
    )


OPTIONS = st.builds(
    lambda low, more, prices, units: make_option(
        min_units=low, max_units=more and low + more - 1, prices=prices, units=units
    ),
    st.integers(1, 4),
    LIMITS,
    PRICES,
    st.lists(st.sampled_from(CODES), max_size=3, unique=True).flatmap(
        lambda codes: st.tuples(*(units_of(code) for code in codes))
    ),
)
PRODUCTS = st.builds(
    lambda option, per, is_active: make_product(
        options=(option,),
        pricing_per=per,
        is_active=is_active,
        available_currencies=("GBP", "EUR"),
    ),
    OPTIONS,
    st.sampled_from(PricingPer),
    st.sampled_from([True] * 9 + [False]),
)
DEPARTURES = st.builds(
    lambda capacity, reserved, max_units, is_open, is_late: make_departure(
        capacity=capacity,
        reserved=reserved if capacity is None else min(reserved, capacity),
        max_units=max_units,
        is_open=is_open,
        **({"booking_cutoff_at": NOW} if is_late else {}),
    ),
    st.one_of(st.none(), st.integers(0, 12)),
    st.integers(0, 12),
    LIMITS,
    st.sampled_from([True, True, True, False]),
    st.sampled_from([False, False, False, True]),
)
#: GBP is not the default currency; None asks for none.
CURRENCIES = st.sampled_from([None, "EUR", "GBP"])


def can_reserve(
    tickets: Sequence[str], product: Product, departure: Departure, currency: str | None
) -> bool:
    option = product.options[0]
    wish = ReservationRequest(
        product_code=product.code,
        option_code=option.code,
        availability_id=departure.availability_id,
        unit_items=tuple(UnitItemRequest(unit_code=code) for code in tickets),
        currency=currency,
    )
    try:
        hold(
            wish,
            product=product,
            option=option,
            departure=departure,
            access=Access(partner_id=ALICE, test_mode=False),
            max_hold_minutes=30,
            now=NOW,
        )
    except (BookingRefused, CatalogRefused):
        return False
    return True


def parties(option: Option) -> Iterator[list[str]]:
    """Every party that could be the smallest: minima are 4 at most, so none has more of a unit."""
    for quantities in every_combination(range(5), repeat=len(option.units)):
        yield [
            unit.code
            for unit, quantity in zip(option.units, quantities, strict=True)
            for _ in range(quantity)
        ]


@given(product=PRODUCTS, departure=DEPARTURES, currency=CURRENCIES, data=st.data())
def test_it_is_kept_to_a_party(
    product: Product, departure: Departure, currency: str | None, data: st.DataObject
) -> None:
    option = product.options[0]
    codes = [unit.code for unit in option.units]
    tickets = st.lists(st.sampled_from(codes), min_size=1, max_size=8) if codes else st.just([])
    party = data.draw(tickets)
    offer = Offer(
        product, option, party=build_party(option, [(code, 1) for code in party]), currency=currency
    )

    slot = offer.slot_for(departure, now=NOW)

    assert slot.status.is_available == can_reserve(party, product, departure, currency)
    assert on_the_calendar(slot) == slot.status.is_available


@given(product=PRODUCTS, departure=DEPARTURES, currency=CURRENCIES)
def test_it_is_kept_to_all_who_ask_without_a_party(
    product: Product, departure: Departure, currency: str | None
) -> None:
    option = product.options[0]
    offer = Offer(product, option, party=None, currency=currency)

    slot = offer.slot_for(departure, now=NOW)

    can_be_reserved = any(
        can_reserve(party, product, departure, currency) for party in parties(option)
    )
    assert slot.status.is_available == can_be_reserved
    assert on_the_calendar(slot) == slot.status.is_available


@given(product=PRODUCTS, departure=DEPARTURES)
def test_no_currency_asked_for_is_any_that_the_product_is_sold_in(
    product: Product, departure: Departure
) -> None:
    option = product.options[0]

    slot, *in_one = (
        Offer(product, option, party=None, currency=currency).slot_for(departure, now=NOW)
        for currency in (None, *product.available_currencies)
    )

    assert slot.status.is_available == any(seen.status.is_available for seen in in_one)


@given(option=OPTIONS, max_tickets=LIMITS)
def test_the_smallest_party_takes_the_fewest_places(
    option: Option, max_tickets: int | None
) -> None:
    departure = make_departure(capacity=None, max_units=max_tickets)
    priced = replace(option, prices=(eur(30_000),))
    sells_all = make_product(options=(priced,), pricing_per=PricingPer.BOOKING)
    legal = [
        build_party(option, [(code, 1) for code in party]).places
        for party in parties(option)
        if can_reserve(party, sells_all, departure, None)
    ]
    limits = [limit for limit in (option.max_units, max_tickets) if limit is not None]

    found = smallest_party(option, option.units, max_tickets=min(limits, default=None))

    assert (found and found.places) == min(legal, default=None)


def on_the_calendar(slot: Slot) -> bool:
    return summarise_day(slot.departure.local_date, [slot]).status.is_available
