"""The answers of Open-Meteo, validated: places by their name, and the forecast of a spot.

Its documentation: open-meteo.com/en/docs and /en/docs/geocoding-api. With ``timeformat=unixtime``
the days of a place begin at ``time + utc_offset_seconds``.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared_domain import time_zones
from shared_domain.weather import Day, Forecast, Hour, Place, Spot

#: Days of a forecast that are asked for; the provider has 16 at most.
FORECAST_DAYS = 11

#: One more than asked for: the place may change its clock.
_MOST_HOURS = (FORECAST_DAYS + 1) * 24

#: No control characters: the name is shown.
_Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Degrees = Annotated[float, Field(ge=-100, le=100)]
_Percent = Annotated[int, Field(ge=0, le=100)]
_Amount = Annotated[float, Field(ge=0, le=10_000)]
_Code = Annotated[int, Field(ge=0, le=99)]
#: Until the year 2200.
_UnixTime = Annotated[int, Field(ge=0, le=7_258_118_400)]
_Latitude = Annotated[float, Field(ge=-90, le=90)]
_Longitude = Annotated[float, Field(ge=-180, le=180)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, frozen=True)


class FoundPlace(_Answer):
    """A place of the geocoding API."""

    name: Annotated[_Text, StringConstraints(min_length=1)]
    latitude: _Latitude
    longitude: _Longitude
    timezone: _Text = "UTC"
    country_code: Annotated[_Text, StringConstraints(max_length=2)] = ""
    admin1: _Text = ""

    def to_place(self) -> Place:
        zone = self.timezone if time_zones.is_place(self.timezone) else "UTC"
        return Place(
            name=self.name,
            region=self.admin1,
            country_code=self.country_code,
            spot=Spot(latitude=self.latitude, longitude=self.longitude, time_zone=zone),
        )


class FoundPlaces(_Answer):
    """The answer of the geocoding API; without ``results`` there is no place of the name."""

    results: Annotated[list[FoundPlace], Field(max_length=100)] = []


class _Columns(_Answer):
    """Arrays of the same length, one value for each time."""

    @model_validator(mode="after")
    def _check_lengths(self) -> Self:
        if len({len(column) for _, column in self if isinstance(column, list)}) > 1:
            raise ValueError("the arrays differ in length")
        return self


class HourlyColumns(_Columns):
    time: Annotated[list[_UnixTime], Field(min_length=1, max_length=_MOST_HOURS)]
    temperature_2m: list[_Degrees | None]
    precipitation_probability: list[_Percent | None]
    precipitation: list[_Amount | None]
    weather_code: list[_Code | None]
    wind_speed_10m: list[_Amount | None]
    wind_gusts_10m: list[_Amount | None]


class DailyColumns(_Columns):
    time: Annotated[list[_UnixTime], Field(min_length=1, max_length=FORECAST_DAYS + 1)]
    weather_code: list[_Code | None]
    temperature_2m_min: list[_Degrees | None]
    temperature_2m_max: list[_Degrees | None]
    precipitation_probability_max: list[_Percent | None]
    precipitation_sum: list[_Amount | None]
    wind_speed_10m_max: list[_Amount | None]
    wind_gusts_10m_max: list[_Amount | None]


class FoundForecast(_Answer):
    """The answer of the forecast API."""

    utc_offset_seconds: Annotated[int, Field(ge=-86_400, le=86_400)]
    hourly: HourlyColumns
    daily: DailyColumns

    def to_forecast(self) -> Forecast:
        """Return the forecast; hours and days that have no temperature yet are left out."""
        hourly, daily = self.hourly, self.daily
        hours = [
            Hour(
                at=datetime.fromtimestamp(at, UTC),
                code=code,
                temperature=temperature,
                rain_percent=hourly.precipitation_probability[index],
                rain_mm=hourly.precipitation[index],
                wind_kmh=hourly.wind_speed_10m[index],
                gusts_kmh=hourly.wind_gusts_10m[index],
            )
            for index, at in enumerate(hourly.time)
            if (code := hourly.weather_code[index]) is not None
            and (temperature := hourly.temperature_2m[index]) is not None
        ]
        days = [
            Day(
                local_date=self._local_date(at),
                code=code,
                lowest=lowest,
                highest=highest,
                rain_percent=daily.precipitation_probability_max[index],
                rain_mm=daily.precipitation_sum[index],
                wind_kmh=daily.wind_speed_10m_max[index],
                gusts_kmh=daily.wind_gusts_10m_max[index],
            )
            for index, at in enumerate(daily.time)
            if (code := daily.weather_code[index]) is not None
            and (lowest := daily.temperature_2m_min[index]) is not None
            and (highest := daily.temperature_2m_max[index]) is not None
        ]
        return Forecast(days=tuple(days), hours=tuple(hours))

    def _local_date(self, at: int) -> date:
        # Noon: where the clock changes, the offset is that of another day.
        return datetime.fromtimestamp(at + self.utc_offset_seconds + 12 * 3600, UTC).date()


def names(columns: type[_Columns]) -> Sequence[str]:
    """Return the variables that the provider is asked for."""
    return [name for name in columns.model_fields if name != "time"]
