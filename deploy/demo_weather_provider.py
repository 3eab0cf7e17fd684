"""A weather provider for the demo and for tests: Open-Meteo's formats, made-up weather.

Run as a process: ``python -m deploy.demo_weather_provider DESCRIPTOR`` on a listening socket.
``deploy/up`` starts it beside a demo where no provider is configured. The weather follows from
place and time alone, so that two answers for the same hour agree; none of it is true.

======================  ======================================================================
/v1/search              the geocoding API; it knows ``CITIES``
/v1/forecast            the forecast API
/test/behaviour         for tests: POST ``{"mode": …}`` changes how the others behave; GET says
                        the mode, the calls so far and those that hang
======================  ======================================================================

Modes: ``well``; ``hanging``, no answer until the mode is changed; ``failing``, status 500;
``lying``, an answer of another form; ``huge``, an answer without end; ``redirecting``.
"""

import asyncio
import math
import socket
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from aiohttp import web

from shared_domain import time_zones


class City(NamedTuple):
    name: str
    region: str
    country_code: str
    country: str
    latitude: float
    longitude: float
    time_zone: str


CITIES = (
    City("Lisbon", "Lisbon District", "PT", "Portugal", 38.71667, -9.13333, "Europe/Lisbon"),
    City("Porto", "Porto", "PT", "Portugal", 41.14961, -8.61099, "Europe/Lisbon"),
    City("Sintra", "Lisbon District", "PT", "Portugal", 38.80097, -9.37826, "Europe/Lisbon"),
    City("Cascais", "Lisbon District", "PT", "Portugal", 38.69790, -9.42146, "Europe/Lisbon"),
    City("Setúbal", "Setúbal", "PT", "Portugal", 38.52440, -8.88820, "Europe/Lisbon"),
    City("Funchal", "Madeira", "PT", "Portugal", 32.66568, -16.92547, "Atlantic/Madeira"),
    City("Madrid", "Madrid", "ES", "Spain", 40.41650, -3.70256, "Europe/Madrid"),
    City("London", "England", "GB", "United Kingdom", 51.50853, -0.12574, "Europe/London"),
    City("New York", "New York", "US", "United States", 40.71427, -74.00597, "America/New_York"),
    City("São Paulo", "São Paulo", "BR", "Brazil", -23.5475, -46.63611, "America/Sao_Paulo"),
    City("L'Aquila", "Abruzzo", "IT", "Italy", 42.35055, 13.39954, "Europe/Rome"),
)

#: What a caller may also call a city.
_ALIASES = {
    "lisboa": "lisbon",
    "setubal": "setúbal",
    "sao paulo": "são paulo",
    "lissabon": "lisbon",
}


class Behaviour:
    """The mode in which the provider answers, and the calls that it has received."""

    def __init__(self) -> None:
        self.mode = "well"
        self.calls: list[str] = []
        self.hanging = 0
        self.changed = asyncio.Event()


BEHAVIOUR = web.AppKey("behaviour", Behaviour)


@web.middleware
async def misbehave(request: web.Request, handler: Any) -> web.StreamResponse:
    behaviour = request.app[BEHAVIOUR]
    if request.path == "/test/behaviour":
        return await handler(request)  # type: ignore[no-any-return]
    behaviour.calls.append(request.raw_path)
    del behaviour.calls[:-10_000]
    if behaviour.mode == "hanging":
        behaviour.hanging += 1
        try:
            await behaviour.changed.wait()
        finally:
            behaviour.hanging -= 1
    if behaviour.mode == "failing":
        return web.json_response({"error": True, "reason": "Out of order"}, status=500)
    if behaviour.mode == "lying":
        return web.json_response({"results": "none", "hourly": {"time": ["yesterday"]}})
    if behaviour.mode == "redirecting":
        return web.Response(status=302, headers={"Location": "/v1/search?name=Lisbon"})
    if behaviour.mode == "huge":
        return await _send_without_end(request)
    return await handler(request)  # type: ignore[no-any-return]


async def _send_without_end(request: web.Request) -> web.StreamResponse:
    stream = web.StreamResponse(headers={"Content-Type": "application/json"})
    await stream.prepare(request)
    while True:
        await stream.write(b" " * 65_536)


async def change_behaviour(request: web.Request) -> web.Response:
    behaviour = request.app[BEHAVIOUR]
    if request.method == "POST":
        behaviour.mode = (await request.json())["mode"]
        behaviour.calls.clear()
        behaviour.changed.set()
        behaviour.changed = asyncio.Event()
    state = {
        "mode": behaviour.mode,
        "calls": behaviour.calls,
        "hanging": behaviour.hanging,
    }
    return web.json_response(state)


async def search(request: web.Request) -> web.Response:
    name = request.query.get("name", "").casefold()
    name = _ALIASES.get(name, name)
    results = [
        {
            "id": number,
            "name": city.name,
            "latitude": city.latitude,
            "longitude": city.longitude,
            "elevation": 20.0,
            "feature_code": "PPLA",
            "country_code": city.country_code,
            "timezone": city.time_zone,
            "country": city.country,
            "admin1": city.region,
        }
        for number, city in enumerate(CITIES, 1)
        if city.name.casefold() == name
    ]
    found: dict[str, Any] = {"results": results} if results else {}
    return web.json_response({**found, "generationtime_ms": 0.5})


async def forecast(request: web.Request) -> web.Response:
    try:
        latitude, longitude = (float(request.query[name]) for name in ("latitude", "longitude"))
        days = int(request.query.get("forecast_days", "7"))
        zone = time_zones.zone(request.query.get("timezone", "GMT"))
        if not (abs(latitude) <= 90 and abs(longitude) <= 180 and 1 <= days <= 16):
            raise ValueError("out of range")
    except (KeyError, ValueError) as mistake:
        return web.json_response({"error": True, "reason": str(mistake)}, status=400)
    now = datetime.now(zone)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begin = int(midnight.timestamp())
    offset = int((now.utcoffset() or timedelta(0)).total_seconds())
    hours = [begin + 3600 * number for number in range(24 * days)]
    weather = [make_weather(latitude, longitude, at, at + offset) for at in hours]
    by_day = [weather[24 * day : 24 * day + 24] for day in range(days)]
    return web.json_response(
        {
            "latitude": round(latitude, 2),
            "longitude": round(longitude, 2),
            "generationtime_ms": 0.2,
            "utc_offset_seconds": offset,
            "timezone": str(zone),
            "timezone_abbreviation": now.tzname(),
            "elevation": 20.0,
            "hourly": {
                "time": hours,
                **{name: [hour[name] for hour in weather] for name in weather[0]},
            },
            "daily": {
                "time": [day * 86_400 + begin for day in range(days)],
                "weather_code": [_max(day, "weather_code") for day in by_day],
                "temperature_2m_min": [min(h["temperature_2m"] for h in day) for day in by_day],
                "temperature_2m_max": [_max(day, "temperature_2m") for day in by_day],
                "precipitation_probability_max": [
                    _max(day, "precipitation_probability") for day in by_day
                ],
                "precipitation_sum": [
                    round(sum(hour["precipitation"] for hour in day), 1) for day in by_day
                ],
                "wind_speed_10m_max": [_max(day, "wind_speed_10m") for day in by_day],
                "wind_gusts_10m_max": [_max(day, "wind_gusts_10m") for day in by_day],
            },
        }
    )


def _max(hours: list[dict[str, Any]], name: str) -> Any:
    return max(hour[name] for hour in hours)


def make_weather(latitude: float, longitude: float, at: int, local: int) -> dict[str, Any]:
    """Return the made-up weather of an hour: fronts come by every five days, nights are cool."""
    day_of_year = datetime.fromtimestamp(at, UTC).timetuple().tm_yday
    season = math.cos((day_of_year - 200) / 365 * math.tau) * (1 if latitude >= 0 else -1)
    warmth = math.sin((local % 86_400 / 86_400 - 0.375) * math.tau)
    front = math.sin(at / 86_400 / 5 * math.tau + latitude + longitude / 3)
    gustiness = math.sin(at / 86_400 / 3.3 * math.tau + longitude) + warmth / 2
    wind = round(14 + 9 * front + 6 * gustiness, 1)
    rain = max(front - 0.45, 0.0)
    temperature = round(30 - abs(latitude) / 3 + 6 * season + 4 * warmth - 3 * max(front, 0), 1)
    return {
        "temperature_2m": temperature,
        "precipitation_probability": round(min(max(front + 0.3, 0.0) * 70, 100)),
        "precipitation": round(rain * 4, 1),
        "weather_code": _code(front),
        "wind_speed_10m": max(wind, 2.0),
        "wind_gusts_10m": round(max(wind, 2.0) * 1.7, 1),
    }


def _code(front: float) -> int:
    for least, code in ((0.9, 65), (0.7, 63), (0.45, 61), (0.2, 3), (-0.2, 2), (-0.6, 1)):
        if front > least:
            return code
    return 0


async def health(request: web.Request) -> web.Response:
    return web.json_response({"time": int(time.time())})


def create_app() -> web.Application:
    app = web.Application(middlewares=[misbehave])
    app[BEHAVIOUR] = Behaviour()
    app.router.add_get("/v1/search", search)
    app.router.add_get("/v1/forecast", forecast)
    app.router.add_route("*", "/test/behaviour", change_behaviour)
    app.router.add_get("/health/ready", health)
    return app


if __name__ == "__main__":
    web.run_app(
        create_app(), sock=socket.socket(fileno=int(sys.argv[1])), print=None, access_log=None
    )
