"""A weather provider as a process, and an edge that asks it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest

from api_edge.weather.open_meteo import OpenMeteo
from api_edge.weather.open_meteo import Provider as ProviderSettings
from tests.harness.clients import Answer, request_once
from tests.harness.committed_data import Keys, populate
from tests.harness.databases import CommittedDatabase
from tests.harness.servers import running, running_edge, wait_until_there

#: No test waits for it: what hangs is set free.
WEATHER_SECONDS = 60


@dataclass(frozen=True)
class Provider:
    """The provider that ships for demo and tests, which does as it is told."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def behave(self, mode: str) -> None:
        """Behave so from now on, forget the calls, and answer those that hang."""
        answer = request_once(self.port, "POST", "/test/behaviour", {"mode": mode})
        assert answer.status == 200, answer.text

    @property
    def calls(self) -> list[str]:
        return list(request_once(self.port, "GET", "/test/behaviour").body["calls"])

    @property
    def hanging(self) -> int:
        return int(request_once(self.port, "GET", "/test/behaviour").body["hanging"])

    def client(self, *, key: str | None = None, seconds: float = WEATHER_SECONDS) -> OpenMeteo:
        return OpenMeteo(
            ProviderSettings(
                forecast_url=self.url, geocoding_url=self.url, key=key, seconds=seconds
            )
        )


@dataclass(frozen=True)
class Edge:
    """An edge with the provider behind it."""

    port: int
    keys: Keys
    database: CommittedDatabase

    def ask(self, city: str | None = None, *, key: str | None = None, **query: str) -> Answer:
        asked = urlencode(query if city is None else {"city": city, **query})
        path = f"/v1/weather?{asked}" if asked else "/v1/weather"
        return request_once(self.port, "GET", path, key=key or self.keys.live)


@pytest.fixture(scope="session")
def running_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    log = tmp_path_factory.mktemp("weather") / "provider.log"
    arguments = ["-m", "deploy.demo_weather_provider", "{fd}"]
    with running("weather", arguments, log=log) as server:
        wait_until_there(server)
        yield Provider(server.port)


@pytest.fixture
def provider(running_provider: Provider) -> Iterator[Provider]:
    """The provider, well at the beginning and at the end of each test."""
    running_provider.behave("well")
    yield running_provider
    running_provider.behave("well")


@pytest.fixture(scope="session")
def weather_edge(
    running_provider: Provider,
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Edge]:
    log = tmp_path_factory.mktemp("weather") / "edge.log"
    with make_committed_database() as database:
        keys = populate(database.owner_url)
        settings: dict[str, Any] = {
            "PORTICO_WEATHER_URL": running_provider.url,
            "PORTICO_WEATHER_SECONDS": str(WEATHER_SECONDS),
            "PORTICO_EDGE_POOL_SIZE": "2",
        }
        with running_edge("", log, database=database, **settings) as edge:
            yield Edge(edge.port, keys, database)
