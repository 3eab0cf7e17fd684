"""A wrong answer is a failure of the provider: bounded, counted, and never followed."""

import asyncio
import os
from datetime import datetime

import pytest

from api_edge.weather import WeatherForecasts
from api_edge.weather.open_meteo import ProviderFailed
from shared_domain.weather import CachedForecast, Spot, Subject, WeatherUnavailable
from shared_domain.weather.breaker import MOST_FAILURES
from tests.weather.provider import Provider

LISBON = Spot(latitude=38.72, longitude=-9.13, time_zone="Europe/Lisbon")


class InMemoryForecasts:
    """A ``WeatherStore`` of one process, which every claim gets."""

    def __init__(self) -> None:
        self.stored: dict[Subject, CachedForecast] = {}

    async def get(self, subject: Subject) -> CachedForecast | None:
        return self.stored.get(subject)

    async def claim(self, subject: Subject, *, until: datetime, now: datetime) -> bool:
        return True

    async def save(self, subject: Subject, found: CachedForecast, *, until: datetime) -> None:
        self.stored[subject] = found

    async def release(self, subject: Subject, *, until: datetime) -> None: ...

    async def purge_unused(self, *, before: datetime, limit: int) -> int:
        return 0

    async def purge_surplus(self, *, most: int, limit: int) -> int:
        return 0


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("failing", "status 500"),
        ("lying", "an answer of the wrong form at "),
        ("huge", "an answer of more than 524288 bytes"),
        ("redirecting", "status 302"),
    ],
)
def test_each_is_told_apart(provider: Provider, mode: str, reason: str) -> None:
    provider.behave(mode)

    async def story() -> None:
        async with provider.client() as client:
            for call in (client.find_place("Lisbon"), client.fetch_forecast(LISBON)):
                with pytest.raises(ProviderFailed) as failed:
                    await call
                assert str(failed.value).startswith(reason)

    asyncio.run(story())

    assert len(provider.calls) == 2


def test_time_is_bounded(provider: Provider) -> None:
    provider.behave("hanging")

    async def story() -> None:
        async with provider.client(seconds=0.05) as client:
            with pytest.raises(ProviderFailed, match="no answer in time"):
                await client.find_place("Lisbon")

    asyncio.run(story())


def test_the_key_goes_to_the_provider_and_into_no_message(provider: Provider) -> None:
    provider.behave("failing")

    async def story() -> str:
        async with provider.client(key="customer-secret") as client:
            with pytest.raises(ProviderFailed) as failed:
                await client.find_place("Lisbon")
            return str(failed.value)

    assert "secret" not in asyncio.run(story())
    assert provider.calls[0].endswith("&apikey=customer-secret")


def test_after_some_failures_it_is_left_alone(provider: Provider) -> None:
    provider.behave("lying")

    async def story() -> None:
        async with provider.client() as client:
            forecasts = WeatherForecasts(client, InMemoryForecasts(), seconds=60)
            for number in range(MOST_FAILURES + 3):
                with pytest.raises(WeatherUnavailable) as refused:
                    await forecasts.for_city(f"Town {'x' * (number + 1)}")
            assert 1 <= refused.value.retry_after_seconds <= 10

    asyncio.run(story())

    assert len(provider.calls) == MOST_FAILURES


def test_without_a_provider_only_what_is_stored_is_shown() -> None:
    assert "PORTICO_WEATHER_URL" not in os.environ
    forecasts = WeatherForecasts(None, InMemoryForecasts(), seconds=60)

    with pytest.raises(WeatherUnavailable):
        asyncio.run(forecasts.for_city("Lisbon"))
