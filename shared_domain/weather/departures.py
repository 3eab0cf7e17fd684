"""The weather of a departure: its hours of the forecast, summed up as staff read it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from shared_domain.weather.conditions import describe_code
from shared_domain.weather.model import CachedForecast, Hour, Spot

Amount = TypeVar("Amount", int, float)

#: Departures so far ahead have a forecast; the provider's own days end with the next one.
FORECAST_AHEAD = timedelta(days=10)

#: Gusts and rain that staff should think about. Source: Beaufort 7, near gale, begins at 50 km/h.
STRONG_GUSTS_KMH, LIKELY_RAIN_PERCENT = 50.0, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartureWeather:
    """The forecast for the hours of a departure, summed up; ``age`` is the forecast's age."""

    code: int
    lowest: float
    highest: float
    rain_percent: int | None
    gusts_kmh: float | None
    age: timedelta
    is_stale: bool

    @property
    def conditions(self) -> str:
        return describe_code(self.code)

    @property
    def is_windy(self) -> bool:
        return self.gusts_kmh is not None and self.gusts_kmh >= STRONG_GUSTS_KMH

    @property
    def is_rough(self) -> bool:
        """Whether guests or boats may suffer: strong gusts, a thunderstorm, or likely rain."""
        is_wet = self.rain_percent is not None and self.rain_percent >= LIKELY_RAIN_PERCENT
        return self.is_windy or is_wet or self.code >= 95


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedDeparture:
    """A departure with the spot where it starts, None where it is indoors or the spot unknown."""

    option_code: str
    availability_id: str
    starts_at: datetime
    ends_at: datetime
    spot: Spot | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForetoldDeparture:
    """A departure with its weather, None where there is no usable forecast for its hours."""

    departure: PlacedDeparture
    weather: DepartureWeather | None


def weather_during(
    found: CachedForecast, *, starts_at: datetime, ends_at: datetime, now: datetime
) -> DepartureWeather | None:
    """Return the weather from start to end, None where the forecast has no hour of that time.

    If the end is not after the start, it is that of the hour of the start. Of several weather codes
    the highest (the worst) is taken. None as well when the forecast is missing or unusable.
    """
    if found.forecast is None or not found.is_usable(now=now):
        return None
    end = max(ends_at, starts_at + timedelta(minutes=1))
    hours = found.forecast.hours_during(starts_at, end)
    return _sum_up(hours, found, now=now) if hours else None


def _sum_up(hours: tuple[Hour, ...], found: CachedForecast, *, now: datetime) -> DepartureWeather:
    return DepartureWeather(
        code=max(hour.code for hour in hours),
        lowest=min(hour.temperature for hour in hours),
        highest=max(hour.temperature for hour in hours),
        rain_percent=_highest(hour.rain_percent for hour in hours),
        gusts_kmh=_highest(hour.gusts_kmh for hour in hours),
        age=found.age(now=now),
        is_stale=not found.is_fresh(now=now),
    )


def _highest(values: Iterable[Amount | None]) -> Amount | None:
    return max((value for value in values if value is not None), default=None)
