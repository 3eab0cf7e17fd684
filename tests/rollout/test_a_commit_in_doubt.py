"""When a canary's COMMIT gets no answer, one half does the work: never both, never neither."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.harness.waiting import eventually
from tests.rollout.failing_stack import CREATE, FailingStack
from tests.rollout.stack import an_email

#: Only what has a request; the one that listens has a name of its own.
KILL_ONE_OF_THE_EDGES = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = 'portico-edge' AND datname = current_database()
     ORDER BY random() LIMIT 1
"""

#: Refuses, or delays, what the edge wants to commit; Django's transactions are let through.
ON_COMMIT = """
    CREATE FUNCTION spoil_the_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF current_setting('application_name') <> 'portico-edge' THEN RETURN NULL; END IF;
        IF NEW.email LIKE 'refused-%' THEN RAISE EXCEPTION 'refused'; END IF;
        IF NEW.email LIKE 'slow-%' THEN PERFORM pg_sleep(8); END IF;
        IF NEW.email LIKE 'killed-%' THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER spoil_the_commit AFTER INSERT ON users_user
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION spoil_the_commit();
"""


@pytest.fixture(scope="module")
def canary(shared_failing_stack: FailingStack) -> FailingStack:
    shared_failing_stack.make_every_caller_a_canary()
    return shared_failing_stack


@pytest.fixture
def mended_wire(canary: FailingStack) -> Iterator[FailingStack]:
    yield canary
    canary.wire.restore()
    assert eventually(lambda: canary.read("").side == "edge")


@pytest.mark.parametrize("delivered", [False, True])
def test_a_commit_in_doubt_is_found_out(canary: FailingStack, delivered: bool) -> None:
    email = an_email()

    canary.wire.break_once_at(b"COMMIT", delivered=delivered, after=email.encode())
    answer, rows = canary.create("", email)

    assert (answer.status, answer.side, rows) == (201, "edge" if delivered else "django", 1)


def test_an_unknown_outcome_is_reported_as_failed_and_not_repeated(
    mended_wire: FailingStack,
) -> None:
    email = an_email()

    mended_wire.wire.break_once_at(b"COMMIT", delivered=True, for_long=True, after=email.encode())
    with mended_wire.limits(QUERY_SECONDS=0.2):
        answer, rows = mended_wire.create("", email)

    assert (answer.status, answer.side, rows) == (503, "edge", 1)
    assert "may be carried out or not" in answer.body["detail"]
    assert mended_wire.stage(CREATE) == "canary"


@pytest.mark.parametrize("delivered", [False, True])
def test_calls_are_counted_once_when_the_ledgers_commit_gets_no_answer(
    canary: FailingStack, delivered: bool
) -> None:
    canary.create("")
    before = canary.counted("edge_calls")

    canary.wire.break_once_at(b"COMMIT", delivered=delivered)
    canary.read("")

    assert canary.counted("edge_calls") == before + 1


def test_connections_that_die_at_any_moment_lose_nothing_and_double_nothing(
    canary: FailingStack,
) -> None:
    stop_at = time.monotonic() + 2

    def write(_: int) -> list[tuple[int, int]]:
        found = []
        while time.monotonic() < stop_at:
            email = an_email()
            body = {"email": email, "age": 30}
            answer = canary.ask("POST", "/v1/users", body)
            found.append((answer.status, canary_rows(email)))
        return found

    def canary_rows(email: str) -> int:
        with lock:
            return canary.rows_of(email)

    lock = threading.Lock()
    with ThreadPoolExecutor(4) as callers:
        asked = [callers.submit(write, number) for number in range(4)]
        while time.monotonic() < stop_at:
            with lock:
                canary.owner.execute(KILL_ONE_OF_THE_EDGES)
            time.sleep(random.uniform(0, 0.03))
        outcomes = Counter(found for one in asked for found in one.result())

    assert set(outcomes) <= {(201, 1)}, outcomes


@pytest.fixture
def spoiled_commits(canary: FailingStack) -> Iterator[FailingStack]:
    canary.owner.execute(ON_COMMIT)
    yield canary
    canary.owner.execute("DROP FUNCTION spoil_the_commit CASCADE")


@pytest.mark.parametrize("kind", ["refused", "slow", "killed"])
def test_a_commit_that_fails_is_done_once_by_django(
    spoiled_commits: FailingStack, kind: str
) -> None:
    with spoiled_commits.limits(EDGE_TIMEOUT_SECONDS=0.5 if kind == "slow" else 30.0):
        answer, rows = spoiled_commits.create("", f"{kind}-{an_email()}")

    assert (answer.status, answer.side, rows) == (201, "django", 1)
