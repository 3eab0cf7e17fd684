"""Weather: calls the provider, so that a slow one slows nothing else.

answers      Pydantic models of the provider's answers; an answer that fails them is its failure
open_meteo   the HTTP client of Open-Meteo's formats, with bounds on time and size
forecasts    the cache in front of it: one call at a time for a subject, a circuit breaker
lifespan     opens both for a process, and closes them at its end

No connection to PostgreSQL is held while the provider is called, and ``forecasts`` bounds how many
callers wait for it. The worker uses the same to keep forecasts of departures fresh.
"""

from api_edge.weather.forecasts import WeatherForecasts
from api_edge.weather.lifespan import open_forecasts
from api_edge.weather.open_meteo import OpenMeteo

__all__ = ["OpenMeteo", "WeatherForecasts", "open_forecasts"]
