"""One edge on one populated database, shared by the tests of the OCTO dialect.

Tests do not see each other: each books on a date of its own.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.harness.clients import OctoClient
from tests.harness.committed_data import populate
from tests.harness.databases import CommittedDatabase
from tests.harness.servers import running_bare_edge
from tests.octo.edge import Edge, everything_stored


@pytest.fixture(scope="session")
def edge(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Edge]:
    log = tmp_path_factory.mktemp("edge") / "edge.log"
    with make_committed_database() as database:
        keys = populate(database.owner_url)
        # Calls that wait for each other are answered, however busy the machine is.
        with running_bare_edge(database, log, PORTICO_EDGE_LOCK_WAIT_SECONDS="60") as port:
            yield Edge(port, keys, database, log)


@pytest.fixture
def partner(edge: Edge) -> OctoClient:
    """A partner with a live key for everything."""
    return OctoClient(edge.port, edge.keys.live)


@pytest.fixture
def testing_partner(edge: Edge) -> OctoClient:
    """The same partner with its test key."""
    return OctoClient(edge.port, edge.keys.test)


@pytest.fixture
def rival(edge: Edge) -> OctoClient:
    """Another partner."""
    return OctoClient(edge.port, edge.keys.rival)


@pytest.fixture
def stranger(edge: Edge) -> OctoClient:
    """A caller without a key."""
    return OctoClient(edge.port, None)


@pytest.fixture
def nothing_is_stored(edge: Edge) -> Iterator[None]:
    """Hold the test to storing nothing at all."""
    before = everything_stored(edge)
    yield
    assert everything_stored(edge) == before


@pytest.fixture
def the_connection_stays_usable(partner: OctoClient) -> Iterator[None]:
    """Hold the test to leaving the partner's connection open and answering."""
    partner.get("/octo/supplier")
    socket = partner.connection.sock
    yield
    assert partner.get("/octo/supplier").status == 200
    assert partner.connection.sock is socket
