"""A canary that fails is answered by Django in the same request, and what it asked is done once."""

import socket
from collections.abc import Iterator

import pytest

from tests.front_door.wire import Caller
from tests.moving.failing_house import CREATE, LIST, FailingHouse
from tests.moving.house import an_email

#: Ways to fail without having stored anything.
BEFORE_THE_COMMIT = [
    "exception", "500", "nothing", "hang", "no end", "exception in the middle", "too short",
    "too long",
]  # fmt: skip
WITH_ROWS_WRITTEN = [
    "exception after the rows", "500 after the rows", "hang after the rows", "swallowed error",
]  # fmt: skip

#: Ways to fail when the row is there to stay.
AFTER_THE_COMMIT = ["exception after the commit", "500 after the commit", "cut after the commit"]

#: Refuses, or delays, what the edge wants to commit; Django's transactions are let through.
ON_COMMIT = """
    CREATE FUNCTION spoil_the_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF current_setting('application_name') <> 'portico-edge' THEN RETURN NULL; END IF;
        IF NEW.email LIKE 'refused-%' THEN RAISE EXCEPTION 'refused'; END IF;
        IF NEW.email LIKE 'slow-%' THEN PERFORM pg_sleep(3); END IF;
        IF NEW.email LIKE 'killed-%' THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER spoil_the_commit AFTER INSERT ON users_user
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION spoil_the_commit();
"""


@pytest.fixture(scope="module")
def canary(standing_failing_house: FailingHouse) -> FailingHouse:
    """Everybody is a canary, and no number of failures is too many."""
    for name in (LIST, CREATE):
        standing_failing_house.set_stage(name, "canary", percent=100, most_errors=1000)
    return standing_failing_house


@pytest.mark.parametrize("way", BEFORE_THE_COMMIT)
def test_a_read_is_answered_by_django(canary: FailingHouse, way: str) -> None:
    answer = canary.read(way)

    assert (answer.status, answer.side) == (200, "django")
    assert "items" in answer.body


@pytest.mark.parametrize("way", BEFORE_THE_COMMIT + WITH_ROWS_WRITTEN)
def test_a_write_is_done_once_by_django(canary: FailingHouse, way: str) -> None:
    answer, rows = canary.create(way)

    assert (answer.status, answer.side, rows) == (201, "django", 1)


@pytest.mark.parametrize("way", AFTER_THE_COMMIT)
def test_what_was_stored_is_never_repeated(canary: FailingHouse, way: str) -> None:
    answer, rows = canary.create(way)

    assert (answer.status, answer.side, rows) == (500, "edge", 1)


def test_what_was_stored_and_not_told_counts_as_failed(canary: FailingHouse) -> None:
    canary.forget_findings()

    for way in AFTER_THE_COMMIT:
        canary.create(way)

    assert canary.counted("edge_errors") == len(AFTER_THE_COMMIT)


def test_an_answer_that_was_whole_is_sent_whatever_fails_afterwards(canary: FailingHouse) -> None:
    answer, rows = canary.create("exception after the answer")

    assert (answer.status, answer.side, rows) == (201, "edge", 1)


def test_a_refusal_of_the_edge_is_an_answer(canary: FailingHouse) -> None:
    email = an_email()
    assert canary.create("", email)[0].status == 201

    answer, rows = canary.create("", email)

    assert (answer.status, answer.side, rows) == (409, "edge", 1)


def test_what_was_begun_to_be_sent_is_not_begun_again(canary: FailingHouse) -> None:
    with Caller(canary.door.port) as caller:
        caller.send(
            b"GET /v1/users HTTP/1.1\r\nHost: x\r\nX-Fail: late\r\n"
            b"Authorization: Bearer %b\r\n\r\n" % canary.keys.live.encode()
        )
        answer = caller.rest()

    assert answer.count(b"HTTP/1.1 ") == 1
    assert not answer.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("delivered", [False, True])
def test_a_commit_in_doubt_is_found_out(canary: FailingHouse, delivered: bool) -> None:
    canary.create("")
    canary.be_quiet()

    canary.wire.break_once_at(b"COMMIT", delivered=delivered)
    answer, rows = canary.create("")

    assert (answer.status, answer.side, rows) == (201, "edge" if delivered else "django", 1)


@pytest.fixture
def spoiled_commits(canary: FailingHouse) -> Iterator[FailingHouse]:
    canary.owner.execute(ON_COMMIT)
    yield canary
    canary.owner.execute("DROP FUNCTION spoil_the_commit CASCADE")


@pytest.mark.parametrize("kind", ["refused", "slow", "killed"])
def test_a_commit_that_fails_is_done_once_by_django(
    spoiled_commits: FailingHouse, kind: str
) -> None:
    answer, rows = spoiled_commits.create("", f"{kind}-{an_email()}")

    assert (answer.status, answer.side, rows) == (201, "django", 1)


def test_a_body_that_cannot_be_given_twice_goes_to_django(canary: FailingHouse) -> None:
    canary.forget_findings()
    email = an_email()
    padded = b'{"email": "%b", "age": 30}' % email.encode() + b" " * (1024 * 1024 + 1)

    with Caller(canary.door.port) as caller:
        caller.send(
            b"POST /v1/users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n"
            % (canary.keys.live.encode(), len(padded))
        )
        caller.send(padded)
        answer = caller.answer("POST")

    assert (answer.status, answer.one("x-frame-options")) == (413, "DENY")
    assert canary.counted("edge_calls") == canary.counted("fell_back") == 0


@pytest.mark.parametrize("stage", ["django", "shadow", "canary", "edge"])
def test_a_caller_who_hangs_up_in_the_middle_costs_nothing(
    canary: FailingHouse, stage: str
) -> None:
    canary.set_stage(CREATE, stage, percent=100 if stage == "canary" else 0, most_errors=1)
    canary.forget_findings()
    email = an_email()

    for _ in range(3):
        with socket.create_connection(("127.0.0.1", canary.door.port)) as caller:
            caller.sendall(
                b"POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                b"Authorization: Bearer %b\r\nContent-Length: 1000\r\n\r\n"
                b'{"email": "%b", "age": 30}' % (canary.keys.live.encode(), email.encode())
            )

    assert canary.counted("edge_errors + django_errors + fell_back") == 0
    assert (canary.stage(CREATE), canary.rows_of(email)) == (stage, 0)
