"""The site dies in the middle of its work and comes back: only what is Django's is lost."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from deploy import processes
from tests.databases import ROOT
from tests.front_door.running import compiled_once, eventually, running_door
from tests.moving.house import PARITY_KEY, Answer, House, an_email

LIST, CREATE = "GET /v1/users", "POST /v1/users"


class MortalSite:
    """Django on a port that stays its own."""

    def __init__(self, house: House, logs: Path) -> None:
        self._house, self._log = house, logs / "site.log"
        self.port = 0
        self.start()

    def start(self) -> None:
        with socket.create_server(("127.0.0.1", self.port)) as listening:
            self.port = listening.getsockname()[1]
            self._child = processes.start(
                "site",
                [
                    *(sys.executable, "-m", "gunicorn", "core_site.config.wsgi:application"),
                    *("--threads=4", "--no-control-socket", f"--bind=fd://{listening.fileno()}"),
                ],
                log=self._log,
                environment=self._house.database.environment | compiled_once(self._log.parent),
                folder=ROOT,
                keep_open=[listening.fileno()],
            )

    def kill(self) -> None:
        """End it and its workers without a word."""
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.process.wait()


@pytest.fixture(scope="module")
def site(standing_house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MortalSite]:
    site = MortalSite(standing_house, tmp_path_factory.mktemp("mortal"))
    yield site
    site.kill()


@pytest.fixture(scope="module")
def its_door(
    standing_house: House, site: MortalSite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """The house once more, with a door of its own before the mortal site."""
    with running_door(
        f"http://127.0.0.1:{site.port}",
        tmp_path_factory.mktemp("before_mortal") / "door.log",
        PORTICO_PARITY_KEY=PARITY_KEY,
        **standing_house.database.environment,
    ) as door:
        yield House(**vars(standing_house) | {"door": door})


class Callers:
    """Ask again and again until told to stop."""

    def __init__(self, ask: Callable[[], Answer], how_many: int) -> None:
        self.answers: list[Answer] = []
        self._ask = ask
        self._is_over = False
        self._threads = [threading.Thread(target=self._run) for _ in range(how_many)]

    def __enter__(self) -> "Callers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._is_over:
            self.answers.append(self._ask())
            time.sleep(0.01)


@pytest.mark.parametrize("stage", ["django", "shadow", "canary", "edge"])
def test_killed_and_started_again_under_load(
    house: House, its_door: House, site: MortalSite, stage: str
) -> None:
    for name in (LIST, CREATE):
        its_door.pin(name, "alpine", "edge")
        its_door.set_stage(
            name, stage, percent=1 if stage == "canary" else 0, most_errors=1, most_mismatches=1
        )
    emails: list[str] = []

    def read() -> Answer:
        return its_door.ask("GET", "/v1/users?limit=1")

    def write() -> Answer:
        email = an_email()
        emails.append(email)
        return its_door.ask("POST", "/v1/users", {"email": email, "age": 30})

    def is_there() -> bool:
        rival = its_door.ask("GET", "/v1/users", key=its_door.keys.rival)
        return rival.status == 200

    assert eventually(is_there, seconds=30)
    with Callers(read, 2) as readers, Callers(write, 2) as writers:
        time.sleep(0.5)
        site.kill()
        time.sleep(0.3)
        site.start()
        assert eventually(is_there, seconds=30)
        time.sleep(0.3)
    answers = readers.answers + writers.answers

    lost = {it.status for it in answers} - {200, 201}
    assert lost == ({502} if stage in {"django", "shadow"} else set())
    assert {it.body["status"] for it in answers if it.status == 502} == lost
    assert readers.answers[-1].status == 200
    assert writers.answers[-1].status == 201
    stored = its_door.rows(
        "SELECT count(*), count(DISTINCT email) FROM users_user WHERE email = ANY(%s)", emails
    )[0]
    # A write that broke off may have been done; nobody has done it twice.
    done = sum(it.status == 201 for it in writers.answers)
    assert stored[0] == stored[1]
    assert done <= stored[0] <= len(emails)
    assert its_door.counted("mismatched") == 0, its_door.differences()
    assert (its_door.stage(LIST), its_door.stage(CREATE)) == (stage, stage), its_door.rows(
        "SELECT reason FROM endpoints_stagechange"
    )
