"""A departure's weather is that of its hours: the worst of them, with the forecast's age."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared_domain.weather import CachedForecast, DepartureWeather, Forecast, Hour, weather_during

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hour(offset: int, **differs: Any) -> Hour:
    usual: dict[str, Any] = {
        "code": 1, "temperature": 20.0, "rain_percent": 10, "rain_mm": 0.0, "wind_kmh": 10.0,
        "gusts_kmh": 20.0,
    }  # fmt: skip
    return Hour(at=NOON + offset * HOUR, **usual | differs)


def cached(*hours: Hour, age: timedelta = timedelta(0)) -> CachedForecast:
    forecast = Forecast(days=(), hours=hours)
    return CachedForecast(forecast=forecast, place=None, fetched_at=NOON - age)


def foretold(found: CachedForecast, *, hours: float = 2) -> DepartureWeather | None:
    start = NOON + HOUR / 2
    return weather_during(found, starts_at=start, ends_at=start + hours * HOUR, now=NOON)


def test_the_worst_of_its_hours_counts_and_no_other() -> None:
    found = foretold(
        cached(
            hour(-1, code=95, temperature=3.0),
            hour(0, temperature=18.0),
            hour(1, code=61, rain_percent=40),
            hour(2, temperature=22.0, gusts_kmh=30.0),
            hour(3, code=99, gusts_kmh=90.0),
        )
    )

    assert found is not None
    assert (found.conditions, found.lowest, found.highest) == ("Light rain", 18.0, 22.0)
    assert (found.rain_percent, found.gusts_kmh, found.is_rough) == (40, 30.0, False)


@pytest.mark.parametrize(
    ("differs", "is_rough"),
    [
        ({"gusts_kmh": 49.9}, False),
        ({"gusts_kmh": 50.0}, True),
        ({"rain_percent": 59}, False),
        ({"rain_percent": 60}, True),
        ({"code": 95}, True),
        ({"rain_percent": None, "gusts_kmh": None}, False),
    ],
)
def test_gusts_rain_and_thunder_stand_out(differs: dict[str, Any], is_rough: bool) -> None:
    found = foretold(cached(hour(0, **differs)))

    assert found is not None
    assert found.is_rough is is_rough


def test_what_lies_beyond_the_forecast_has_none() -> None:
    assert foretold(cached(hour(-1), hour(9))) is None


def test_without_an_end_it_is_the_hour_of_the_start() -> None:
    found = foretold(cached(hour(0, temperature=7.0), hour(1)), hours=0)

    assert found is not None
    assert found.highest == 7.0


def test_an_old_forecast_says_so_and_a_very_old_one_is_not_shown() -> None:
    stale = foretold(cached(hour(0), age=timedelta(hours=3)))

    assert stale is not None
    assert stale.is_stale
    assert stale.age == timedelta(hours=3)
    assert foretold(cached(hour(0), age=timedelta(hours=48))) is None
