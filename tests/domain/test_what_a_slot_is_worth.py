"""A slot's status says whether it can be booked at this moment, by this party."""

from datetime import timedelta

import pytest

from shared_domain.availability import MAX_TICKETS, AvailabilityStatus, Departure
from shared_domain.catalog import Option, UnitNotFound
from tests.domain.samples import (
    ADULT,
    CHILD,
    FAMILY,
    NOW,
    ONE_SECOND,
    make_departure,
    make_option,
    make_unit,
    offer_of,
)


@pytest.mark.parametrize(
    ("capacity", "reserved", "status"),
    [
        (10, 0, "AVAILABLE"),
        (10, 5, "AVAILABLE"),
        (10, 6, "LIMITED"),
        (10, 9, "LIMITED"),
        (10, 10, "SOLD_OUT"),
        (11, 5, "AVAILABLE"),
        (11, 6, "LIMITED"),
        (1, 0, "AVAILABLE"),
        (0, 0, "SOLD_OUT"),
        (None, 1000, "FREESALE"),
    ],
)
def test_under_half_of_the_places_is_limited(
    capacity: int | None, reserved: int, status: str
) -> None:
    departure = make_departure(capacity=capacity, reserved=reserved)

    assert departure.status(now=NOW) == status


def test_the_cut_off_itself_is_too_late() -> None:
    departure = make_departure()
    cutoff = departure.booking_cutoff_at

    assert departure.status(now=cutoff - ONE_SECOND) == "AVAILABLE"
    assert departure.status(now=cutoff) == "CLOSED"
    assert departure.status(now=cutoff + timedelta(days=9)) == "CLOSED"


def test_closed_by_staff_is_closed_even_when_freesale() -> None:
    assert make_departure(is_open=False, capacity=None).status(now=NOW) == "CLOSED"


def test_more_reserved_than_places_shows_none_left() -> None:
    departure = make_departure(capacity=3, reserved=5)

    assert departure.vacancies == 0
    assert departure.status(now=NOW) == "SOLD_OUT"


@pytest.mark.parametrize(
    "status", [status for status in AvailabilityStatus if status not in ("SOLD_OUT", "CLOSED")]
)
def test_what_can_be_booked_is_available(status: AvailabilityStatus) -> None:
    assert status.is_available
    assert not AvailabilityStatus.SOLD_OUT.is_available
    assert not AvailabilityStatus.CLOSED.is_available


def seen(
    *quantities: tuple[str, int], option: Option | None = None, departure: Departure | None = None
) -> str:
    option, departure = option or make_option(), departure or make_departure(reserved=6)
    slot = offer_of(option, quantities).slot_for(departure, now=NOW)
    assert slot.vacancies == departure.vacancies
    return slot.status


@pytest.mark.parametrize(
    ("party", "status"),
    [
        ([("adult", 4)], "LIMITED"),
        ([("adult", 5)], "SOLD_OUT"),
        ([("adult", 2), ("adult", 3)], "SOLD_OUT"),
        ([("family", 1)], "LIMITED"),
        ([("family", 1), ("adult", 1)], "SOLD_OUT"),
        ([("child", 1)], "SOLD_OUT"),
        ([("child", 3), ("adult", 1)], "LIMITED"),
        ([("adult", 10**9)], "SOLD_OUT"),
    ],
)
def test_a_slot_that_cannot_take_the_party_is_sold_out_to_it(
    party: list[tuple[str, int]], status: str
) -> None:
    assert seen(*party) == status


def test_the_limits_of_option_unit_and_slot_count() -> None:
    few = make_unit(min_quantity=2, max_quantity=3)
    option = make_option(min_units=2, max_units=5, units=(few, CHILD, FAMILY))
    free = make_departure(reserved=0)

    assert seen(("adult", 2), option=option, departure=free) == "AVAILABLE"
    assert seen(("adult", 1), ("child", 1), option=option, departure=free) == "SOLD_OUT"
    assert seen(("adult", 4), option=option, departure=free) == "SOLD_OUT"
    assert seen(("adult", 3), ("child", 3), option=option, departure=free) == "SOLD_OUT"
    assert seen(("family", 1), option=option, departure=free) == "SOLD_OUT"
    tight = make_departure(reserved=0, max_units=1)
    assert seen(("adult", 2), option=make_option(), departure=tight) == "SOLD_OUT"


def test_freesale_takes_any_party_that_one_booking_can_hold() -> None:
    freesale = make_departure(capacity=None)

    assert seen(("adult", MAX_TICKETS), departure=freesale) == "FREESALE"
    assert seen(("adult", MAX_TICKETS + 1), departure=freesale) == "SOLD_OUT"


def test_closed_stays_closed_to_every_party() -> None:
    assert seen(("adult", 99), departure=make_departure(is_open=False)) == "CLOSED"


@pytest.mark.parametrize(
    ("of_option", "of_slot", "most"),
    [(None, None, None), (5, None, 5), (None, 4, 4), (5, 4, 4), (3, 4, 3)],
)
def test_the_most_tickets_are_the_lower_of_two_limits(
    of_option: int | None, of_slot: int | None, most: int | None
) -> None:
    option = make_option(max_units=of_option)

    slot = offer_of(option).slot_for(make_departure(max_units=of_slot), now=NOW)

    assert slot.max_units == most


def test_an_unknown_unit_is_named() -> None:
    with pytest.raises(UnitNotFound):
        offer_of(make_option(units=(ADULT,)), [("dog", 1)])
