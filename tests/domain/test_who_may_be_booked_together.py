"""A party must respect the limits of option, slot and unit, and children come with adults."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from shared_domain.availability import (
    MAX_TICKETS,
    Departure,
    build_party_from_units,
    party_unavailable_reason,
    slot_unavailable_reason,
)
from shared_domain.bookings import (
    DepartureClosed,
    PartyRefused,
    SoldOut,
    UnitItemRequest,
    UnitItemsMissing,
)
from shared_domain.bookings.party import choose_units, raise_if_unavailable
from shared_domain.catalog import Option, Unit, UnitNotFound
from tests.domain.samples import (
    ADULT,
    CHILD,
    FAMILY,
    NOW,
    ONE_SECOND,
    make_departure,
    make_option,
    make_unit,
)


def check_party(units: Sequence[Unit], option: Option, departure: Departure | None) -> None:
    raise_if_unavailable(party_unavailable_reason(build_party_from_units(units), option, departure))


def check_places(
    departure: Departure | None, *, places: int, already_taken: int | None, now: datetime = NOW
) -> None:
    raise_if_unavailable(
        slot_unavailable_reason(departure, places=places, already_taken=already_taken, now=now)
    )


@pytest.mark.parametrize("wishes", [None, (), []])
def test_a_booking_of_nothing_is_refused(wishes: Any) -> None:
    with pytest.raises(UnitItemsMissing):
        choose_units(make_option(), wishes)


def test_an_unknown_unit_is_named_by_its_place() -> None:
    wishes = [UnitItemRequest(unit_code="adult"), UnitItemRequest(unit_code="dog")]

    with pytest.raises(UnitNotFound) as refused:
        choose_units(make_option(), wishes)

    assert (refused.value.ticket, refused.value.code) == (1, "dog")


def test_two_tickets_cannot_share_a_uuid() -> None:
    wishes = [UnitItemRequest(unit_code="adult", uuid=UUID(int=1))] * 2

    with pytest.raises(PartyRefused, match=r"TicketUuidRepeated\(ticket=1\)"):
        choose_units(make_option(), wishes)


@pytest.mark.parametrize(
    ("limits", "tickets", "message"),
    [
        ({"min_units": 2}, 1, "TooFewTickets(least=2)"),
        ({"min_units": 2}, 2, None),
        ({"max_units": 3}, 4, "TooManyTickets(most=3)"),
        ({"max_units": 3}, 3, None),
    ],
)
def test_an_option_limits_the_tickets(
    limits: dict[str, int], tickets: int, message: str | None
) -> None:
    option = make_option(**limits)

    if message is None:
        check_party([ADULT] * tickets, option, make_departure())
    else:
        with pytest.raises(PartyRefused, match=re.escape(message)):
            check_party([ADULT] * tickets, option, make_departure())


def test_a_slot_limits_them_further() -> None:
    with pytest.raises(PartyRefused, match=r"TooManyTickets\(most=2\)"):
        check_party([ADULT] * 3, make_option(max_units=5), make_departure(max_units=2))


def test_without_a_slot_the_options_limit_counts() -> None:
    with pytest.raises(PartyRefused, match=r"TooManyTickets\(most=2\)"):
        check_party([ADULT] * 3, make_option(max_units=2), None)


@pytest.mark.parametrize(
    ("quantity", "message"),
    [
        (1, "TooFewOfUnit(unit_code='pair', least=2)"),
        (2, None),
        (4, None),
        (5, "TooManyOfUnit(unit_code='pair', most=4)"),
    ],
)
def test_a_unit_limits_its_own_number(quantity: int, message: str | None) -> None:
    pair = make_unit(code="pair", min_quantity=2, max_quantity=4)
    party = [pair] * quantity + [ADULT]

    if message is None:
        check_party(party, make_option(), make_departure())
    else:
        with pytest.raises(PartyRefused, match=re.escape(message)):
            check_party(party, make_option(), make_departure())


def test_a_units_minimum_counts_only_when_it_is_booked() -> None:
    pair = make_unit(code="pair", min_quantity=2)

    check_party([ADULT], make_option(units=(ADULT, pair)), make_departure())


def test_a_child_comes_with_an_adult() -> None:
    check_party([CHILD, CHILD, ADULT], make_option(), make_departure())
    with pytest.raises(PartyRefused, match=r"Unaccompanied\(unit_code='child'"):
        check_party([CHILD, FAMILY], make_option(), make_departure())


def test_a_family_takes_a_place_for_each_of_its_people() -> None:
    party = build_party_from_units([FAMILY, ADULT, FAMILY])

    assert (party.places, party.tickets) == (9, 3)


def test_a_booking_has_an_end_even_without_limits() -> None:
    check_party([ADULT] * MAX_TICKETS, make_option(), make_departure(capacity=None))
    with pytest.raises(PartyRefused, match=f"most={MAX_TICKETS}"):
        check_party([ADULT] * (MAX_TICKETS + 1), make_option(), make_departure(capacity=None))


def test_without_a_slot_no_places_are_taken() -> None:
    check_places(None, places=10**6, already_taken=0)


@pytest.mark.parametrize(
    ("places", "already_taken", "fits"), [(4, 0, True), (5, 0, False), (5, 1, True), (3, 9, True)]
)
def test_only_additional_places_must_be_free(places: int, already_taken: int, fits: bool) -> None:
    departure = make_departure(capacity=10, reserved=6)

    if fits:
        check_places(departure, places=places, already_taken=already_taken)
    else:
        with pytest.raises(SoldOut):
            check_places(departure, places=places, already_taken=already_taken)


def test_the_cut_off_itself_is_too_late_for_more_places() -> None:
    departure = make_departure()
    cutoff = departure.booking_cutoff_at

    check_places(departure, places=3, already_taken=2, now=cutoff - ONE_SECOND)
    with pytest.raises(DepartureClosed):
        check_places(departure, places=3, already_taken=2, now=cutoff)
    check_places(departure, places=2, already_taken=2, now=cutoff)


def test_a_party_that_takes_no_places_needs_an_open_slot_too() -> None:
    with pytest.raises(DepartureClosed):
        check_places(make_departure(is_open=False), places=0, already_taken=None)


def test_a_closed_slot_lets_go_and_takes_no_guest() -> None:
    closed = make_departure(is_open=False)

    check_places(closed, places=1, already_taken=2)
    with pytest.raises(DepartureClosed):
        check_places(closed, places=3, already_taken=2)
