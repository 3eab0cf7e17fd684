"""Weekly schedules, and the departures that they plan on each date, also across clock changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from shared_domain.availability.clock import (
    ONE_DAY,
    Instants,
    opening_day_instants,
    start_time_instants,
)
from shared_domain.availability.model import OpeningPeriod
from shared_domain.catalog import OptionId
from shared_domain.time_zones import zone

#: How far ahead departures exist. Source: DESIGN, "Main tables": a rolling 400 days.
DAYS_AHEAD = 400

#: How many daily runs may be missed before departures are called short.
RUNS_MAY_BE_MISSED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A weekly schedule of an option: fixed ``start_times``, or ``opening_hours`` without any.

    ``weekdays`` counts Monday as 1. The season includes its first and last date; None leaves that
    end open.
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
    """A departure that a schedule plans; a closed one only shows the usual opening hours.

    ``availability_id`` is the id that a new departure gets unless it is taken: its local start,
    with the UTC offset by the rules of today. To callers it is opaque: an id never changes, also
    when the start or the rules do.
    """

    schedule_id: int
    availability_id: str
    local_date: date
    start_time: time | None
    fold: int = 0
    starts_at: datetime
    ends_at: datetime
    cutoffs_count_from: datetime
    booking_cutoff_at: datetime
    opening_hours: tuple[OpeningPeriod, ...]
    capacity: int | None
    max_units: int | None
    is_open: bool = True


def plan(schedule: Schedule, *, first: date, last: date) -> Iterator[PlannedDeparture]:
    """Yield a schedule's departures from ``first`` to ``last``, both included, in order of time.

    A schedule of opening hours has a departure on every date: where it does not run that day, the
    departure is closed, and still carries the usual hours (OCTO, section 5).
    """
    place = zone(schedule.time_zone)
    day = first
    while day <= last:
        runs = schedule.runs_on(day)
        if schedule.start_times:
            if runs:
                yield from _departures(schedule, day, place)
        elif schedule.opening_hours:
            moments = opening_day_instants(day, schedule.opening_hours, place)
            yield _plan_departure(schedule, day, None, moments, place, is_open=runs)
        day += ONE_DAY


def plan_all(
    schedules: Iterable[Schedule], *, first: date, last: date, now: datetime
) -> list[PlannedDeparture]:
    """Return the departures that an option's schedules plan together, without those that are over.

    A departure is over when it has started and is past its booking cut-off. Where two schedules
    plan the same local start, there is one departure: the open one before a closed one, else that
    of the first schedule. Two local starts in an hour that the clocks skip are two departures,
    although they begin at the same moment.
    """
    planned: dict[tuple[date, time | None, int], PlannedDeparture] = {}
    for schedule in schedules:
        for departure in plan(schedule, first=first, last=last):
            if max(departure.booking_cutoff_at, departure.starts_at) <= now:
                continue
            identity = (departure.local_date, departure.start_time, departure.fold)
            rival = planned.get(identity)
            if rival is None or (departure.is_open and not rival.is_open):
                planned[identity] = departure
    return list(planned.values())


def is_horizon_short(schedules: Iterable[Schedule], last_date: date | None, *, today: date) -> bool:
    """True when departures are missing at the end of the next ``DAYS_AHEAD`` days.

    ``last_date`` is the date of the last departure. As many days may be missing as daily runs may
    be missed (``RUNS_MAY_BE_MISSED``): the next run adds them.
    """
    running = [schedule for schedule in schedules if schedule.start_times or schedule.opening_hours]
    for days in range(DAYS_AHEAD - RUNS_MAY_BE_MISSED, -1, -1):
        day = today + timedelta(days=days)
        if any(schedule.runs_on(day) for schedule in running):
            return last_date is None or last_date < day
    return False


def _departures(schedule: Schedule, day: date, place: tzinfo) -> Iterator[PlannedDeparture]:
    lasts = timedelta(minutes=schedule.duration_minutes)
    for start_time in sorted(set(schedule.start_times)):
        moments = start_time_instants(day, start_time, lasts, place)
        yield _plan_departure(schedule, day, start_time, moments, place, is_open=True)


def _plan_departure(
    schedule: Schedule,
    day: date,
    start_time: time | None,
    moments: Instants,
    place: tzinfo,
    *,
    is_open: bool,
) -> PlannedDeparture:
    cutoff = timedelta(minutes=schedule.booking_cutoff_minutes)
    return PlannedDeparture(
        schedule_id=schedule.id,
        availability_id=moments.starts_at.astimezone(place).isoformat(timespec="seconds"),
        local_date=day,
        start_time=start_time,
        starts_at=moments.starts_at,
        ends_at=moments.ends_at,
        cutoffs_count_from=moments.cutoffs_count_from,
        booking_cutoff_at=moments.cutoffs_count_from - cutoff,
        opening_hours=() if start_time is not None else schedule.opening_hours,
        capacity=schedule.capacity,
        max_units=schedule.max_units,
        is_open=is_open,
    )
