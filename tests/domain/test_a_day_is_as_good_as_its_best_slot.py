"""A calendar day has its best slot's status, its most vacancies and the sum of its capacities."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared_domain.availability import (
    DateRangeProblem,
    Departure,
    InvalidDateRange,
    OpeningPeriod,
    check_dates,
)
from shared_domain.availability.model import CalendarDay, summarise_day
from tests.domain.samples import NOW, make_departure, make_option, offer_of

DAY = date(2026, 7, 14)


def day_of(*departures: Departure) -> CalendarDay:
    return summarise_day(
        DAY, [offer_of(make_option()).slot_for(departure, now=NOW) for departure in departures]
    )


def slot(**changes: Any) -> Departure:
    return make_departure(**changes)


def test_a_date_without_slots_is_closed() -> None:
    day = day_of()

    assert (day.status, day.vacancies, day.capacity) == ("CLOSED", 0, 0)


def test_a_day_of_one_slot_is_that_slot_with_its_hours_in_order() -> None:
    afternoon, morning = OpeningPeriod("14:00", "18:00"), OpeningPeriod("10:00", "13:00")

    day = day_of(slot(capacity=10, reserved=7, opening_hours=(afternoon, morning)))

    assert (day.status, day.vacancies, day.capacity) == ("LIMITED", 3, 10)
    assert day.opening_hours == (morning, afternoon)


def test_figures_of_several_slots() -> None:
    day = day_of(
        slot(capacity=10, reserved=8), slot(capacity=6, reserved=0), slot(capacity=4, reserved=4)
    )

    assert (day.status, day.vacancies, day.capacity) == ("AVAILABLE", 6, 20)


def test_a_freesale_slot_takes_the_figures_away() -> None:
    day = day_of(slot(), slot(capacity=None))

    assert (day.status, day.vacancies, day.capacity) == ("FREESALE", None, None)


@pytest.mark.parametrize(
    ("slots", "status"),
    [
        ([{"reserved": 9}, {"is_open": False}], "LIMITED"),
        ([{"reserved": 10}, {"is_open": False}], "SOLD_OUT"),
        ([{"is_open": False}, {"is_open": False}], "CLOSED"),
        ([{"reserved": 10}, {"reserved": 9}, {"reserved": 0}], "AVAILABLE"),
    ],
)
def test_the_best_status_counts(slots: list[dict[str, Any]], status: str) -> None:
    assert day_of(*(slot(**columns) for columns in slots)).status == status


def test_opening_hours_are_joined_in_order() -> None:
    morning, afternoon = OpeningPeriod("10:00", "13:00"), OpeningPeriod("14:00", "18:00")

    day = day_of(
        slot(opening_hours=(afternoon,)), slot(opening_hours=(morning, afternoon), is_open=False)
    )

    assert day.opening_hours == (morning, afternoon)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (DAY, DAY),
        (DAY, date(2027, 7, 14)),
        (date(2028, 2, 29), date(2029, 3, 1)),
        (date(9999, 1, 1), date(9999, 12, 31)),
    ],
)
def test_up_to_a_year_may_be_asked_for(first: date, last: date) -> None:
    assert check_dates(first, last) == (first, last)


@pytest.mark.parametrize(
    ("first", "last", "problem"),
    [
        (DAY, date(2026, 7, 13), DateRangeProblem.BACKWARDS),
        (DAY, date(2027, 7, 15), DateRangeProblem.TOO_LONG),
        (date(2028, 2, 29), date(2029, 3, 2), DateRangeProblem.TOO_LONG),
        (date(1, 1, 1), date(9999, 12, 31), DateRangeProblem.TOO_LONG),
    ],
)
def test_more_or_backwards_is_refused(first: date, last: date, problem: DateRangeProblem) -> None:
    with pytest.raises(InvalidDateRange) as refused:
        check_dates(first, last)

    assert refused.value.problem is problem


def test_a_slot_closed_by_time_is_closed_on_the_calendar_too() -> None:
    gone = slot(booking_cutoff_at=datetime(2026, 7, 1, 10, 0, tzinfo=UTC))

    assert day_of(gone).status == "CLOSED"
