"""Forecasts and places as JSON, as the cache keeps them."""

import json
from datetime import UTC, date, datetime
from typing import Any

from shared_domain.weather.model import Day, Forecast, Hour, Place, Spot


def forecast_to_json(forecast: Forecast) -> str:
    return json.dumps(
        {
            "days": [
                [
                    *(day.local_date.isoformat(), day.code, day.lowest, day.highest),
                    *(day.rain_percent, day.rain_mm, day.wind_kmh, day.gusts_kmh),
                ]
                for day in forecast.days
            ],
            "hours": [
                [
                    *(int(hour.at.timestamp()), hour.code, hour.temperature),
                    *(hour.rain_percent, hour.rain_mm, hour.wind_kmh, hour.gusts_kmh),
                ]
                for hour in forecast.hours
            ],
        }
    )


def forecast_from_json(text: str) -> Forecast:
    stored: Any = json.loads(text)
    return Forecast(
        days=tuple(
            Day(
                local_date=date.fromisoformat(day),
                code=code,
                lowest=lowest,
                highest=highest,
                rain_percent=rain_percent,
                rain_mm=rain_mm,
                wind_kmh=wind_kmh,
                gusts_kmh=gusts_kmh,
            )
            for day, code, lowest, highest, rain_percent, rain_mm, wind_kmh, gusts_kmh in stored[
                "days"
            ]
        ),
        hours=tuple(
            Hour(
                at=datetime.fromtimestamp(at, UTC),
                code=code,
                temperature=temperature,
                rain_percent=rain_percent,
                rain_mm=rain_mm,
                wind_kmh=wind_kmh,
                gusts_kmh=gusts_kmh,
            )
            for at, code, temperature, rain_percent, rain_mm, wind_kmh, gusts_kmh in stored["hours"]
        ),
    )


def place_to_json(place: Place) -> str:
    spot = place.spot
    return json.dumps(
        {
            "name": place.name,
            "region": place.region,
            "countryCode": place.country_code,
            "latitude": spot.latitude,
            "longitude": spot.longitude,
            "timeZone": spot.time_zone,
        }
    )


def place_from_json(text: str) -> Place:
    stored: Any = json.loads(text)
    return Place(
        name=stored["name"],
        region=stored["region"],
        country_code=stored["countryCode"],
        spot=Spot(
            latitude=stored["latitude"],
            longitude=stored["longitude"],
            time_zone=stored["timeZone"],
        ),
    )
