"""A shadow runs after the answer, reads only, and is bounded in number, time and size."""

import threading
import time

import pytest

from tests.harness.waiting import eventually
from tests.rollout.wrong_edge import SLOW_SECONDS
from tests.rollout.wrong_stack import WrongStack

LIST, ONE, PACKED = "GET /v1/users", "GET /v1/users/{id}", "GET /v1/packed"


def test_a_slow_shadow_delays_no_caller(wrong_stack: WrongStack) -> None:
    wrong_stack.set_stage(ONE, "shadow")
    path = f"/v1/users/{wrong_stack.a_user()['id']}"
    answers = []

    def is_answered_sooner() -> bool:
        began_at = time.monotonic()
        answers.append(wrong_stack.ask_wrongly("GET", path, wrong="slow"))
        return time.monotonic() - began_at < SLOW_SECONDS

    # Whatever else the machine does: a caller who waits for the edge waits every time.
    assert eventually(is_answered_sooner)
    answers = answers[-1:]
    assert [(answer.status, answer.side) for answer in answers] == [(200, "django")]
    assert [wrong_stack.verdict_on(answer) for answer in answers] == ["match"]


def test_what_it_writes_is_refused(wrong_stack: WrongStack) -> None:
    wrong_stack.set_stage(ONE, "shadow")
    user = wrong_stack.a_user()

    answer = wrong_stack.ask_wrongly("GET", f"/v1/users/{user['id']}", wrong="writes")

    assert (answer.status, answer.body) == (200, user)
    assert wrong_stack.verdict_on(answer) == "mismatch"
    ages = wrong_stack.rows("SELECT age FROM users_user WHERE id = %s", user["id"])
    assert ages == [(user["age"],)]


def test_more_than_a_few_at_once_are_dropped(wrong_stack: WrongStack) -> None:
    wrong_stack.set_stage(ONE, "shadow")
    path = f"/v1/users/{wrong_stack.a_user()['id']}"
    dropped = wrong_stack.count_so_far("dropped")
    compared = wrong_stack.count("matched + undecided + mismatched + abandoned")
    answers = []

    def ask() -> None:
        answers.append(wrong_stack.ask_wrongly("GET", path, wrong="slow"))

    # No more than Django has threads: all are answered while the first shadows are slow.
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [(answer.status, answer.side) for answer in answers] == [(200, "django")] * 8
    assert eventually(
        lambda: wrong_stack.count("matched + undecided + mismatched + abandoned") == compared + 4
    )
    assert wrong_stack.count("dropped") == dropped + 4


@pytest.mark.parametrize(("path", "wrong"), [("one", "huge"), ("/v1/packed?rows=30000", "")])
def test_what_is_too_large_is_not_compared(wrong_stack: WrongStack, path: str, wrong: str) -> None:
    wrong_stack.set_stage(ONE, "shadow")
    wrong_stack.set_stage(PACKED, "shadow")
    path = f"/v1/users/{wrong_stack.a_user()['id']}" if path == "one" else path
    too_large = wrong_stack.count_so_far("too_large")
    headers = {"X-Be-Wrong": wrong, "Accept-Encoding": "gzip"}

    answer = wrong_stack.ask("GET", path, headers=headers)

    assert answer.status == 200
    assert eventually(lambda: wrong_stack.count("too_large") == too_large + 1)


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize(
    ("wrong", "places"), [("", set()), ("one more", {("/rows/3/number", "value")})]
)
def test_a_packed_answer_is_compared_by_what_it_says(
    wrong_stack: WrongStack, encoding: str, wrong: str, places: set[tuple[str, str]]
) -> None:
    headers = {"Accept-Encoding": encoding}

    compared = wrong_stack.compare("GET", "/v1/packed?rows=50", wrong=wrong, headers=headers)

    packed = compared.answer.headers.get("Content-Encoding", "identity")
    assert (packed, compared.places) == (encoding, places)


def test_a_row_that_changes_between_the_askings_is_no_mismatch(wrong_stack: WrongStack) -> None:
    """Django answered before the change, the edge after it; asked again, they agree."""
    wrong_stack.set_stage(ONE, "shadow")
    path = f"/v1/users/{wrong_stack.a_user()['id']}"

    answer = wrong_stack.ask_wrongly("GET", path, wrong="late")
    wrong_stack.owner.execute(
        "UPDATE users_user SET age = 99 WHERE id = %s", [path.rpartition("/")[2]]
    )

    assert answer.body["age"] == 30
    assert wrong_stack.verdict_on(answer) == "match"


def test_a_read_with_a_body_is_compared_with_it(wrong_stack: WrongStack) -> None:
    """Asked once more without it, Django would take the next request for the body."""
    compared = wrong_stack.count_so_far("matched")
    for stage in ("shadow", "edge"):
        wrong_stack.set_stage(LIST, stage, is_reverse_shadowed=stage == "edge")
        assert wrong_stack.ask("GET", "/v1/users?limit=1", {"a": 1}).status == 200

    assert eventually(lambda: wrong_stack.count("matched") == compared + 2)
    assert [wrong_stack.a_user()["age"] for _ in range(3)] == [30] * 3
    wrong_stack.set_stage(LIST, "django")


def test_what_hangs_takes_no_place_of_another_endpoint(wrong_stack: WrongStack) -> None:
    for name in (ONE, LIST):
        wrong_stack.set_stage(name, "shadow")
    path = f"/v1/users/{wrong_stack.a_user()['id']}"

    for _ in range(6):
        wrong_stack.ask_wrongly("GET", path, wrong="slow")
    answer = wrong_stack.ask("GET", "/v1/users?limit=1")

    assert wrong_stack.verdict_on(answer) == "match"
    for name in (ONE, LIST):
        wrong_stack.set_stage(name, "django")
