"""Refresh of the forecasts of outdoor departures, so that no page of staff waits for a provider.

The setting ``WEATHER_FORECASTS`` names the client, which is the edge's: it validates responses with
Pydantic, and does not call a provider that keeps failing.
"""

import logging
import random
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from procrastinate.contrib.django.utils import connector_params
from psycopg import AsyncConnection

from core_site.environment import env
from core_site.postgresql.async_database import AsyncDatabase
from core_site.postgresql.worker_session import prepare_session
from shared_domain import weather
from shared_domain.weather.sql_store import SqlWeatherStore

#: Spots that one run looks at, by chance, so that each has its turn where there are more; each is
#: asked for once in an hour, whatever the products there.
MOST_SPOTS = 200

#: Where it is another date than in UTC: the local dates of departures reach so much farther.
OTHER_DATE = timedelta(days=1)

STATEMENT_SECONDS, LOCK_SECONDS = 10, 5

logger = logging.getLogger(__name__)


async def refresh_forecasts(*, now: datetime) -> int:
    """Refresh the forecasts for the places of outdoor departures within ``FORECAST_AHEAD``.

    Returns how many are fresh now. Forecasts that the provider does not return are tried again by
    the next run. Without a provider it does nothing.
    """
    if env("PORTICO_WEATHER_URL") is None:
        return 0
    parameters: dict[str, Any] = connector_params() | {"autocommit": True, "connect_timeout": 5}
    async with await AsyncConnection.connect(**parameters) as connection:
        await prepare_session(
            connection, statement_seconds=STATEMENT_SECONDS, lock_seconds=LOCK_SECONDS
        )
        store = SqlWeatherStore(AsyncDatabase(connection, most_seconds=STATEMENT_SECONDS))
        known = await store.spots_of_departures(
            first=(now - OTHER_DATE).date(),
            last=(now + weather.FORECAST_AHEAD + OTHER_DATE).date(),
            limit=weather.MOST_FORECASTS,
        )
        spots = random.sample(known, min(len(known), MOST_SPOTS))
        open_forecasts = import_string(settings.WEATHER_FORECASTS)
        refreshed = 0
        async with open_forecasts(
            store,
            forecast_url=env("PORTICO_WEATHER_URL"),
            geocoding_url=env("PORTICO_WEATHER_GEOCODING_URL"),
            key=env("PORTICO_WEATHER_KEY"),
            seconds=env("PORTICO_WEATHER_SECONDS"),
        ) as forecasts:
            for spot in spots:
                refreshed += await _is_refreshed(forecasts, spot, now=now)
    if refreshed < len(spots):
        logger.warning(
            "weather: %s of %s forecasts are not fresh", len(spots) - refreshed, len(spots)
        )
    return refreshed


async def _is_refreshed(forecasts: Any, spot: weather.Spot, *, now: datetime) -> bool:
    try:
        found: weather.CachedForecast = await forecasts.for_spot(spot)
    except weather.WeatherUnavailable:
        return False
    return found.is_fresh(now=now)
