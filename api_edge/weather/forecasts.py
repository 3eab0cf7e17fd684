"""Forecasts from the cache, or from the provider: one call at a time for each subject.

In a process, callers for one subject wait for the same call. Between processes the row of the cache
is claimed, by a lease without a lock, and the others look for its outcome. Where the provider
fails, the stored forecast is returned with its age, for up to ``USABLE_FOR``.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from api_edge.weather.open_meteo import ProviderFailed
from shared_domain.weather import (
    Breaker,
    CachedForecast,
    CityUnknown,
    Forecast,
    Place,
    Spot,
    Subject,
    WeatherStore,
    WeatherUnavailable,
    city_subject,
)

#: Subjects that one process calls the provider for at once, and callers that wait for them.
MOST_CALLS, MOST_WAITING = 50, 1_000

#: How often a process looks whether the call of another one has ended.
LOOK_SECONDS = 0.25

#: After the provider failed, while calls are admitted again.
RETRY_SECONDS = 10

logger = logging.getLogger(__name__)

Outcome = CachedForecast | WeatherUnavailable


class WeatherClient(Protocol):
    """The client of a weather provider, such as ``OpenMeteo``. Calls raise ``ProviderFailed``."""

    async def find_place(self, city: str) -> Place | None: ...

    async def fetch_forecast(self, spot: Spot) -> Forecast: ...


Fetch = Callable[[WeatherClient, CachedForecast | None], Awaitable[CachedForecast]]


class WeatherForecasts:
    """Forecasts from the cache or the provider, whose calls may take ``seconds`` each."""

    def __init__(
        self, client: WeatherClient | None, store: WeatherStore, *, seconds: float
    ) -> None:
        self._client = client
        self._store = store
        self._seconds = seconds
        self._breaker = Breaker()
        self._calls: dict[Subject, asyncio.Task[Outcome]] = {}
        self._waiting = 0

    async def for_city(self, name: str) -> CachedForecast:
        """Return the forecast of a city by a name that ``parse_city`` returned.

        Raises:
            CityUnknown, WeatherUnavailable
        """

        async def fetch(client: WeatherClient, known: CachedForecast | None) -> CachedForecast:
            place = known.place if known else None
            place = place or await client.find_place(name)
            forecast = await client.fetch_forecast(place.spot) if place else None
            return CachedForecast(place=place, forecast=forecast, fetched_at=_now())

        found = await self._find(city_subject(name), fetch)
        if found.forecast is None:
            raise CityUnknown
        return found

    async def for_spot(self, spot: Spot) -> CachedForecast:
        """Return the forecast of a spot on the map.

        Raises:
            WeatherUnavailable
        """

        async def fetch(client: WeatherClient, known: CachedForecast | None) -> CachedForecast:
            forecast = await client.fetch_forecast(spot)
            return CachedForecast(place=None, forecast=forecast, fetched_at=_now())

        return await self._find(spot.subject, fetch)

    async def close(self) -> None:
        """Cancel the calls that are under way."""
        calls = list(self._calls.values())
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    async def _find(self, subject: Subject, fetch: Fetch) -> CachedForecast:
        known = await self._store.get(subject)
        if known is not None and known.is_fresh(now=_now()):
            return known
        outcome = await self._join_call(subject, fetch, known)
        if isinstance(outcome, CachedForecast):
            return outcome
        if known is not None and known.is_usable(now=_now()):
            return known
        raise outcome

    async def _join_call(
        self, subject: Subject, fetch: Fetch, known: CachedForecast | None
    ) -> Outcome:
        """Wait for the call that is under way for a subject, or for a new one."""
        call = self._calls.get(subject)
        if call is None:
            if (refusal := self._refuse_call()) is not None:
                return refusal
            call = self._calls[subject] = asyncio.create_task(self._call(subject, fetch, known))
            call.add_done_callback(lambda done: self._forget(subject, done))
        if self._waiting >= MOST_WAITING:
            return WeatherUnavailable(retry_after_seconds=1)
        self._waiting += 1
        try:
            # Shielded: a caller that hangs up takes the call from no other.
            return await asyncio.shield(call)
        finally:
            self._waiting -= 1

    def _refuse_call(self) -> WeatherUnavailable | None:
        if self._client is None:
            # No provider is configured; not before a restart will there be one.
            return WeatherUnavailable(retry_after_seconds=3600)
        if wait := self._breaker.wait(now=_now()):
            return WeatherUnavailable(retry_after_seconds=math.ceil(wait.total_seconds()))
        if len(self._calls) >= MOST_CALLS:
            return WeatherUnavailable(retry_after_seconds=1)
        return None

    def _forget(self, subject: Subject, done: "asyncio.Task[Outcome]") -> None:
        self._calls.pop(subject, None)
        if not done.cancelled():
            # Whether or not a caller still waits to hear of it.
            done.exception()

    async def _call(self, subject: Subject, fetch: Fetch, known: CachedForecast | None) -> Outcome:
        now = _now()
        # Longer than the call may take; a process that dies holds it for no longer.
        until = now + timedelta(seconds=2 * self._seconds)
        if not await self._store.claim(subject, until=until, now=now):
            return await self._wait_for_another(subject, since=now)
        if (client := self._client) is None or self._breaker.wait(now=_now()):
            # The last call before this one has opened the circuit meanwhile.
            await self._store.release(subject, until=until)
            return WeatherUnavailable(retry_after_seconds=RETRY_SECONDS)
        self._breaker = self._breaker.admit(now=_now())
        try:
            async with asyncio.timeout(self._seconds):
                found = await fetch(client, known)
        except (ProviderFailed, TimeoutError) as failure:
            self._note_failure(str(failure) or "no answer in time")
            await self._store.release(subject, until=until)
            wait = math.ceil(self._breaker.wait(now=_now()).total_seconds())
            return WeatherUnavailable(retry_after_seconds=wait or RETRY_SECONDS)
        self._breaker = self._breaker.succeed()
        await self._store.save(subject, found, until=until)
        return found

    def _note_failure(self, reason: str) -> None:
        was_open = self._breaker.open_until is not None
        self._breaker = self._breaker.fail(now=_now())
        if self._breaker.open_until is not None and not was_open:
            logger.warning(
                "the weather provider failed %s times and is left alone for a while: %s",
                self._breaker.failures,
                reason,
            )

    async def _wait_for_another(self, subject: Subject, *, since: datetime) -> Outcome:
        """Return what another process finds, as long as its call may take."""
        end = since + timedelta(seconds=self._seconds)
        while _now() < end:
            await asyncio.sleep(LOOK_SECONDS)
            found = await self._store.get(subject)
            if found is not None and found.is_fresh(now=_now()):
                return found
        return WeatherUnavailable(retry_after_seconds=1)


def _now() -> datetime:
    return datetime.now(UTC)
