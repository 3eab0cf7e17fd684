"""Request and response models of weather."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api_edge.http.strict_models import (
    LocalDate,
    Reference,
    ResponseModel,
    StrictRequestModel,
)
from shared_domain import weather

#: Hours of a forecast that are sent; the days say the rest.
HOURS_SENT = 48

EXAMPLE_WEATHER: dict[str, Any] = {
    "city": "Lisbon",
    "region": "Lisbon District",
    "country": "PT",
    "latitude": 38.71667,
    "longitude": -9.13333,
    "timeZone": "Europe/Lisbon",
    "fetchedAt": "2026-07-01T10:02:41Z",
    "ageSeconds": 754,
    "isStale": False,
    "days": [
        {
            "date": "2026-07-01",
            "code": 2,
            "conditions": "Partly cloudy",
            "temperatureMin": 17.2,
            "temperatureMax": 27.9,
            "precipitationProbability": 5,
            "precipitationMm": 0.0,
            "windSpeedKmh": 22.4,
            "windGustsKmh": 41.0,
        }
    ],
    "hours": [
        {
            "at": "2026-07-01T10:00:00Z",
            "code": 1,
            "conditions": "Mainly clear",
            "temperature": 22.8,
            "precipitationProbability": 0,
            "precipitationMm": 0.0,
            "windSpeedKmh": 14.1,
            "windGustsKmh": 27.7,
        }
    ],
}


EXAMPLE_DEPARTURES: dict[str, Any] = {
    "productId": "river-kayak",
    "localDate": "2026-07-14",
    "items": [
        {
            "optionId": "DEFAULT",
            "availabilityId": "2026-07-14T09:30:00+01:00",
            "weather": {
                "code": 2,
                "conditions": "Partly cloudy",
                "temperatureMin": 21.4,
                "temperatureMax": 24.9,
                "precipitationProbability": 5,
                "windGustsKmh": 31.0,
                "ageSeconds": 754,
                "isStale": False,
            },
        }
    ],
}


def _city(value: object) -> object:
    if isinstance(value, str):
        try:
            return weather.parse_city(value)
        except weather.InvalidCity as invalid:
            wanted = {"wanted": CITY_RULES[invalid.rule]}
            raise PydanticCustomError(invalid.rule.value, "{wanted}", wanted) from None
    return value


#: What would be right, in words that follow the name of the field.
CITY_RULES = {
    weather.CityRule.LENGTH: (
        f"must be {weather.SHORTEST_CITY} to {weather.LONGEST_CITY} characters long, as Lisbon is"
    ),
    weather.CityRule.CHARACTERS: (
        "must be a name of letters, blanks, hyphens, apostrophes, dots and commas"
    ),
}


class WeatherOfCity(StrictRequestModel):
    """The city of which to return the forecast."""

    city: Annotated[
        str,
        BeforeValidator(_city),
        Field(min_length=weather.SHORTEST_CITY, max_length=weather.LONGEST_CITY),
    ] = Field(
        description="The name of a city, in any language: letters, blanks, hyphens, apostrophes, "
        "dots and commas. Of several, the largest is meant.",
        examples=["Lisbon"],
    )


class WeatherOfDepartures(StrictRequestModel):
    """Which departures: those of a product on one day of its own clock."""

    product_id: Reference = Field(description="One of your products.", examples=["river-kayak"])
    local_date: LocalDate = Field(description="Local travel date.", examples=["2026-07-14"])


class _Conditions(ResponseModel):
    code: int = Field(description="The WMO's weather code.")
    conditions: str = Field(description="The code in words.")


class _Amounts(ResponseModel):
    precipitation_probability: int | None = Field(description="In per cent.")
    precipitation_mm: float | None
    wind_speed_kmh: float | None
    wind_gusts_kmh: float | None


class WeatherDay(_Amounts, _Conditions):
    """The forecast of a day, which begins and ends by the clock of the city."""

    date: date
    temperature_min: float = Field(description="In degrees Celsius.")
    temperature_max: float


class WeatherHour(_Amounts, _Conditions):
    """The forecast of the hour that begins at `at`."""

    at: datetime
    temperature: float = Field(description="In degrees Celsius.")


class Weather(ResponseModel):
    """The forecast of a city."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_WEATHER]})

    city: str = Field(description="As the provider spells it.")
    region: str = Field(description="Where in the country; empty where that is not known.")
    country: str = Field(description="ISO 3166-1, two letters; empty where that is not known.")
    latitude: float
    longitude: float
    time_zone: str
    fetched_at: datetime
    age_seconds: int = Field(description="How old the forecast is.")
    is_stale: bool = Field(
        description="Whether it is older than an hour because the provider did not answer."
    )
    days: list[WeatherDay]
    hours: list[WeatherHour] = Field(description=f"The next {HOURS_SENT} hours.")


class DepartureForecast(_Conditions):
    """The forecast of a departure's hours: the worst conditions, the extremes of the rest."""

    temperature_min: float = Field(description="In degrees Celsius.")
    temperature_max: float
    precipitation_probability: int | None = Field(description="In per cent.")
    wind_gusts_kmh: float | None
    age_seconds: int = Field(description="How old the forecast is.")
    is_stale: bool = Field(
        description="Whether it is older than an hour because the provider did not answer."
    )


class DepartureWithWeather(ResponseModel):
    """A departure, by the ids of OCTO's availability."""

    option_id: str
    availability_id: str
    weather: DepartureForecast | None = Field(
        description="null indoors, too far ahead, in the past, and where there is no forecast."
    )


class DeparturesWeather(ResponseModel):
    """The departures of a product on one day, the earliest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_DEPARTURES]})

    product_id: str
    local_date: date
    items: list[DepartureWithWeather]


def departures_response(
    asked: WeatherOfDepartures, foretold: Iterable[weather.ForetoldDeparture]
) -> DeparturesWeather:
    """Return the answer for a product's departures of one day."""
    return DeparturesWeather(
        product_id=asked.product_id,
        local_date=asked.local_date,
        items=[
            DepartureWithWeather(
                option_id=one.departure.option_code,
                availability_id=one.departure.availability_id,
                weather=None if one.weather is None else _departure_forecast(one.weather),
            )
            for one in foretold
        ],
    )


def _departure_forecast(found: weather.DepartureWeather) -> DepartureForecast:
    return DepartureForecast(
        code=found.code,
        conditions=found.conditions,
        temperature_min=found.lowest,
        temperature_max=found.highest,
        precipitation_probability=found.rain_percent,
        wind_gusts_kmh=found.gusts_kmh,
        age_seconds=int(found.age.total_seconds()),
        is_stale=found.is_stale,
    )


def weather_response(found: weather.CachedForecast, *, now: datetime) -> Weather:
    """Return the answer for a city that the provider knows.

    Raises:
        ValueError: it is no forecast of a city.
    """
    place, forecast = found.place, found.forecast
    if place is None or forecast is None:
        raise ValueError("no forecast of a city")
    # Some places begin their hours at half past.
    hours = [hour for hour in forecast.hours if hour.at + timedelta(hours=1) > now][:HOURS_SENT]
    today = now.astimezone(place.spot.zone).date()
    return Weather(
        city=place.name,
        region=place.region,
        country=place.country_code,
        latitude=place.spot.latitude,
        longitude=place.spot.longitude,
        time_zone=place.spot.time_zone,
        fetched_at=found.fetched_at.astimezone(UTC).replace(microsecond=0),
        age_seconds=int(found.age(now=now).total_seconds()),
        is_stale=not found.is_fresh(now=now),
        days=[
            WeatherDay(
                date=day.local_date,
                temperature_min=day.lowest,
                temperature_max=day.highest,
                **_shared(day),
            )
            for day in forecast.days
            if day.local_date >= today
        ],
        hours=[
            WeatherHour(at=hour.at, temperature=hour.temperature, **_shared(hour)) for hour in hours
        ],
    )


def _shared(part: weather.Day | weather.Hour) -> dict[str, Any]:
    return {
        "code": part.code,
        "conditions": weather.describe_code(part.code),
        "precipitation_probability": part.rain_percent,
        "precipitation_mm": part.rain_mm,
        "wind_speed_kmh": part.wind_kmh,
        "wind_gusts_kmh": part.gusts_kmh,
    }
