"""The forecasts of a process of the edge, from its settings and on its pool."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api_edge.postgresql.database import AutocommitDatabase, Pool
from api_edge.settings import Settings
from api_edge.weather.forecasts import WeatherForecasts
from api_edge.weather.open_meteo import OpenMeteo, Provider
from shared_domain.weather.sql_store import SqlWeatherStore


@asynccontextmanager
async def open_forecasts(settings: Settings, pool: Pool) -> AsyncIterator[WeatherForecasts]:
    """Serve forecasts inside the block; without a provider, those that are stored."""
    store, seconds = SqlWeatherStore(AutocommitDatabase(pool)), settings.weather_seconds
    if settings.weather_url is None:
        yield WeatherForecasts(None, store, seconds=seconds)
        return
    provider = Provider(
        forecast_url=settings.weather_url,
        geocoding_url=settings.weather_geocoding_url or settings.weather_url,
        key=settings.weather_key,
        seconds=seconds,
    )
    async with OpenMeteo(provider) as client:
        forecasts = WeatherForecasts(client, store, seconds=seconds)
        try:
            yield forecasts
        finally:
            await forecasts.close()
