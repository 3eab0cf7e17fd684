"""A departure starts when the local clock shows its time, also when the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared_domain.availability import (
    OpeningPeriod,
    PlannedDeparture,
    Schedule,
    local_moment,
    plan,
)
from shared_domain.catalog import OptionId


def planned(
    zone: str, first: date, last: date | None = None, **changes: Any
) -> list[PlannedDeparture]:
    values: dict[str, Any] = {
        "id": 1,
        "option_id": OptionId(1),
        "time_zone": zone,
        "weekdays": frozenset(range(1, 8)),
        "start_times": (time(9, 30),),
        "duration_minutes": 120,
        "opening_hours": (),
        "season_start": None,
        "season_end": None,
        "capacity": 10,
        "max_units": None,
        "booking_cutoff_minutes": 60,
    }
    return list(plan(Schedule(**values | changes), first=first, last=last or first))


#: When the clocks change in 2026: the day, the offset before and after.
CHANGES = [
    ("Europe/Lisbon", date(2026, 3, 29), "+00:00", "+01:00"),
    ("Europe/Lisbon", date(2026, 10, 25), "+01:00", "+00:00"),
    ("Europe/London", date(2026, 3, 29), "+00:00", "+01:00"),
    ("Atlantic/Azores", date(2026, 3, 29), "-01:00", "+00:00"),
    ("Atlantic/Azores", date(2026, 10, 25), "+00:00", "-01:00"),
    ("America/New_York", date(2026, 3, 8), "-05:00", "-04:00"),
    ("America/New_York", date(2026, 11, 1), "-04:00", "-05:00"),
    ("Australia/Lord_Howe", date(2026, 4, 5), "+11:00", "+10:30"),
    ("Australia/Lord_Howe", date(2026, 10, 4), "+10:30", "+11:00"),
    ("Asia/Tokyo", date(2026, 3, 29), "+09:00", "+09:00"),
]


@pytest.mark.parametrize(("zone", "day", "before", "after"), CHANGES)
def test_the_offset_is_that_of_the_moment(zone: str, day: date, before: str, after: str) -> None:
    eve, morning = planned(zone, day - timedelta(days=1), day)

    assert eve.availability_id == f"{day - timedelta(days=1)}T09:30:00{before}"
    assert morning.availability_id == f"{day}T09:30:00{after}"
    assert morning.starts_at == datetime.fromisoformat(morning.availability_id)
    assert morning.starts_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "day", "skipped", "shown"),
    [
        ("Europe/Lisbon", date(2026, 3, 29), time(1, 30), "2026-03-29T02:30:00+01:00"),
        ("Europe/London", date(2026, 3, 29), time(1, 0), "2026-03-29T02:00:00+01:00"),
        ("Atlantic/Azores", date(2026, 3, 29), time(0, 15), "2026-03-29T01:15:00+00:00"),
        ("America/New_York", date(2026, 3, 8), time(2, 59), "2026-03-08T03:59:00-04:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-04T02:45:00+11:00"),
    ],
)
def test_a_skipped_time_moves_forward_by_what_was_skipped(
    zone: str, day: date, skipped: time, shown: str
) -> None:
    (departure,) = planned(zone, day, start_times=(skipped,))

    assert departure.availability_id == shown
    assert departure.local_date == day


@pytest.mark.parametrize(
    ("zone", "day", "repeated", "shown"),
    [
        ("Europe/Lisbon", date(2026, 10, 25), time(1, 30), "2026-10-25T01:30:00+01:00"),
        ("Atlantic/Azores", date(2026, 10, 25), time(0, 30), "2026-10-25T00:30:00+00:00"),
        ("America/New_York", date(2026, 11, 1), time(1, 30), "2026-11-01T01:30:00-04:00"),
        ("Australia/Lord_Howe", date(2026, 4, 5), time(1, 45), "2026-04-05T01:45:00+11:00"),
    ],
)
def test_a_repeated_time_is_taken_the_first_time(
    zone: str, day: date, repeated: time, shown: str
) -> None:
    (departure,) = planned(zone, day, start_times=(repeated,))

    assert departure.availability_id == shown


@pytest.mark.parametrize(("zone", "day", "before", "after"), CHANGES)
def test_a_tour_lasts_as_long_as_ever(zone: str, day: date, before: str, after: str) -> None:
    for departure in planned(zone, day, start_times=(time(0, 45), time(9, 30))):
        assert departure.ends_at - departure.starts_at == timedelta(hours=2)
        assert departure.starts_at - departure.booking_cutoff_at == timedelta(hours=1)


OPEN_TEN_TO_SIX = {
    "start_times": (),
    "opening_hours": (OpeningPeriod("10:00", "13:00"), OpeningPeriod("14:00", "18:00")),
}


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Lisbon", date(2026, 3, 28), 24),
        ("Europe/Lisbon", date(2026, 3, 29), 23),
        ("Europe/Lisbon", date(2026, 10, 25), 25),
        ("Atlantic/Azores", date(2026, 3, 29), 23),
        ("Atlantic/Azores", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
    ],
)
def test_a_day_of_opening_hours_lasts_from_midnight_to_midnight(
    zone: str, day: date, hours: float
) -> None:
    today, tomorrow = planned(zone, day, day + timedelta(days=1), **OPEN_TEN_TO_SIX)

    assert today.ends_at == tomorrow.starts_at
    assert today.ends_at - today.starts_at == timedelta(hours=hours)


def test_the_standards_own_example() -> None:
    (day,) = planned("Europe/Lisbon", date(2026, 3, 29), **OPEN_TEN_TO_SIX)

    assert day.availability_id == "2026-03-29T00:00:00+00:00"
    assert day.ends_at == datetime.fromisoformat("2026-03-30T00:00:00+01:00")
    assert day.booking_cutoff_at == datetime(2026, 3, 29, 16, 0, tzinfo=UTC)


def test_a_midnight_that_the_clock_skips_is_the_first_moment_of_the_day() -> None:
    (day,) = planned("Atlantic/Azores", date(2026, 3, 29), **OPEN_TEN_TO_SIX)

    assert day.availability_id == "2026-03-29T01:00:00+00:00"


def test_weekdays_and_season_decide_the_days() -> None:
    season = {"season_start": date(2026, 7, 6), "season_end": date(2026, 7, 20)}

    mondays = planned(
        "Asia/Tokyo", date(2026, 7, 1), date(2026, 7, 31), weekdays=frozenset({1}), **season
    )

    assert [monday.local_date.day for monday in mondays] == [6, 13, 20]


def test_opening_hours_show_the_days_on_which_they_are_closed() -> None:
    week = planned(
        "Europe/Lisbon", date(2026, 7, 13), date(2026, 7, 19), weekdays=frozenset({2, 3}),
        **OPEN_TEN_TO_SIX,
    )  # fmt: skip

    assert [day.is_open for day in week] == [False, True, True, False, False, False, False]
    assert {day.opening_hours for day in week} == {OPEN_TEN_TO_SIX["opening_hours"]}


def test_start_times_come_in_order() -> None:
    departures = planned(
        "Europe/Lisbon", date(2026, 7, 14), start_times=(time(14), time(9, 30), time(11))
    )

    assert [departure.availability_id[11:16] for departure in departures] == [
        "09:30",
        "11:00",
        "14:00",
    ]


def test_a_schedule_without_times_plans_nothing() -> None:
    assert planned("Europe/Lisbon", date(2026, 7, 14), start_times=()) == []


@pytest.mark.parametrize("zone", ["Europe/Lisbon", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_every_local_moment_shows_its_time_unless_the_clock_skips_it(zone: str) -> None:
    place = ZoneInfo(zone)
    day = date(2026, 1, 1)
    skipped = 0
    while day.year == 2026:
        for hour in range(24):
            moment = local_moment(day, time(hour, 30), place)
            skipped += (moment.hour, moment.minute) != (hour, 30)
            assert moment.date() == day
        day += timedelta(days=1)

    # Kathmandu never changes its clocks; Lord Howe goes from 02:00 to 02:30, which stays.
    assert skipped == (1 if zone == "Europe/Lisbon" else 0)
