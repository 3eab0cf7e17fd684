"""Weather: forecasts of a provider, kept in a cache that both halves share.

::

    fresh ──an hour──▶ stale ──two days──▶ unusable
      ▲                  │
      └──a claim, a call─┘   one caller at a time holds the claim of a subject

A *subject* is a city, as callers ask for it, or a spot on the map, where a product starts. A stale
forecast is shown with its age when the provider fails. The ``Breaker`` decides whether a provider
that keeps failing is called at all.
"""

from shared_domain.weather.breaker import Breaker
from shared_domain.weather.city import (
    LONGEST_CITY,
    SHORTEST_CITY,
    CityRule,
    InvalidCity,
    parse_city,
)
from shared_domain.weather.conditions import describe_code
from shared_domain.weather.departures import (
    FORECAST_AHEAD,
    DepartureWeather,
    ForetoldDeparture,
    PlacedDeparture,
    weather_during,
)
from shared_domain.weather.errors import (
    CityUnknown,
    WeatherRefused,
    WeatherUnavailable,
)
from shared_domain.weather.model import (
    FRESH_FOR,
    MOST_FORECASTS,
    UNUSED_FOR,
    USABLE_FOR,
    CachedForecast,
    Day,
    Forecast,
    Hour,
    Place,
    Spot,
    Subject,
    city_subject,
)
from shared_domain.weather.services import (
    DepartureStore,
    WeatherStore,
    foretell_departures,
    purge_forecasts,
)

__all__ = [
    "Place",
    "Spot",
    "Subject",
    "Forecast",
    "Day",
    "Hour",
    "CachedForecast",
    "FRESH_FOR",
    "USABLE_FOR",
    "UNUSED_FOR",
    "MOST_FORECASTS",
    "city_subject",
    "describe_code",
    "DepartureWeather",
    "FORECAST_AHEAD",
    "DepartureStore",
    "ForetoldDeparture",
    "PlacedDeparture",
    "foretell_departures",
    "weather_during",
    "parse_city",
    "CityRule",
    "InvalidCity",
    "SHORTEST_CITY",
    "LONGEST_CITY",
    "Breaker",
    "WeatherStore",
    "purge_forecasts",
    "WeatherRefused",
    "CityUnknown",
    "WeatherUnavailable",
]
