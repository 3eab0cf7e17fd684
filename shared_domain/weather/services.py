"""Return the forecasts of departures from the cache, and bound the cache's size.

Forecasts are fetched by ``api_edge/weather``, which waits for a provider as no service may.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from shared_domain.catalog import CatalogStore, OptionId, get_product
from shared_domain.partners import Access
from shared_domain.weather.departures import (
    FORECAST_AHEAD,
    ForetoldDeparture,
    PlacedDeparture,
    weather_during,
)
from shared_domain.weather.model import MOST_FORECASTS, UNUSED_FOR, CachedForecast, Subject

#: Deleted by one statement.
BATCH = 1_000


#: Departures of one product on one day that are looked up.
MOST_DEPARTURES = 500


class WeatherStore(Protocol):
    """The cache of forecasts."""

    async def get(self, subject: Subject) -> CachedForecast | None: ...

    async def claim(self, subject: Subject, *, until: datetime, now: datetime) -> bool: ...

    async def save(self, subject: Subject, found: CachedForecast, *, until: datetime) -> None: ...

    async def release(self, subject: Subject, *, until: datetime) -> None: ...

    async def purge_unused(self, *, before: datetime, limit: int) -> int: ...

    async def purge_surplus(self, *, most: int, limit: int) -> int: ...


class DepartureStore(Protocol):
    """The store of departures and of their places' forecasts."""

    async def departures_of_day(
        self, option_ids: Sequence[OptionId], *, local_date: date, limit: int
    ) -> list[PlacedDeparture]: ...

    async def get_all(self, subjects: Sequence[Subject]) -> Mapping[Subject, CachedForecast]: ...


async def foretell_departures(
    product_code: str,
    *,
    local_date: date,
    access: Access,
    now: datetime,
    products: CatalogStore,
    store: DepartureStore,
) -> list[ForetoldDeparture]:
    """Return a product's departures of a local date with their weather, the earliest first.

    From the cache alone: no provider is called, and none can delay it.

    Raises:
        ProductNotFound: no such product, or not one of the partner's.
    """
    product = await get_product(product_code, access=access, store=products)
    departures = await store.departures_of_day(
        [option.id for option in product.options], local_date=local_date, limit=MOST_DEPARTURES
    )
    asked = [_subject_ahead(departure, now=now) for departure in departures]
    subjects = {subject for subject in asked if subject is not None}
    cached = await store.get_all(sorted(subjects)) if subjects else {}
    return [
        ForetoldDeparture(
            departure=departure,
            weather=weather_during(
                found, starts_at=departure.starts_at, ends_at=departure.ends_at, now=now
            )
            if subject is not None and (found := cached.get(subject))
            else None,
        )
        for departure, subject in zip(departures, asked, strict=True)
    ]


def _subject_ahead(departure: PlacedDeparture, *, now: datetime) -> Subject | None:
    """Return what is foretold for a departure outdoors that is not over nor too far ahead."""
    is_ahead = now < departure.ends_at and departure.starts_at < now + FORECAST_AHEAD
    return departure.spot.subject if is_ahead and departure.spot else None


async def purge_forecasts(*, now: datetime, store: WeatherStore, most: int = MOST_FORECASTS) -> int:
    """Delete a batch of forecasts that were not used lately or are too many; return how many.

    Repeat it until it returns 0.
    """
    unused = await store.purge_unused(before=now - UNUSED_FOR, limit=BATCH)
    return unused or await store.purge_surplus(most=most, limit=BATCH)
