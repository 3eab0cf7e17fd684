"""Whatever dies while ``deploy/up`` runs is started again, and everything else waits for it.

One stack goes through all the drills, in the order of this file.
"""

import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.deploy.faults import (
    BACK_SECONDS,
    NEWEST_WORKER,
    Stack,
    crash_a_session,
    kill_one_worker,
)
from tests.deploy.filled_stack import load_on
from tests.deploy.mixed_load import FEW, MixedLoad
from tests.harness.deploy_up import SMALL, running_up, wait_until_gone
from tests.harness.waiting import eventually

NAMES = ("worker", "django", "edge", "postgres")


@pytest.fixture(scope="module")
def portico(small_data: Path) -> Iterator[Stack]:
    with running_up(small_data, *SMALL) as running:
        yield Stack(running, small_data, running.summary["owner_database_url"])


@pytest.fixture(scope="module", autouse=True)
def load(portico: Stack) -> Iterator[MixedLoad]:
    """A few callers during all drills: the short form of test_a_mixed_load_with_faults.py."""
    load = load_on(portico, FEW)
    load.start()
    yield load
    load.stop()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("worker", marks=pytest.mark.long),
        pytest.param("django", marks=pytest.mark.long),
        "edge",
        "postgres",
    ],
)
def test_a_killed_process_is_started_again(portico: Stack, name: str) -> None:
    worker = portico.ask(NEWEST_WORKER) if name in {"worker", "postgres"} else None
    killed = portico.master(name)
    workers = killed.children()

    killed.kill()

    assert eventually(
        lambda: f"{name} ended by itself" in portico.up.progress.read_text(), seconds=BACK_SECONDS
    )
    portico.wait_until_whole(earlier_worker=worker)
    assert portico.master(name).pid != killed.pid
    if name in {"django", "edge"}:
        # A gunicorn that was killed leaves its workers; two of them would serve side by side.
        assert wait_until_gone(workers, seconds=BACK_SECONDS) == []


def test_a_killed_worker_of_the_edge_is_replaced(portico: Stack) -> None:
    edge = portico.master("edge")

    kill_one_worker(portico, "edge")

    portico.wait_until_whole()
    assert portico.master("edge").pid == edge.pid


def test_crash_recovery_of_postgresql_ends_nothing(portico: Stack) -> None:
    before = {name: portico.master(name).pid for name in NAMES}
    worker = portico.ask(NEWEST_WORKER)

    crash_a_session(portico)

    log = portico.data / "logs" / "postgres.log"
    assert eventually(
        lambda: "all server processes terminated" in log.read_text(), seconds=BACK_SECONDS
    )
    portico.wait_until_whole(earlier_worker=worker)
    assert {name: portico.master(name).pid for name in NAMES} == before


def test_new_code_reaches_django_and_worker_by_a_signal(portico: Stack) -> None:
    # The edge's is watched more closely in tests/proxy/test_a_release_fails_no_request.py.
    before = {name: portico.master(name) for name in ("worker", "django")}
    worker = portico.ask(NEWEST_WORKER)

    for process in before.values():
        process.send_signal(signal.SIGHUP)

    log = portico.data / "logs" / "django.log"
    assert eventually(lambda: "Release: finished" in log.read_text(), seconds=BACK_SECONDS)
    portico.wait_until_whole(earlier_worker=worker)
    assert all(process.is_running() for process in before.values())


def test_nothing_was_lost_doubled_or_wrong(portico: Stack, load: MixedLoad) -> None:
    load.stop()

    with psycopg.connect(portico.owner_url) as owner:
        assert load.discrepancies(owner) == []
    assert load.wrong == []
    assert load.statuses[200] > 0


def test_it_says_each_once_and_keeps_the_logs(portico: Stack) -> None:
    progress = portico.up.progress.read_text()

    for name in ("edge", "postgres"):
        assert progress.count(f"{name} ended by itself") == 1
        assert (portico.data / "logs" / f"{name}.log").read_text().count("--- started at ") >= 2


def test_it_stops_while_a_process_is_being_started_again(portico: Stack) -> None:
    everything = portico.up.everything_it_runs()
    portico.master("postgres").kill()

    assert portico.up.stop(signal.SIGINT) == 0

    assert wait_until_gone(everything) == []
