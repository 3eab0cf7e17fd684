"""The times of a departure, now or formerly, as a value to show to people or to store as JSON."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, Protocol

from shared_domain.availability.clock import TimedDeparture
from shared_domain.availability.model import OpeningPeriod


class TimedDepartureWithHours(TimedDeparture, Protocol):
    """A ``TimedDeparture`` with its opening hours, which are empty where it has a start time."""

    @property
    def opening_hours(self) -> tuple[OpeningPeriod, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartureTimes:
    """The times of a departure, now or formerly; ``clock.local_start`` computes the local start."""

    local_date: date
    start_time: time | None
    fold: int
    starts_at: datetime
    ends_at: datetime
    opening_hours: tuple[OpeningPeriod, ...]

    @property
    def wall_clock(self) -> tuple[date, time | None, int]:
        """The local date and start that identify a departure within its option."""
        return (self.local_date, self.start_time, self.fold)


def to_departure_times(departure: TimedDepartureWithHours) -> DepartureTimes:
    return DepartureTimes(
        local_date=departure.local_date,
        start_time=departure.start_time,
        fold=departure.fold,
        starts_at=departure.starts_at,
        ends_at=departure.ends_at,
        opening_hours=departure.opening_hours,
    )


def departure_times_to_json(departure: TimedDepartureWithHours) -> dict[str, Any]:
    """Return a departure's times as a JSON object, with the columns of a departure as keys."""
    return {
        "local_date": departure.local_date.isoformat(),
        "start_time": departure.start_time.isoformat() if departure.start_time else None,
        "fold": departure.fold,
        "starts_at": departure.starts_at.isoformat(),
        "ends_at": departure.ends_at.isoformat(),
        "opening_hours": periods_to_json(departure.opening_hours),
    }


def parse_departure_times(kept: Mapping[str, Any]) -> DepartureTimes:
    """Parse the JSON that :func:`departure_times_to_json` made."""
    return DepartureTimes(
        local_date=date.fromisoformat(kept["local_date"]),
        start_time=time.fromisoformat(kept["start_time"]) if kept["start_time"] else None,
        fold=kept["fold"],
        starts_at=datetime.fromisoformat(kept["starts_at"]),
        ends_at=datetime.fromisoformat(kept["ends_at"]),
        opening_hours=tuple(
            OpeningPeriod(period["from"], period["to"]) for period in kept["opening_hours"]
        ),
    )


@lru_cache(maxsize=256)
def parse_periods(text: str) -> tuple[OpeningPeriod, ...]:
    """Parse the opening hours of a row; cached, since most rows of an option hold the same text.

    Raises:
        TypeError, KeyError: the text is not a list of periods.
    """
    periods = json.loads(text)
    if not isinstance(periods, list):
        raise TypeError("opening hours are a list of periods")
    if not all(isinstance(period[end], str) for period in periods for end in ("from", "to")):
        raise TypeError("a period opens and closes at times of day")
    return tuple(OpeningPeriod(period["from"], period["to"]) for period in periods)


def periods_to_json(periods: Iterable[OpeningPeriod]) -> list[dict[str, str]]:
    return [{"from": period.opens, "to": period.closes} for period in periods]
