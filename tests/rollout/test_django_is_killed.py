"""Django dies in the middle of its work and comes back: only what is Django's is lost."""

import os
import random
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from deploy import processes
from tests.harness.clients import Answer
from tests.harness.databases import ROOT
from tests.harness.servers import running_edge
from tests.harness.waiting import eventually
from tests.rollout.stack import WITH_STATUS, Stack, an_email

LIST, CREATE = "GET /v1/users", "POST /v1/users"
ONE, CHANGE = "GET /v1/users/{id}", "PATCH /v1/users/{id}"


class MortalSite:
    """Django on a port that stays its own."""

    def __init__(self, stack: Stack, logs: Path) -> None:
        self._stack, self._log = stack, logs / "site.log"
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
                environment=self._stack.database.environment,
                folder=ROOT,
                keep_open=[listening.fileno()],
            )

    def kill(self) -> None:
        """End it and its workers without a word."""
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.process.wait()


@pytest.fixture(scope="module")
def site(shared_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MortalSite]:
    site = MortalSite(shared_stack, tmp_path_factory.mktemp("mortal"))
    yield site
    site.kill()


@pytest.fixture(scope="module")
def its_edge(
    shared_stack: Stack, site: MortalSite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """The stack once more, with an edge of its own before the mortal site."""
    with running_edge(
        f"http://127.0.0.1:{site.port}",
        tmp_path_factory.mktemp("before_mortal") / "edge.log",
        app=WITH_STATUS,
        database=shared_stack.database,
    ) as edge:
        yield Stack(**vars(shared_stack) | {"edge": edge})


class Caller:
    """Asks again and again until told to stop."""

    def __init__(self, ask: Callable[[], Answer]) -> None:
        self.answers: list[Answer] = []
        self._ask = ask
        self._is_over = False
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Caller":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over:
            self.answers.append(self._ask())

    def count(self, *statuses: int) -> int:
        """Return how many answers had one of these statuses."""
        return sum(answer.status in statuses for answer in self.answers)


@pytest.mark.parametrize(("of_all", "of_one"), [("django", "canary"), ("shadow", "edge")])
def test_killed_and_started_again_under_load(
    stack: Stack, its_edge: Stack, site: MortalSite, of_all: str, of_one: str
) -> None:
    user_id = stack.ask("POST", "/v1/users", {"email": an_email(), "age": 30}).body["id"]
    stages = {LIST: of_all, CREATE: of_all, ONE: of_one, CHANGE: of_one}
    for name, stage in stages.items():
        share = 100 if stage == "canary" else 0
        its_edge.set_stage(name, stage, percent=share, most_errors=1, most_mismatches=1)
    emails: list[str] = []

    def create() -> Answer:
        email = an_email()
        emails.append(email)
        return its_edge.ask("POST", "/v1/users", {"email": email, "age": 30})

    def change() -> Answer:
        return its_edge.ask("PATCH", f"/v1/users/{user_id}", {"age": random.randint(0, 120)})

    def is_there() -> bool:
        return its_edge.ask("GET", "/v1/users").status == 200

    assert eventually(is_there)
    with (
        Caller(lambda: its_edge.ask("GET", "/v1/users?limit=1")) as of_list,
        Caller(create) as of_new,
        Caller(lambda: its_edge.ask("GET", f"/v1/users/{user_id}")) as of_user,
        Caller(change) as of_change,
    ):
        callers = (of_list, of_new, of_user, of_change)
        assert eventually(lambda: all(caller.count(200, 201) >= 5 for caller in callers))
        site.kill()
        # Until Django is back, a caller whom it answers is refused each time.
        assert eventually(lambda: of_list.count(502) >= 3 and of_new.count(502) >= 3)
        site.start()
        assert eventually(is_there)
        answered = [caller.count(200, 201) for caller in callers]
        assert eventually(
            lambda: all(
                caller.count(200, 201) >= before + 5
                for caller, before in zip(callers, answered, strict=True)
            )
        )

    # Callers whom Django answers are told of its death, in words, and no other caller is.
    through_django = of_list.answers + of_new.answers
    assert {answer.status for answer in through_django} == {200, 201, 502}
    assert {answer.body["status"] for answer in through_django if answer.status == 502} == {502}
    assert (of_list.answers[-1].status, of_new.answers[-1].status) == (200, 201)
    assert {(answer.status, answer.side) for answer in of_user.answers + of_change.answers} == {
        (200, "edge")
    }
    # A write that broke off may have been done; none was done twice.
    (stored,) = its_edge.rows(
        "SELECT count(*), count(DISTINCT email) FROM users_user WHERE email = ANY(%s)", emails
    )
    assert stored[0] == stored[1]
    assert sum(answer.status == 201 for answer in of_new.answers) <= stored[0] <= len(emails)
    assert its_edge.counted("mismatched") == 0, its_edge.differences()
    assert {name: its_edge.stage(name) for name in stages} == stages, its_edge.rows(
        "SELECT reason FROM endpoints_stagechange"
    )
