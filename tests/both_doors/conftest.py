"""Portico with both doors open, on one database: the edge for partners and Django for staff."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import psycopg
import pytest

from tests.both_doors.doors import Stack, StaffBrowser
from tests.harness.clients import OctoClient
from tests.harness.committed_data import add_superuser, populate
from tests.harness.databases import CommittedDatabase
from tests.harness.servers import running_bare_edge, running_django

PASSWORD = "a password for tests only"


@pytest.fixture(scope="session")
def stack(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    logs = tmp_path_factory.mktemp("stack")
    with make_committed_database() as database:
        keys = populate(database.owner_url)
        add_superuser(database.owner_url, "rosa", PASSWORD)
        with (
            running_bare_edge(database, logs / "edge.log") as edge_port,
            running_django(database, logs / "django.log") as django_port,
            psycopg.connect(database.owner_url, autocommit=True) as connection,
        ):
            staff = StaffBrowser(f"http://127.0.0.1:{django_port}")
            staff.log_in("rosa", PASSWORD)
            yield Stack(OctoClient(edge_port, keys.live), staff, connection, logs)
