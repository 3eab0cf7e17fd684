"""Django and an edge on one database. Tests do not see each other: each makes its own users."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import psycopg
import pytest

from tests.harness.committed_data import populate
from tests.harness.databases import CommittedDatabase
from tests.harness.servers import running_bare_edge, running_django
from tests.users.halves import Half, Halves
from tests.users.stack import Stack

#: With it the edge keeps webhook endpoints, whose routes are in the list of all (``routes``).
ENVIRONMENT = {"PORTICO_WEBHOOK_KEY": "only for tests"}


@pytest.fixture(scope="session")
def stack(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    logs = tmp_path_factory.mktemp("users")
    with make_committed_database() as database:
        keys = populate(database.owner_url)
        with (
            running_bare_edge(database, logs / "edge.log", **ENVIRONMENT) as edge_port,
            running_django(database, logs / "django.log") as django_port,
            psycopg.connect(database.owner_url, autocommit=True) as rows,
        ):
            halves = Halves(
                django=Half("django", django_port, keys.live),
                edge=Half("edge", edge_port, keys.live),
            )
            yield Stack(halves, keys, database, rows)


@pytest.fixture
def halves(stack: Stack) -> Halves:
    return stack.halves


@pytest.fixture(params=["django", "edge"])
def half(request: pytest.FixtureRequest, halves: Halves) -> Half:
    """Each of the two ways in, one after the other."""
    chosen: Half = getattr(halves, request.param)
    return chosen
