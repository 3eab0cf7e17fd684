"""The bench sends the same requests to one upstream through the door and, if installed, nginx."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.bench import cases, nginx, same_answers, servers
from tests.bench.cases import CASES, NATIVE, PASSED
from tests.bench.cheap_upstream import CONTENT
from tests.bench.servers import EDGE, NAMES, NGINX, Server
from tests.harness.databases import ROOT, CommittedDatabase
from tests.harness.deploy_up import STOP_SECONDS, wait_until_gone
from tests.harness.fork_server import run_manage
from tests.harness.waiting import eventually

MEASURED = [EDGE] if nginx.why_left_out() else [EDGE, NGINX]

START_SECONDS = 120


@pytest.fixture(scope="module")
def database(make_committed_database) -> Iterator[CommittedDatabase]:
    with make_committed_database() as database:
        run_manage("rollout", "register", environment=database.environment).check_returncode()
        yield database


@pytest.fixture(scope="module")
def running(
    database: CommittedDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Server]]:
    with servers.running(MEASURED, database, tmp_path_factory.mktemp("servers")) as running:
        yield running


@pytest.mark.parametrize("case", PASSED)
def test_every_caller_gets_what_the_site_says(
    case: str, running: dict[str, Server], database: CommittedDatabase
) -> None:
    requests = {case: cases.passed()[case]}

    compared = same_answers.check(running, requests, database.owner_url)

    assert compared == len(MEASURED)
    for server in running.values():
        connection = server.connect()
        connection.request("GET", requests[case][0].path)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, CONTENT)
        assert answer.headers["X-Request-Id"]
        connection.close()


@pytest.mark.parametrize(("case", "stages"), [("django", ["django"]), ("unknown", [])])
def test_the_door_knows_the_stage_of_what_is_registered(
    case: str, stages: list[str], running: dict[str, Server], database: CommittedDatabase
) -> None:
    (request,) = cases.passed()[case]

    with psycopg.connect(database.owner_url) as connection:
        found = connection.execute(
            "SELECT stage FROM endpoints_endpoint WHERE method = %s AND path_template = %s",
            [request.method, request.path],
        ).fetchall()

    assert [stage for (stage,) in found] == stages


def test_nginx_takes_part_in_nothing_else() -> None:
    assert [case for case in CASES if NGINX in servers.serving(case, NAMES)] == list(PASSED)
    assert all(servers.serving(case, NAMES) == [EDGE, NGINX] for case in PASSED)
    assert all(servers.serving(case, [EDGE, NGINX]) == [EDGE] for case in NATIVE)


def test_a_machine_without_nginx(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert nginx.why_left_out() == "there is no nginx on PATH"


def test_all_of_them_are_gone_afterwards(database: CommittedDatabase, tmp_path: Path) -> None:
    before = set(psutil.Process().children(recursive=True))

    with servers.running(MEASURED, database, tmp_path):
        started = set(psutil.Process().children(recursive=True)) - before

        # A master and its one worker.
        nginxes = [process for process in started if process.name() == "nginx"]
        assert len(nginxes) == (2 if NGINX in MEASURED else 0)

    # Killed, they still need a moment of CPU each to end.
    assert wait_until_gone(list(started), seconds=30) == []


@pytest.mark.long
def test_the_command_interrupted(tmp_path: Path) -> None:
    progress = tmp_path / "progress"
    command = [sys.executable, "deploy/bench", "--case=page", "--seconds=600"]
    with (
        progress.open("w") as told,
        subprocess.Popen(command, cwd=ROOT, stdout=told, stderr=told) as bench,
    ):

        def has_begun() -> bool:
            assert bench.poll() is None, progress.read_text()
            return "round 1" in progress.read_text()

        assert eventually(has_begun, seconds=START_SECONDS), progress.read_text()
        started = psutil.Process(bench.pid).children(recursive=True)
        assert ("nginx" in {process.name() for process in started}) == (NGINX in MEASURED)

        bench.send_signal(signal.SIGINT)

        # Not only at the end of a turn, which here takes minutes.
        assert bench.wait(STOP_SECONDS) == 128 + signal.SIGINT
    assert wait_until_gone(started, seconds=30) == []
