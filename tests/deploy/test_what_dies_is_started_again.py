"""Whatever dies while ``deploy/up`` runs is started again, and everything else waits for it.

One stack goes through all the drills, in the order of this file.
"""

import http.client
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest

from tests.deploy.running_up import SMALL, RunningUp, reachable_folder, running_up, wait_until_gone

#: How long anything may take to come back, on a slow and busy machine.
BACK_SECONDS = 120

NAMES = ("worker", "site", "edge", "postgres")


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with reachable_folder() as folder:
        yield folder / "data"


@pytest.fixture(scope="module")
def portico(data: Path) -> Iterator[RunningUp]:
    with running_up(data, *SMALL) as running:
        yield running


def eventually(is_so: Callable[[], object], portico: RunningUp) -> None:
    """Wait for it; ``deploy/up`` itself must not end meanwhile."""
    deadline = time.monotonic() + BACK_SECONDS
    while not is_so():
        assert portico.process.poll() is None, portico.progress.read_text()
        assert time.monotonic() < deadline, portico.progress.read_text()
        time.sleep(0.1)


def answer(portico: RunningUp, path: str) -> int:
    """Return the status of one call; 0 when there was none."""
    address = urlsplit(portico.summary["front_door"])
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
    with suppress(OSError, http.client.HTTPException):
        # The site looks for the session in the database.
        connection.request("GET", path, headers={"Cookie": "sessionid=" + "a" * 32})
        return connection.getresponse().status
    return 0


def ask(portico: RunningUp, question: str) -> object:
    """Return the answer of the database; None while it is away."""
    url = portico.summary["database_url"]
    with suppress(psycopg.OperationalError), psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question).fetchone()
        return row and row[0]
    return None


NEWEST_WORKER = "SELECT max(id) FROM procrastinate_workers"


def is_whole(portico: RunningUp, *, earlier_worker: object = None) -> bool:
    """Return whether edge and site have the database, and a worker, or a newer one, works."""
    return (
        answer(portico, "/health/ready") == 200
        and answer(portico, "/admin/login/") == 200
        and ask(portico, NEWEST_WORKER) not in (None, earlier_worker)
    )


def process_named(portico: RunningUp, data: Path, name: str) -> psutil.Process:
    if name == "postgres":
        return next(
            process
            for process in psutil.Process(portico.process.pid).children()
            if "-D" in process.cmdline() and str(data / "postgres") in process.cmdline()
        )
    return psutil.Process(int((data / f"{name}.pid").read_text()))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("worker", marks=pytest.mark.long),
        pytest.param("site", marks=pytest.mark.long),
        "edge",
        "postgres",
    ],
)
def test_a_killed_process_is_started_again(portico: RunningUp, data: Path, name: str) -> None:
    worker = ask(portico, NEWEST_WORKER) if name in {"worker", "postgres"} else None
    killed = process_named(portico, data, name)
    workers = killed.children()

    killed.kill()

    eventually(lambda: f"{name} ended by itself" in portico.progress.read_text(), portico)
    eventually(lambda: is_whole(portico, earlier_worker=worker), portico)
    assert process_named(portico, data, name).pid != killed.pid
    if name in {"site", "edge"}:
        # A gunicorn that was killed leaves its workers; two of them would serve side by side.
        assert wait_until_gone(workers, seconds=BACK_SECONDS) == []


def test_a_killed_worker_of_the_edge_is_replaced(portico: RunningUp, data: Path) -> None:
    edge = process_named(portico, data, "edge")
    [worker] = edge.children()

    worker.kill()

    eventually(lambda: answer(portico, "/health/ready") == 200, portico)
    assert process_named(portico, data, "edge").pid == edge.pid


def test_crash_recovery_of_postgresql_ends_nothing(portico: RunningUp, data: Path) -> None:
    before = {name: process_named(portico, data, name).pid for name in NAMES}
    worker = ask(portico, NEWEST_WORKER)
    backend = ask(
        portico,
        "SELECT pid FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1",
    )
    assert isinstance(backend, int)

    os.kill(backend, signal.SIGKILL)

    log = data / "logs" / "postgres.log"
    eventually(lambda: "all server processes terminated" in log.read_text(), portico)
    eventually(lambda: is_whole(portico, earlier_worker=worker), portico)
    assert {name: process_named(portico, data, name).pid for name in NAMES} == before


def test_new_code_reaches_site_and_worker_by_a_signal(portico: RunningUp, data: Path) -> None:
    # The edge's is watched more closely in tests/front_door/test_a_release_hurts_nobody.py.
    before = {name: process_named(portico, data, name) for name in ("worker", "site")}
    worker = ask(portico, NEWEST_WORKER)

    for process in before.values():
        process.send_signal(signal.SIGHUP)

    log = data / "logs" / "site.log"
    eventually(lambda: "Rollout: finished" in log.read_text(), portico)
    eventually(lambda: is_whole(portico, earlier_worker=worker), portico)
    assert all(process.is_running() for process in before.values())


def test_it_says_each_once_and_keeps_the_logs(portico: RunningUp, data: Path) -> None:
    progress = portico.progress.read_text()

    for name in ("edge", "postgres"):
        assert progress.count(f"{name} ended by itself") == 1
        assert (data / "logs" / f"{name}.log").read_text().count("--- started at ") >= 2


def test_it_stops_while_a_process_is_being_started_again(portico: RunningUp, data: Path) -> None:
    everything = portico.everything_it_runs()
    process_named(portico, data, "postgres").kill()

    assert portico.stop(signal.SIGINT) == 0

    assert wait_until_gone(everything, seconds=5) == []
