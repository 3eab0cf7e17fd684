"""A write waits for its dry run no longer than its budget, and then is done, once, unhindered."""

import asyncio
import threading
import time

import psycopg
import pytest

from api_edge.rollout.sandbox.processes import (
    DryRunNotCompleted,
    SandboxProcess,
    SandboxProcesses,
)
from tests.harness.waiting import eventually
from tests.rollout.stack import an_email
from tests.rollout.wrong_stack import DRY_RUN_SECONDS, WrongStack

#: What Django itself and a busy machine may take on top.
TOLERANCE_SECONDS = 1.0

CREATE, CHANGE = "POST /v1/users", "PATCH /v1/users/{id}"


@pytest.mark.parametrize("wrong", ["sleeps in SQL", "slow in a thread", "stubborn"])
def test_a_slow_one_is_abandoned(wrong_stack: WrongStack, wrong: str) -> None:
    wrong_stack.set_stage(CREATE, "shadow")
    email, abandoned = an_email(), wrong_stack.count_so_far("abandoned")

    created = wrong_stack.ask_wrongly("POST", "/v1/users", {"email": email, "age": 30}, wrong=wrong)

    assert (created.status, created.side) == (201, "django")
    assert eventually(lambda: wrong_stack.count("abandoned") == abandoned + 1)
    assert wrong_stack.value("SELECT count(*) FROM users_user WHERE email = %s", email) == 1


def test_one_that_waits_for_a_row_gives_up_before_its_budget(wrong_stack: WrongStack) -> None:
    wrong_stack.set_stage(CHANGE, "shadow")
    path = f"/v1/users/{wrong_stack.a_user()['id']}"
    abandoned = wrong_stack.count_so_far("abandoned")

    with psycopg.connect(wrong_stack.database.owner_url) as holder:
        holder.execute("SELECT FROM users_user FOR UPDATE")
        release = threading.Timer(DRY_RUN_SECONDS + 0.5, holder.rollback)
        release.start()
        changed = wrong_stack.ask("PATCH", path, {"age": 31})
        release.join()

    assert (changed.status, changed.body["age"]) == (200, 31)
    assert eventually(lambda: wrong_stack.count("abandoned") == abandoned + 1)


def test_django_does_not_wait_for_locks_of_one_that_was_abandoned(wrong_stack: WrongStack) -> None:
    """The dry run has the row and sleeps; Django needs the same row."""
    wrong_stack.set_stage(CHANGE, "shadow")
    path = f"/v1/users/{wrong_stack.a_user()['id']}"

    began_at = time.monotonic()
    wrong_stack.ask("PATCH", path, {"age": 39})
    usual_seconds = time.monotonic() - began_at
    most_seconds = DRY_RUN_SECONDS + TOLERANCE_SECONDS + 3 * usual_seconds

    def is_done_in_time(age: int, wrong: str) -> bool:
        began_at = time.monotonic()
        changed = wrong_stack.ask_wrongly("PATCH", path, {"age": age}, wrong=wrong)
        assert (changed.status, changed.body["age"]) == (200, age)
        return time.monotonic() - began_at < most_seconds

    # Whatever else the machine does: one that waits for such a lock waits every time.
    for age, wrong in enumerate(("slow", "stubborn"), start=40):
        assert any(is_done_in_time(age, wrong) for _ in range(5))


def test_the_next_write_has_a_dry_run_again(wrong_stack: WrongStack) -> None:
    wrong_stack.set_stage(CREATE, "shadow")
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
