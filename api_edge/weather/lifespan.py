"""Open forecasts with their HTTP client, for a process of either half."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api_edge.weather.forecasts import WeatherForecasts
from api_edge.weather.open_meteo import OpenMeteo, ProviderSettings
from shared_domain.weather import WeatherStore


@asynccontextmanager
async def open_forecasts(
    store: WeatherStore,
    *,
    forecast_url: str | None,
    geocoding_url: str | None,
    key: str | None,
    seconds: float,
) -> AsyncIterator[WeatherForecasts]:
    """Open forecasts for the block; without a provider's URL, only those that are stored."""
    if forecast_url is None:
        yield WeatherForecasts(None, store, seconds=seconds)
        return
    provider = ProviderSettings(
        forecast_url=forecast_url,
        geocoding_url=geocoding_url or forecast_url,
        key=key,
        seconds=seconds,
    )
    async with OpenMeteo(provider) as client:
        forecasts = WeatherForecasts(client, store, seconds=seconds)
        try:
            yield forecasts
        finally:
            await forecasts.close()
