"""What is done with the cache by itself: its size is bounded.

Forecasts are fetched by ``api_edge/weather``, which waits for a provider as no service may.
"""

from datetime import datetime
from typing import Protocol

from shared_domain.weather.model import MOST_FORECASTS, UNUSED_FOR, CachedForecast, Subject

#: Deleted by one statement.
BATCH = 1_000


class WeatherStore(Protocol):
    """The cache of forecasts."""

    async def get(self, subject: Subject) -> CachedForecast | None: ...

    async def claim(self, subject: Subject, *, until: datetime, now: datetime) -> bool: ...

    async def save(self, subject: Subject, found: CachedForecast, *, until: datetime) -> None: ...

    async def release(self, subject: Subject, *, until: datetime) -> None: ...

    async def purge_unused(self, *, before: datetime, limit: int) -> int: ...

    async def purge_surplus(self, *, most: int, limit: int) -> int: ...


async def purge_forecasts(*, now: datetime, store: WeatherStore, most: int = MOST_FORECASTS) -> int:
    """Delete a batch of forecasts that are of no use, and return how many there were.

    Repeat it until it returns 0.
    """
    unused = await store.purge_unused(before=now - UNUSED_FOR, limit=BATCH)
    return unused or await store.purge_surplus(most=most, limit=BATCH)
