"""One edge on one populated database, shared by the tests of the OCTO dialect.

Tests do not see each other: each books on a date of its own.
"""

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy import processes
from tests.databases import ROOT, CommittedDatabase
from tests.octo.api import Program
from tests.octo.world import Keys, populate


@dataclass(frozen=True)
class Edge:
    """A running edge, its port and the keys that its database knows."""

    port: int
    keys: Keys
    database: CommittedDatabase
    log: Path


@contextmanager
def edge_process(database: CommittedDatabase, log: Path, **environment: str) -> Iterator[int]:
    """Start an edge process, and give the port on which it answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        command = [sys.executable, "-m", "uvicorn", "api_edge.app:create_app", "--factory"]
        child = processes.start(
            "edge",
            [*command, "--no-access-log", "--fd", str(listening.fileno())],
            log=log,
            environment=database.environment | environment,
            folder=ROOT,
            keep_open=[listening.fileno()],
        )
        try:
            yield listening.getsockname()[1]
        finally:
            child.stop()


@pytest.fixture(scope="session")
def edge(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Edge]:
    log = tmp_path_factory.mktemp("edge") / "edge.log"
    with make_committed_database() as database:
        keys = populate(database.owner_url)
        with edge_process(database, log) as port:
            yield Edge(port, keys, database, log)


@pytest.fixture
def partner(edge: Edge) -> Program:
    """A partner with a live key for everything."""
    return Program(edge.port, edge.keys.live)


@pytest.fixture
def testing_partner(edge: Edge) -> Program:
    """The same partner with its test key."""
    return Program(edge.port, edge.keys.test)


@pytest.fixture
def rival(edge: Edge) -> Program:
    """Another partner."""
    return Program(edge.port, edge.keys.rival)


@pytest.fixture
def stranger(edge: Edge) -> Program:
    """Somebody without a key."""
    return Program(edge.port, None)
