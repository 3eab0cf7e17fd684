"""Portico with both doors open, on one database: the edge for partners and the site for staff."""

import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx2
import psycopg
import pytest

from deploy import processes
from tests.both_doors.doors import House, StaffBrowser
from tests.harness.clients import Program
from tests.harness.committed_data import populate
from tests.harness.databases import ROOT, CommittedDatabase, manage
from tests.octo.conftest import edge_process

STAFF = {"DJANGO_SUPERUSER_PASSWORD": "a password for tests only"}


@pytest.fixture(scope="session")
def house(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    logs = tmp_path_factory.mktemp("house")
    with make_committed_database() as database:
        keys = populate(database.owner_url)
        manage(
            *("createsuperuser", "--no-input", "--username", "rosa", "--email", "rosa@example.com"),
            environment=database.environment | STAFF,
        )
        with (
            edge_process(database, logs / "edge.log") as edge_port,
            _site_process(database, logs / "site.log") as site_port,
            psycopg.connect(database.owner_url, autocommit=True) as connection,
        ):
            staff = StaffBrowser(f"http://127.0.0.1:{site_port}")
            staff.log_in("rosa", STAFF["DJANGO_SUPERUSER_PASSWORD"])
            yield House(Program(edge_port, keys.live), staff, connection, logs)


@contextmanager
def _site_process(database: CommittedDatabase, log: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        child = processes.start(
            "site",
            [
                *(sys.executable, "-m", "gunicorn", "core_site.config.wsgi:application"),
                *("--threads", "4", "--bind", f"fd://{listening.fileno()}"),
            ],
            log=log,
            environment=database.environment,
            folder=ROOT,
            keep_open=[listening.fileno()],
        )
        try:
            _wait_until_it_answers(port)
            yield port
        finally:
            child.stop()


def _wait_until_it_answers(port: int, *, patience_seconds: float = 60) -> None:
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            if httpx2.get(f"http://127.0.0.1:{port}/health", timeout=10).status_code == 200:
                return
        except httpx2.TransportError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)
