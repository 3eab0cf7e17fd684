"""From a weekly schedule to departures on the clock, across daylight saving."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from shared_domain.availability.model import OpeningPeriod
from shared_domain.catalog import OptionId
from shared_domain.time_zones import zone

#: How far ahead departures exist. Source: DESIGN, "Main tables": a rolling 400 days.
DAYS_AHEAD = 400

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A week's plan: fixed ``start_times``, or ``opening_hours`` when there are none.

    ``weekdays`` counts Monday as 1. The season holds its first and last date; None is open.
    """

    id: int
    option_id: OptionId
    time_zone: str
    weekdays: frozenset[int]
    start_times: tuple[time, ...]
    duration_minutes: int
    opening_hours: tuple[OpeningPeriod, ...]
    season_start: date | None
    season_end: date | None
    capacity: int | None
    max_units: int | None
    booking_cutoff_minutes: int

    def runs_on(self, local_date: date) -> bool:
        return (
            local_date.isoweekday() in self.weekdays
            and (self.season_start is None or self.season_start <= local_date)
            and (self.season_end is None or local_date <= self.season_end)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDeparture:
    """A departure that a schedule asks for; a closed one only shows when it usually opens."""

    schedule_id: int
    availability_id: str
    local_date: date
    starts_at: datetime
    ends_at: datetime
    cutoffs_count_from: datetime
    booking_cutoff_at: datetime
    opening_hours: tuple[OpeningPeriod, ...]
    capacity: int | None
    max_units: int | None
    is_open: bool = True


def plan(schedule: Schedule, *, first: date, last: date) -> Iterator[PlannedDeparture]:
    """Yield the departures from ``first`` to ``last``, both included, in order of time.

    Opening hours have one for every date: those on which they do not run are closed, and still
    carry the usual hours (OCTO, section 5).
    """
    place = zone(schedule.time_zone)
    cutoff = timedelta(minutes=schedule.booking_cutoff_minutes)
    day = first
    while day <= last:
        runs = schedule.runs_on(day)
        if runs or not schedule.start_times:
            for start, end, counted_from in _slots(schedule, day, place):
                yield PlannedDeparture(
                    schedule_id=schedule.id,
                    availability_id=start.isoformat(timespec="seconds"),
                    local_date=day,
                    starts_at=start.astimezone(UTC),
                    ends_at=end.astimezone(UTC),
                    cutoffs_count_from=counted_from.astimezone(UTC),
                    booking_cutoff_at=counted_from.astimezone(UTC) - cutoff,
                    opening_hours=schedule.opening_hours,
                    capacity=schedule.capacity,
                    max_units=schedule.max_units,
                    is_open=runs,
                )
        day += ONE_DAY


def _slots(
    schedule: Schedule, day: date, place: tzinfo
) -> Iterator[tuple[datetime, datetime, datetime]]:
    """Yield the start, the end and the moment that cut-offs count back from."""
    if schedule.start_times:
        for start_time in sorted(schedule.start_times):
            start = local_moment(day, start_time, place)
            end = start.astimezone(UTC) + timedelta(minutes=schedule.duration_minutes)
            yield start, end.astimezone(place), start
    elif schedule.opening_hours:
        midnight = local_moment(day, time.min, place)
        closing = max(period.closes for period in schedule.opening_hours)
        yield (
            midnight,
            local_moment(day + ONE_DAY, time.min, place),
            local_moment(day, time.fromisoformat(closing), place),
        )


def local_moment(day: date, time_of_day: time, place: tzinfo) -> datetime:
    """Return the moment a clock on the wall shows ``time_of_day``, with its offset.

    An hour that the clock shows twice is taken the first time; one that it skips is moved
    forward by what was skipped (02:30 becomes 03:30), so that a departure is never lost.
    """
    wall = datetime.combine(day, time_of_day, place)
    return wall.astimezone(UTC).astimezone(place)
