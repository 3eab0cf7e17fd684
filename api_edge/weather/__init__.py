"""Weather: calls the provider, so that a slow one slows nothing else.

answers      what the provider sends, validated; anything else is its failure
open_meteo   the HTTP client of Open-Meteo's formats, with bounds on time and size
opening      both, with their settings, for a process
forecasts    the cache in front of it: one call at a time for a subject, a circuit breaker

No connection to PostgreSQL is held while the provider is called, and no more callers wait for it
than ``forecasts`` says. The worker uses the same to keep forecasts of departures fresh.
"""

from api_edge.weather.forecasts import WeatherForecasts
from api_edge.weather.lifespan import open_forecasts
from api_edge.weather.open_meteo import OpenMeteo

__all__ = ["OpenMeteo", "WeatherForecasts", "open_forecasts"]
