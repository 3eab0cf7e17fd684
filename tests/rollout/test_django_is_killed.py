"""Django dies in the middle of its work and comes back: only what is Django's is lost.

A read and a write that Django answers, and a read and a write that the edge answers, each in a
stage of its own; the long form has the stages the other way round.
"""

import random
import threading
from collections.abc import Callable

import pytest

from tests.harness.clients import Answer
from tests.harness.waiting import eventually
from tests.rollout.stack import Stack, an_email

LIST, CREATE = "GET /v1/users", "POST /v1/users"
ONE, CHANGE = "GET /v1/users/{id}", "PATCH /v1/users/{id}"


#: Between two calls of one caller: what is under test is the order of events, not their number.
PAUSE_SECONDS = 0.02


class Caller:
    """Asks again and again until told to stop."""

    def __init__(self, ask: Callable[[], Answer]) -> None:
        self.answers: list[Answer] = []
        self._ask = ask
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Caller":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.wait(PAUSE_SECONDS):
            self.answers.append(self._ask())

    def count(self, *statuses: int) -> int:
        """Return how many answers had one of these statuses."""
        return sum(answer.status in statuses for answer in self.answers)


@pytest.mark.parametrize(
    "stages",
    [
        pytest.param({LIST: "django", CREATE: "shadow", ONE: "canary", CHANGE: "edge"}, id="once"),
        pytest.param(
            {LIST: "shadow", CREATE: "django", ONE: "edge", CHANGE: "canary"},
            id="the other way round",
            marks=pytest.mark.long,
        ),
    ],
)
def test_killed_and_started_again_under_load(stack: Stack, stages: dict[str, str]) -> None:
    user_id = stack.ask("POST", "/v1/users", {"email": an_email(), "age": 30}).body["id"]
    for name, stage in stages.items():
        share = 100 if stage == "canary" else 0
        stack.set_stage(name, stage, percent=share, most_errors=1, most_mismatches=1)
    emails: list[str] = []

    def create() -> Answer:
        email = an_email()
        emails.append(email)
        return stack.ask("POST", "/v1/users", {"email": email, "age": 30})

    def change() -> Answer:
        return stack.ask("PATCH", f"/v1/users/{user_id}", {"age": random.randint(0, 120)})

    def is_there() -> bool:
        return stack.ask("GET", "/v1/users").status == 200

    assert eventually(is_there)
    with (
        Caller(lambda: stack.ask("GET", "/v1/users?limit=1")) as of_list,
        Caller(create) as of_new,
        Caller(lambda: stack.ask("GET", f"/v1/users/{user_id}")) as of_user,
        Caller(change) as of_change,
    ):
        callers = (of_list, of_new, of_user, of_change)
        assert eventually(lambda: all(caller.count(200, 201) >= 5 for caller in callers))
        stack.django.kill()
        # Until Django is back, a caller whom it answers is refused each time.
        assert eventually(lambda: of_list.count(502) >= 3 and of_new.count(502) >= 3)
        stack.django.start()
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
    (stored,) = stack.rows(
        "SELECT count(*), count(DISTINCT email) FROM users_user WHERE email = ANY(%s)", emails
    )
    assert stored[0] == stored[1]
    assert sum(answer.status == 201 for answer in of_new.answers) <= stored[0] <= len(emails)
    assert stack.counted("mismatched") == 0, stack.differences()
    assert {name: stack.stage(name) for name in stages} == stages, stack.rows(
        "SELECT reason FROM endpoints_stagechange"
    )
