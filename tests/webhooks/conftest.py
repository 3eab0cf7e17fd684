"""An edge, a worker that delivers, and a receiver whose answers a test decides."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.harness.committed_data import populate
from tests.harness.databases import CommittedDatabase
from tests.harness.servers import running_bare_edge
from tests.webhooks.receiver import Receiver
from tests.webhooks.stack import ENVIRONMENT, Stack, worker


@pytest.fixture(scope="package")
def stack(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    logs = tmp_path_factory.mktemp("webhooks")
    with make_committed_database() as database:
        keys = populate(database.owner_url)
        with (
            running_bare_edge(database, logs / "edge.log", **ENVIRONMENT) as port,
            psycopg.connect(database.owner_url, autocommit=True) as rows,
        ):
            yield Stack(port, keys, database, rows)


@pytest.fixture(scope="module")
def working(stack: Stack) -> Iterator[Stack]:
    """The stack with a worker."""
    with worker(stack):
        yield stack


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


@pytest.fixture
def booking() -> UUID:
    return uuid4()
