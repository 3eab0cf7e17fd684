"""Forecasts, where they are for, and how long they may be shown."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NewType
from zoneinfo import ZoneInfo  # noqa: TID251 - the type

from shared_domain import time_zones

#: What a forecast is kept for in the cache: a city, or a spot on the map.
Subject = NewType("Subject", str)

#: Weather models are computed anew every hour at most.
FRESH_FOR = timedelta(hours=1)

#: How long a forecast may still be shown, with its age, while there is no newer one.
USABLE_FOR = timedelta(hours=48)

#: How long an answer is cached that there is no city of a name.
UNKNOWN_FOR = timedelta(hours=24)

#: Forecasts not used for this long are purged, and of more than this number those used least
#: recently.
UNUSED_FOR, MOST_FORECASTS = timedelta(days=7), 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A spot on the map, in degrees (WGS 84), north and east positive; with its time zone."""

    latitude: float
    longitude: float
    time_zone: str

    @property
    def zone(self) -> ZoneInfo:
        return time_zones.zone(self.time_zone)

    @property
    def subject(self) -> Subject:
        """The cache key of the spot, rounded to about a kilometre: forecasts are no finer."""
        return Subject(f"spot:{self.latitude:.2f},{self.longitude:.2f},{self.time_zone}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A city, as the provider names and locates it."""

    name: str
    region: str
    country_code: str
    spot: Spot


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """The weather of one hour: degrees Celsius, per cent, millimetres, kilometres an hour."""

    at: datetime
    code: int
    temperature: float
    rain_percent: int | None
    rain_mm: float | None
    wind_kmh: float | None
    gusts_kmh: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The weather of one day of the place, in the units of :class:`Hour`."""

    local_date: date
    code: int
    lowest: float
    highest: float
    rain_percent: int | None
    rain_mm: float | None
    wind_kmh: float | None
    gusts_kmh: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """A forecast by the provider: days of the place, and hours in their order."""

    days: tuple[Day, ...]
    hours: tuple[Hour, ...]

    def hours_during(self, start: datetime, end: datetime) -> tuple[Hour, ...]:
        """Return the hours that a tour from ``start`` to ``end`` touches."""
        return tuple(
            hour for hour in self.hours if hour.at < end and hour.at + timedelta(hours=1) > start
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedForecast:
    """A forecast with the moment it was fetched; ``forecast`` is None if there is no such city."""

    forecast: Forecast | None
    place: Place | None
    fetched_at: datetime

    def age(self, *, now: datetime) -> timedelta:
        return max(now - self.fetched_at, timedelta(0))

    def is_fresh(self, *, now: datetime) -> bool:
        """Whether the forecast is recent enough not to call the provider again."""
        return self.age(now=now) < (UNKNOWN_FOR if self.forecast is None else FRESH_FOR)

    def is_usable(self, *, now: datetime) -> bool:
        """Whether the forecast may be shown while the provider does not answer."""
        return self.forecast is not None and self.age(now=now) < USABLE_FOR


def city_subject(name: str) -> Subject:
    """Return the cache key of a city, the same for all capitalisations of its name."""
    return Subject(f"city:{name.casefold()}")
