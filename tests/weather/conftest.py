"""A weather provider as a process, and an edge that asks it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from tests.harness.committed_data import populate
from tests.harness.databases import CommittedDatabase
from tests.harness.servers import running, running_edge, wait_until_there
from tests.weather.provider import WEATHER_SECONDS, Edge, Provider


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
