"""A canary that fails is answered by Django in the same request, and what it asked is done once."""

import socket
import time
from uuid import uuid4

import pytest

from tests.harness.raw_http import Caller
from tests.rollout.failing_stack import CREATE, LIST, FailingStack
from tests.rollout.stack import an_email

#: Ways to fail without having stored anything.
BEFORE_THE_COMMIT = ["exception", "500", "nothing"]

#: Ways to begin an answer of 200 without having used the transaction.
BEGUN = ["no end", "exception in the middle", "too short", "too long"]
WITH_ROWS_WRITTEN = [
    "exception after the rows", "500 after the rows", "swallowed error",
]  # fmt: skip

#: Found out by waiting.
HANGING = ["hang after the rows"]

#: How long the edge may take: what is not to hang, and what is.
PATIENCE_SECONDS = 30.0, 0.5

#: Ways to fail when the row is there to stay.
AFTER_THE_COMMIT = [
    "exception after the commit", "500 after the commit", "cut after the commit",
    "exception in a second transaction",
]  # fmt: skip


@pytest.fixture(scope="module")
def canary(shared_failing_stack: FailingStack) -> FailingStack:
    shared_failing_stack.make_every_caller_a_canary()
    return shared_failing_stack


@pytest.mark.parametrize("way", BEFORE_THE_COMMIT + BEGUN)
def test_a_read_is_answered_by_django(canary: FailingStack, way: str) -> None:
    answer = canary.read(way)

    assert (answer.status, answer.side) == (200, "django")
    assert "items" in answer.body


def test_head_is_answered_by_django_as_well(canary: FailingStack) -> None:
    answer = canary.ask("HEAD", "/v1/users", headers={"X-Fail": "exception"})

    assert (answer.status, answer.side, answer.text) == (200, "django", "")


@pytest.mark.parametrize("extra", ["Expect: 100-continue", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("way", ["", "exception after the rows"])
def test_however_a_body_travels_it_is_given_to_both(
    canary: FailingStack, extra: str, way: str
) -> None:
    email = an_email()
    body = b'{"email": "%b", "age": 30}' % email.encode()
    head = head_of_a_post(canary, len(body), extra, f"X-Fail: {way}")
    if extra.startswith("Transfer"):
        head = head.replace(b"Content-Length: %d\r\n" % len(body), b"")
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)

    with Caller(canary.edge.port) as caller:
        caller.send(head)
        caller.send(body)
        answer = caller.answer("POST")

    assert (answer.status, canary.rows_of(email)) == (201, 1)
    assert answer.one("x-frame-options") == ("DENY" if way else None)


@pytest.mark.parametrize("way", BEFORE_THE_COMMIT + WITH_ROWS_WRITTEN + HANGING)
def test_a_write_is_done_once_by_django(canary: FailingStack, way: str) -> None:
    with canary.limits(EDGE_TIMEOUT_SECONDS=PATIENCE_SECONDS[way in HANGING]):
        answer, rows = canary.create(way)

    assert (answer.status, answer.side, rows) == (201, "django", 1)


@pytest.mark.parametrize("way", [*BEGUN, "hang"])
def test_what_began_to_succeed_another_way_is_never_repeated(
    shared_failing_stack: FailingStack, way: str
) -> None:
    """What it has done is unknown, and the next caller is answered by Django."""
    shared_failing_stack.make_every_caller_a_canary()

    with shared_failing_stack.limits(EDGE_TIMEOUT_SECONDS=PATIENCE_SECONDS[way == "hang"]):
        answer, rows = shared_failing_stack.create(way)

    assert (answer.status, answer.side, rows) == (500, "edge", 0)
    shared_failing_stack.wait_for_stages("django", CREATE)
    shared_failing_stack.make_every_caller_a_canary()


@pytest.mark.parametrize("way", AFTER_THE_COMMIT)
def test_what_was_stored_is_never_repeated(canary: FailingStack, way: str) -> None:
    answer, rows = canary.create(way)

    assert (answer.status, answer.side, rows) == (500, "edge", 1)


def test_what_was_stored_and_not_told_counts_as_failed(canary: FailingStack) -> None:
    canary.forget_findings()

    for way in AFTER_THE_COMMIT:
        canary.create(way)

    assert canary.counted("edge_errors") == len(AFTER_THE_COMMIT)


def test_an_answer_that_was_whole_is_sent_whatever_fails_afterwards(canary: FailingStack) -> None:
    answer, rows = canary.create("exception after the answer")

    assert (answer.status, answer.side, rows) == (201, "edge", 1)


def test_a_refusal_of_the_edge_is_an_answer(canary: FailingStack) -> None:
    email = an_email()
    assert canary.create("", email)[0].status == 201

    answer, rows = canary.create("", email)

    assert (answer.status, answer.side, rows) == (409, "edge", 1)


def test_what_was_begun_to_be_sent_is_not_begun_again(canary: FailingStack) -> None:
    with Caller(canary.edge.port) as caller:
        caller.send(
            b"GET /v1/users HTTP/1.1\r\nHost: x\r\nX-Fail: late\r\n"
            b"Authorization: Bearer %b\r\n\r\n" % canary.keys.live.encode()
        )
        answer = caller.rest()

    assert answer.count(b"HTTP/1.1 ") == 1
    assert not answer.endswith(b"0\r\n\r\n")


def test_an_id_that_a_proxy_sends_twice_is_no_failure(canary: FailingStack) -> None:
    request_id = str(uuid4())

    for _ in range(2):
        answer, rows = canary.create("", X_Request_Id=request_id)

        assert (answer.status, answer.side, rows) == (201, "edge", 1)
        assert answer.headers["X-Request-Id"] == request_id


def test_a_body_that_cannot_be_given_twice_goes_to_django(canary: FailingStack) -> None:
    canary.forget_findings()
    padding = b" " * (1024 * 1024 + 1)

    with Caller(canary.edge.port) as caller:
        caller.send(head_of_a_post(canary, len(padding)))
        caller.send(padding)
        answer = caller.answer("POST")

    assert (answer.status, answer.one("x-frame-options")) == (413, "DENY")
    assert canary.counted("edge_calls") == canary.counted("fell_back") == 0


@pytest.mark.parametrize("stage", ["shadow", "canary"])
def test_a_body_that_takes_its_time_goes_to_django_whole(canary: FailingStack, stage: str) -> None:
    canary.set_stage(CREATE, stage, percent=100 if stage == "canary" else 0)

    def goes_to_django() -> bool:
        email = an_email()
        body = b'{"email": "%b", "age": 30}' % email.encode()
        with Caller(canary.edge.port) as caller:
            caller.send(head_of_a_post(canary, len(body)) + body[:10])
            # Longer than the edge waits for a body.
            time.sleep(0.3)
            caller.send(body[10:])
            answer = caller.answer("POST")
        assert answer.status == 201
        assert canary.rows_of(email) == 1
        return answer.one("x-frame-options") == "DENY"

    # On a busy machine the edge may find the whole body there when it first looks at the time.
    with canary.limits(BODY_TIMEOUT_SECONDS=0.1):
        assert any(goes_to_django() for _ in range(10))


def test_a_caller_who_hangs_up_in_the_middle_costs_nothing(canary: FailingStack) -> None:
    canary.forget_findings()
    email = an_email()

    for stage in ("django", "shadow", "canary", "edge"):
        canary.set_stage(CREATE, stage, percent=100 if stage == "canary" else 0, most_errors=1)
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", canary.edge.port)) as caller:
                begun = b'{"email": "%b", "age": 30}' % email.encode()
                caller.sendall(head_of_a_post(canary, 1000) + begun)
        canary.settle()
        assert canary.stage(CREATE) == stage

    assert canary.counted("edge_errors + django_errors + fell_back") == 0
    assert canary.rows_of(email) == 0


@pytest.mark.parametrize("stage", ["canary", "edge"])
def test_a_caller_who_hangs_up_in_the_middle_of_a_stream_costs_nothing(
    canary: FailingStack, stage: str
) -> None:
    percent = 100 if stage == "canary" else 0
    canary.forget_findings()
    canary.set_stage(LIST, stage, percent=percent, most_errors=1, is_reverse_shadowed=True)

    with Caller(canary.edge.port) as caller:
        key = canary.keys.live
        caller.send(
            f"GET /v1/users HTTP/1.1\r\nHost: x\r\nX-Fail: streams\r\n"
            f"Authorization: Bearer {key}\r\n\r\n".encode()
        )
        assert caller.socket.recv(100).startswith(b"HTTP/1.1 200 ")

    assert canary.counted("edge_errors + django_calls + fell_back") == 0
    assert canary.verdicts(0) == []
    assert canary.stage(LIST) == stage
    canary.make_every_caller_a_canary()


def head_of_a_post(stack: FailingStack, length: int, *more: str) -> bytes:
    lines = [
        "POST /v1/users HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Authorization: Bearer {stack.keys.live}",
        f"Content-Length: {length}",
        *more,
    ]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()
