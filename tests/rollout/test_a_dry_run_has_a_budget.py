"""A write waits for its dry run no longer than its budget, and then is done, once, unhindered."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from api_edge.rollout.sandbox.processes import (
    DryRunNotCompleted,
    SandboxProcess,
    SandboxProcesses,
)
from api_edge.rollout.sandbox.worker import DRY_RUN_APPLICATION_NAME
from tests.harness.waiting import eventually
from tests.rollout.stack import an_email
from tests.rollout.wrong_stack import DRY_RUN_SECONDS, WrongStack

#: What Django itself and a busy machine may take on top.
TOLERANCE_SECONDS = 1.0

CREATE, CHANGE = "POST /v1/users", "PATCH /v1/users/{id}"

#: How many sessions wait for a lock, but for those of dry runs.
WAITING = f"""
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'
       AND application_name <> '{DRY_RUN_APPLICATION_NAME}'
"""


@pytest.fixture
def hurried_stack(wrong_stack: WrongStack) -> Iterator[WrongStack]:
    """The stack with a budget that what is slow here exceeds."""
    with wrong_stack.limits(DRY_RUN_SECONDS=DRY_RUN_SECONDS):
        yield wrong_stack


@pytest.mark.parametrize("wrong", ["sleeps in SQL", "slow in a thread", "stubborn"])
def test_a_slow_one_is_abandoned(hurried_stack: WrongStack, wrong: str) -> None:
    hurried_stack.set_stage(CREATE, "shadow")
    email, abandoned = an_email(), hurried_stack.count_so_far("abandoned")
    new = {"email": email, "age": 30}

    created = hurried_stack.ask_wrongly("POST", "/v1/users", new, wrong=wrong)

    assert (created.status, created.side) == (201, "django")
    assert eventually(lambda: hurried_stack.count("abandoned") == abandoned + 1)
    assert hurried_stack.value("SELECT count(*) FROM users_user WHERE email = %s", email) == 1


def test_one_that_waits_for_a_row_gives_up_before_its_budget(hurried_stack: WrongStack) -> None:
    hurried_stack.set_stage(CHANGE, "shadow")
    path = f"/v1/users/{hurried_stack.a_user()['id']}"
    abandoned = hurried_stack.count_so_far("abandoned")

    with (
        psycopg.connect(hurried_stack.database.owner_url) as holder,
        ThreadPoolExecutor(1) as caller,
    ):
        holder.execute("SELECT FROM users_user FOR UPDATE")
        changing = caller.submit(hurried_stack.ask, "PATCH", path, {"age": 31})
        try:
            # Django comes to the row when the dry run has given up.
            assert eventually(lambda: hurried_stack.value(WAITING) == 1)
        finally:
            holder.rollback()
        changed = changing.result()

    assert (changed.status, changed.body["age"]) == (200, 31)
    assert eventually(lambda: hurried_stack.count("abandoned") == abandoned + 1)


def test_django_does_not_wait_for_locks_of_one_that_was_abandoned(
    hurried_stack: WrongStack,
) -> None:
    """The dry run has the row and sleeps; Django needs the same row."""
    hurried_stack.set_stage(CHANGE, "shadow")
    path = f"/v1/users/{hurried_stack.a_user()['id']}"

    began_at = time.monotonic()
    hurried_stack.ask("PATCH", path, {"age": 39})
    usual_seconds = time.monotonic() - began_at
    most_seconds = DRY_RUN_SECONDS + TOLERANCE_SECONDS + 3 * usual_seconds

    def is_done_in_time(age: int, wrong: str) -> bool:
        began_at = time.monotonic()
        changed = hurried_stack.ask_wrongly("PATCH", path, {"age": age}, wrong=wrong)
        assert (changed.status, changed.body["age"]) == (200, age)
        return time.monotonic() - began_at < most_seconds

    # Whatever else the machine does: one that waits for such a lock waits every time.
    for age, wrong in enumerate(("slow", "stubborn"), start=40):
        assert any(is_done_in_time(age, wrong) for _ in range(5))


def test_the_next_write_has_a_dry_run_again(wrong_stack: WrongStack) -> None:
    wrong_stack.set_stage(CREATE, "shadow")
    with wrong_stack.limits(DRY_RUN_SECONDS=DRY_RUN_SECONDS):
        wrong_stack.ask_wrongly("POST", "/v1/users", {"email": an_email(), "age": 30}, wrong="slow")

    created = wrong_stack.ask("POST", "/v1/users", {"email": an_email(), "age": 30})

    assert wrong_stack.verdict_on(created) == "match"


def test_a_body_too_large_has_no_dry_run(wrong_stack: WrongStack) -> None:
    wrong_stack.set_stage(CREATE, "shadow")
    too_large = wrong_stack.count_so_far("too_large")

    refused = wrong_stack.ask("POST", "/v1/users", {"email": "x" * 300_000, "age": 30})

    assert (refused.status, refused.side) == (422, "django")
    assert eventually(lambda: wrong_stack.count("too_large") == too_large + 1)


def test_many_at_once_are_each_done_once(wrong_stack: WrongStack) -> None:
    """Only a few dry runs go on at a time; calls that are left out are counted."""
    wrong_stack.set_stage(CREATE, "shadow")
    emails = [an_email() for _ in range(24)]
    counted = wrong_stack.count_so_far("dropped + matched + abandoned")
    statuses: list[int] = []

    def create(email: str) -> None:
        new = {"email": email, "age": 30}
        statuses.append(wrong_stack.ask("POST", "/v1/users", new).status)

    threads = [threading.Thread(target=create, args=[email]) for email in emails]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [201] * 24
    stored = wrong_stack.rows("SELECT email FROM users_user WHERE email = ANY (%s)", emails)
    assert sorted(row[0] for row in stored) == sorted(emails)
    assert eventually(lambda: wrong_stack.count("dropped + matched + abandoned") == counted + 24)


def test_a_process_that_is_ready_too_late_is_kept_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def start_both() -> None:
        is_ready = asyncio.Event()

        async def start(_: SandboxProcesses) -> SandboxProcess:
            await is_ready.wait()
            return late

        reader = asyncio.StreamReader()
        late = SandboxProcess(reader, Writer())  # type: ignore[arg-type]
        monkeypatch.setattr(SandboxProcesses, "_start_process", start)
        processes = SandboxProcesses()
        with pytest.raises(DryRunNotCompleted):
            await processes._start_in_time(0.01)
        is_ready.set()
        await asyncio.sleep(0.01)

        assert processes._take_idle() is late

    asyncio.run(start_both())


class Writer:
    def is_closing(self) -> bool:
        return False
