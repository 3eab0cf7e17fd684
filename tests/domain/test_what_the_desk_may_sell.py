"""The desk is told a price, or why not; and what a staff user with the permission may lift."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared_domain.booking_desk import (
    BoatFull,
    BoatLimit,
    ExemptionReasonMissing,
    SlotQuote,
    quote_slot,
)
from shared_domain.booking_desk.model import exemption_for, normalise_reason
from shared_domain.bookings import (
    DepartureClosed,
    PartyRefused,
    ReservationRequest,
    SoldOut,
    UnitItemRequest,
)
from shared_domain.catalog import MAX_CAPACITY
from shared_domain.partners import Access
from tests.domain.samples import ALICE, NOW, STARTS_AT, make_departure, make_product

PRODUCT = make_product(commission_basis_points=0)
(OPTION,) = PRODUCT.options
ROOMY = make_departure()
FULL = make_departure(reserved=10)
CLOSED = make_departure(is_open=False)
AFTER = STARTS_AT + timedelta(days=3)


def quote(departure: Any, *units: str, now: Any = NOW, boats: BoatLimit | None = None) -> SlotQuote:
    request = ReservationRequest(
        product_code=PRODUCT.code,
        option_code=OPTION.code,
        availability_id=departure.availability_id,
        unit_items=tuple(UnitItemRequest(unit_code=code) for code in units),
    )
    return quote_slot(
        request,
        product=PRODUCT,
        option=OPTION,
        departure=departure,
        access=Access(partner_id=ALICE, test_mode=False),
        now=now,
        boats=boats,
    )


def test_a_party_that_fits_has_its_price() -> None:
    said = quote(ROOMY, "adult", "child")

    assert said.refusal is None
    assert said.price is not None
    assert (said.price.retail_minor, said.price.net_minor) == (7000, 7000)


@pytest.mark.parametrize(
    ("departure", "now", "refusal"),
    [(FULL, NOW, SoldOut), (ROOMY, AFTER, DepartureClosed), (FULL, AFTER, DepartureClosed)],
)
def test_a_full_or_past_departure_may_be_exempt(departure: Any, now: Any, refusal: type) -> None:
    said = quote(departure, "adult", now=now)

    assert isinstance(said.refusal, refusal)
    assert said.is_exemptible
    assert said.price is not None
    assert said.price.retail_minor == 4500


@pytest.mark.parametrize(
    ("departure", "party"), [(CLOSED, ("adult",)), (FULL, ("child",)), (ROOMY, ("child",))]
)
def test_nothing_else_is_lifted(departure: Any, party: tuple[str, ...]) -> None:
    said = quote(departure, *party)

    assert said.refusal is not None
    assert not said.is_exemptible
    assert said.price is None


def test_a_full_boat_is_said_and_not_lifted() -> None:
    boat = BoatLimit(11, ("Gaivota",))

    assert quote(FULL, "adult", boats=boat).is_exemptible
    said = quote(FULL, "adult", "adult", boats=boat)
    assert isinstance(said.refusal, BoatFull)
    assert (said.refusal.left, said.refusal.places) == (1, 2)
    assert (said.is_exemptible, said.price) == (False, None)


def test_the_limits_of_a_party_stay() -> None:
    assert isinstance(quote(ROOMY, "child").refusal, PartyRefused)


def test_capacity_is_raised_by_what_the_party_lacks() -> None:
    exemption = exemption_for(make_departure(reserved=9), places=3, now=NOW)

    assert exemption is not None
    assert (exemption.capacity_before, exemption.capacity_after) == (10, 12)


def test_no_departure_gets_more_places_than_any_may_have() -> None:
    most = replace(FULL, capacity=MAX_CAPACITY, reserved=MAX_CAPACITY)

    assert exemption_for(most, places=1, now=NOW) is None


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "x" * 301, "a\x00b"])
def test_a_reason_can_be_read(text: str) -> None:
    with pytest.raises(ExemptionReasonMissing):
        normalise_reason(text)
