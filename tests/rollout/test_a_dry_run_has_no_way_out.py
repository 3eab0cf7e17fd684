"""A dry run can use the transaction that it is given, nothing else, and what it tried is named."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.waiting import eventually
from tests.rollout.stack import an_email
from tests.rollout.ways_out import ROW, WAYS_OUT
from tests.rollout.wrong_stack import WrongStack

CREATE, ONE = "POST /v1/users", "GET /v1/users/{id}"


@pytest.fixture
def outside() -> Iterator[socket.socket]:
    """Another service, which must not be called."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def assert_nothing_came_out(stack: WrongStack, outside: socket.socket) -> None:
    escaped = "SELECT count(*) FROM events_event WHERE type = %s"
    assert stack.value(escaped, ROW["type"]) == 0
    with pytest.raises(BlockingIOError):
        outside.accept()
    assert not Path(f"/tmp/escaped-{outside.getsockname()[1]}").exists()


@pytest.mark.parametrize("way", WAYS_OUT)
def test_of_a_write(wrong_stack: WrongStack, outside: socket.socket, way: str) -> None:
    new = {"email": an_email(), "age": 30}
    headers = {"X-Way-Out": way, "X-Port": str(outside.getsockname()[1])}

    compared = wrong_stack.compare("POST", "/v1/users", new, headers=headers)

    assert compared.answer.status == 201
    named = WAYS_OUT[way][1]
    if named is None:
        assert compared.verdict in ("match", "mismatch", "abandoned")
    else:
        assert compared.verdict == "mismatch"
        assert (f"way-out:{named}", "extra") in compared.places
    assert_nothing_came_out(wrong_stack, outside)
    assert wrong_stack.compare("POST", "/v1/users", new).verdict == "match"


def test_of_a_read(wrong_stack: WrongStack, outside: socket.socket) -> None:
    path = f"/v1/users/{wrong_stack.a_user()['id']}"
    headers = {"X-Way-Out": "own pool", "X-Port": str(outside.getsockname()[1])}

    compared = wrong_stack.compare("GET", path, headers=headers)

    assert compared.places == {(f"way-out:{WAYS_OUT['own pool'][1]}", "extra")}
    assert_nothing_came_out(wrong_stack, outside)


def test_a_task_after_the_answer_is_named(wrong_stack: WrongStack) -> None:
    new = {"email": an_email(), "age": 30}

    compared = wrong_stack.compare("POST", "/v1/users", new, wrong="goes on")

    assert compared.places == {("way-out:background-task:_go_on", "extra")}


def test_a_write_beside_its_transaction_goes_back_to_django(wrong_stack: WrongStack) -> None:
    """Django alone answers from then on, and no dry run of it is made."""
    wrong_stack.set_stage(CREATE, "shadow")
    new = {"email": an_email(), "age": 30}

    answer = wrong_stack.ask_wrongly("POST", "/v1/users", new, wrong="missing row")

    assert (answer.status, answer.side) == (201, "django")
    wrong_stack.wait_for_stages("django", CREATE)
    actor, reason = wrong_stack.rows(
        "SELECT actor, reason FROM endpoints_stagechange ORDER BY id DESC LIMIT 1"
    )[0]
    assert actor == "budget"
    assert "answered 201 without using the transaction" in reason


@pytest.mark.parametrize("stage", ["canary", "edge"])
def test_nor_does_it_answer_callers_for_long(wrong_stack: WrongStack, stage: str) -> None:
    wrong_stack.set_stage(CREATE, stage, percent=100 if stage == "canary" else 0)
    new = {"email": an_email(), "age": 30}

    answer = wrong_stack.ask_wrongly("POST", "/v1/users", new, wrong="missing row")

    assert (answer.status, answer.side) == (201, "edge")
    wrong_stack.wait_for_stages("django", CREATE)
    assert wrong_stack.ask("POST", "/v1/users", new).side == "django"


def test_one_that_blocks_holds_up_no_caller(wrong_stack: WrongStack) -> None:
    """It would block for longer than any caller of this test waits."""
    wrong_stack.set_stage(ONE, "shadow")
    path = f"/v1/users/{wrong_stack.a_user()['id']}"
    abandoned = wrong_stack.count_so_far("abandoned")
    ended = wrong_stack.count("abandoned + dropped")

    with wrong_stack.limits(SHADOW_SECONDS=0.5):
        for _ in range(3):
            assert wrong_stack.ask_wrongly("GET", path, wrong="blocks").status == 200
            assert wrong_stack.ask("GET", "/v1/users?limit=1").status == 200

        # The last one finds its only place taken if the first was given up before it came.
        assert eventually(lambda: wrong_stack.count("abandoned + dropped") == ended + 3)
    assert wrong_stack.count("abandoned") > abandoned
    # One place is all that is left to an endpoint that has hung, until a comparison ends in time.
    assert wrong_stack.verdict_on(wrong_stack.ask("GET", path)) == "match"
