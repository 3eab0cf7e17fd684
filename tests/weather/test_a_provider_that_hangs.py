"""A weather provider that hangs slows no other endpoint, and is called once for each city."""

import asyncio
import threading
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor

from api_edge.postgresql.database import AutocommitDatabase, make_pool
from api_edge.settings import Settings
from api_edge.weather import WeatherForecasts
from shared_domain.weather import CachedForecast
from shared_domain.weather.sql_store import SqlWeatherStore
from tests.harness.clients import request_once
from tests.harness.waiting import eventually, eventually_async
from tests.weather.provider import WEATHER_SECONDS, Edge, Provider

#: More than the pool of the edge has connections, many times over.
CITIES = [f"Nowhere {letter}" for letter in "abcdefghijkl"]
CALLERS_OF_EACH = 4


def test_others_are_answered_while_many_wait_for_it(weather_edge: Edge, provider: Provider) -> None:
    provider.behave("hanging")
    key = weather_edge.keys.live
    began = threading.Semaphore(0)

    def ask(city: str) -> int:
        began.release()
        return weather_edge.ask(city).status

    with ThreadPoolExecutor(len(CITIES) * CALLERS_OF_EACH) as callers:
        waiting = [callers.submit(ask, city) for city in CITIES * CALLERS_OF_EACH]
        assert eventually(lambda: provider.hanging == len(CITIES))

        for path in ("/octo/products", "/v1/users", "/octo/supplier"):
            assert request_once(weather_edge.port, "GET", path, key=key).status == 200
        booked = request_once(
            weather_edge.port,
            "POST",
            "/v1/users",
            {"email": "while.it.hangs@example.com", "age": 30},
            key=key,
        )
        assert booked.status == 201
        assert not any(caller.done() for caller in waiting)
        assert provider.hanging == len(provider.calls) == len(CITIES)

        provider.behave("well")
        assert {caller.result() for caller in waiting} == {404}


def test_two_processes_make_one_call(weather_edge: Edge, provider: Provider) -> None:
    provider.behave("hanging")
    settings = Settings(database_url=weather_edge.database.edge_url)

    async def story() -> list[CachedForecast]:
        async with make_pool(settings) as pool, provider.client() as client:
            processes = [
                WeatherForecasts(
                    client, SqlWeatherStore(AutocommitDatabase(pool)), seconds=WEATHER_SECONDS
                )
                for _ in range(2)
            ]
            asked: list[Awaitable[CachedForecast]] = [
                asyncio.create_task(process.for_city("Porto")) for process in processes
            ]
            assert await eventually_async(lambda: provider.hanging == 1)
            await asyncio.to_thread(provider.behave, "well")
            found = await asyncio.gather(*asked)
            assert len(provider.calls) == 1, "the search hung before the calls were forgotten"
            return list(found)

    first, second = asyncio.run(story())

    assert first == second
    assert first.place is not None
    assert first.place.name == "Porto"
