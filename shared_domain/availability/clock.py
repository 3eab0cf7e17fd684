"""Local times of departures: the only functions that compute what a clock at the place shows.

A departure is identified by its option, its local date and its local start (and by ``fold``, the
first or second of two equal hours, when the clocks go back). Its instants follow from the time
zone; they are stored for look-ups and cut-offs only, and are computed anew when the zone's rules
or the product's zone change. API, ticket and staff's pages all call :func:`local_start` and
:func:`local_end`, so that they show a guest the same time, also between a change of the rules and
the next run of the worker.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Protocol

from shared_domain.availability.model import OpeningPeriod

ONE_DAY = timedelta(days=1)


class TimedDeparture(Protocol):
    """What local times are computed from: a stored or planned departure, or a Django model.

    ``start_time`` is None for a day of opening hours. ``fold`` is 1 for the second of two equal
    hours, as in ``datetime.fold``.
    """

    @property
    def local_date(self) -> date: ...

    @property
    def start_time(self) -> time | None: ...

    @property
    def fold(self) -> int: ...

    @property
    def starts_at(self) -> datetime: ...

    @property
    def ends_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Instants:
    """The instants of a departure, in UTC."""

    starts_at: datetime
    ends_at: datetime
    cutoffs_count_from: datetime


def local_start(departure: TimedDeparture, place: tzinfo) -> datetime:
    """Return a departure's start in local time at ``place``, with the UTC offset of that moment.

    A day of opening hours starts at its first moment.
    """
    return local_moment(
        departure.local_date, departure.start_time or time.min, place, fold=departure.fold
    )


def local_end(departure: TimedDeparture, place: tzinfo) -> datetime:
    """Return a departure's end in local time; a day of opening hours ends at the next midnight.

    That holds for a day that closes after midnight as well: the API shows a day from midnight to
    midnight, and the hours beside it (OCTO, section 5).
    """
    if departure.start_time is None:
        return local_moment(departure.local_date + ONE_DAY, time.min, place)
    starts_at = _moment(departure.local_date, departure.start_time, place, fold=departure.fold)
    return (starts_at + (departure.ends_at - departure.starts_at)).astimezone(place)


def announced_start(departure: TimedDeparture, place: tzinfo) -> datetime:
    """Return the local start with the UTC offset of the stored instant, as it was announced.

    It equals :func:`local_start` unless the zone's rules or the product's zone have changed since
    the instant was stored.
    """
    present = local_start(departure, place)
    if present == departure.starts_at:
        return present
    wall = datetime.combine(departure.local_date, departure.start_time or time.min)
    offset = wall - departure.starts_at.astimezone(UTC).replace(tzinfo=None)
    if abs(offset) >= ONE_DAY:  # No zone is so far from UTC: the row was changed by hand.
        return departure.starts_at.astimezone(place)
    return wall.replace(tzinfo=timezone(offset))


def start_time_instants(
    day: date, start_time: time, lasts: timedelta, place: tzinfo, *, fold: int = 0
) -> Instants:
    """Return the instants of a departure with a start time."""
    starts_at = local_moment(day, start_time, place, fold=fold).astimezone(UTC)
    return Instants(starts_at, starts_at + lasts, starts_at)


def opening_day_instants(
    day: date, opening_hours: tuple[OpeningPeriod, ...], place: tzinfo
) -> Instants:
    """Return the instants of a day of opening hours: cut-offs count from its last closing time.

    The day ends at the next midnight, or at its last closing time where that is later.
    """
    midnight = local_moment(day + ONE_DAY, time.min, place).astimezone(UTC)
    closes_at = max(_closing(day, period, place) for period in opening_hours).astimezone(UTC)
    starts_at = local_moment(day, time.min, place).astimezone(UTC)
    return Instants(starts_at, max(midnight, closes_at), closes_at)


def local_moment(day: date, time_of_day: time, place: tzinfo, *, fold: int = 0) -> datetime:
    """Return the moment at which clocks at ``place`` show ``time_of_day``, with its UTC offset.

    An hour that the clock shows twice is taken the first time unless ``fold`` is set; one that it
    skips is moved forward by what was skipped (02:30 becomes 03:30), so that no departure is lost.
    """
    return _moment(day, time_of_day, place, fold=fold).astimezone(place)


def _moment(day: date, time_of_day: time, place: tzinfo, *, fold: int) -> datetime:
    wall = datetime.combine(day, time_of_day, place)
    if fold:
        wall = wall.replace(fold=1)
    return wall.astimezone(UTC)


def _closing(day: date, period: OpeningPeriod, place: tzinfo) -> datetime:
    if period.closes == "24:00":
        return local_moment(day + ONE_DAY, time.min, place)
    closing_day = day + ONE_DAY if period.passes_midnight else day
    return local_moment(closing_day, time.fromisoformat(period.closes), place)
