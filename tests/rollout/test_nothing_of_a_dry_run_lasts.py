"""Nothing that a dry run does survives it: no row, no notice, no lock, no open transaction."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from api_edge.postgresql.database import Connection, connection_arguments
from api_edge.rollout.dry_run import DryRunTransaction
from tests.harness.waiting import EVENTUALLY_SECONDS, eventually
from tests.rollout.database_snapshot import whole_database
from tests.rollout.stack import an_email
from tests.rollout.wrong_stack import DRY_RUN_SECONDS, WrongStack
from tests.rollout.wrong_writes import OUTLASTING

CREATE, ORDER = "POST /v1/users", "POST /v1/orders"

#: Who hears of what in this database, and one that only the wrong edge knows.
CHANNELS = ("portico_endpoint", "portico_api_key", "procrastinate_any_queue", "mine")

LEFT_OPEN = """
    SELECT application_name, state, query FROM pg_stat_activity
     WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
"""

HELD = """
    SELECT locktype, mode FROM pg_locks
     WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND pid <> pg_backend_pid()
"""


@pytest.fixture
def listener(
    wrong_stack: WrongStack,
) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    with psycopg.connect(wrong_stack.database.owner_url, autocommit=True) as listener:
        for channel in CHANNELS:
            listener.execute(f"LISTEN {channel}")
        yield listener


def heard(listener: "psycopg.Connection[tuple[Any, ...]]") -> list[str]:
    """Return the notices until now: they come in the order of their commits, and one more last."""
    listener.execute("NOTIFY mine, 'the last one'")
    payloads = []
    # Closed at once: the connection is locked for as long as its notices are listened for.
    with closing(listener.notifies(timeout=EVENTUALLY_SECONDS)) as notices:
        for notice in notices:
            if notice.payload == "the last one":
                break
            payloads.append(notice.payload)
    return payloads


def test_when_django_then_does_nothing(
    wrong_stack: WrongStack, listener: "psycopg.Connection[tuple[Any, ...]]"
) -> None:
    new = {"email": an_email(), "age": 30}
    wrong_stack.compare("POST", "/v1/orders", new, headers={"X-Django-Does": "nothing"})
    before, calls = whole_database(wrong_stack.owner), wrong_stack.count_so_far("edge_calls")

    compared = wrong_stack.compare("POST", "/v1/orders", new, headers={"X-Django-Does": "nothing"})

    assert compared.places == {
        ("rows:users_user/0", "extra"),
        ("rows:pghistory_context/0", "extra"),
        ("rows:events_event/0", "extra"),
        ("rows:events_event/1", "extra"),
    }
    assert whole_database(wrong_stack.owner) == before
    assert heard(listener) == []
    assert wrong_stack.count("edge_calls") == calls


@pytest.mark.parametrize(
    "wrong", [*OUTLASTING, "breaks", "goes on", "slow", "slow in a thread", "stubborn"]
)
def test_whatever_the_edge_tries(
    wrong_stack: WrongStack, listener: "psycopg.Connection[tuple[Any, ...]]", wrong: str
) -> None:
    refused = {"email": wrong_stack.a_user()["email"], "age": 30}
    other = {"email": an_email(), "age": 30}
    before = whole_database(wrong_stack.owner)

    with wrong_stack.limits(DRY_RUN_SECONDS=DRY_RUN_SECONDS):
        assert wrong_stack.compare("POST", "/v1/users", refused, wrong=wrong).answer.status == 409
        created = wrong_stack.compare("POST", "/v1/users", other, wrong=wrong)

    assert created.answer.status == 201
    after = whole_database(wrong_stack.owner)
    changed = {name for name in after if after[name] != before[name]}
    # Django's own work, and nothing beside it.
    assert changed == {"users_user", "users_userevent", "pghistory_context"}
    assert {name: len(after[name]) - len(before[name]) for name in changed} == dict.fromkeys(
        changed, 1
    )
    assert heard(listener) == []
    assert eventually(lambda: not wrong_stack.rows(LEFT_OPEN)), wrong_stack.rows(LEFT_OPEN)
    assert eventually(lambda: not wrong_stack.rows(HELD)), wrong_stack.rows(HELD)


def test_the_connection_is_as_good_as_new(wrong_stack: WrongStack) -> None:
    with wrong_stack.limits(DRY_RUN_SECONDS=DRY_RUN_SECONDS):
        for wrong in OUTLASTING:
            wrong_stack.compare("POST", "/v1/users", {"email": an_email(), "age": 30}, wrong=wrong)

    for _ in range(8):
        compared = wrong_stack.compare("POST", "/v1/users", {"email": an_email(), "age": 30})
        assert compared.verdict == "match"


@pytest.mark.parametrize("is_read", [True, False])
def test_one_whose_time_runs_out_as_it_begins_leaves_no_transaction(
    wrong_stack: WrongStack, is_read: bool
) -> None:
    async def begin_too_late() -> TransactionStatus:
        address = wrong_stack.database.edge_url
        async with await Connection.connect(address, **connection_arguments()) as connection:
            dry_run = DryRunTransaction(connection, is_read=is_read, within_seconds=1)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await dry_run.fetch_one("SELECT 1", {})
            await dry_run.end()
            return connection.info.transaction_status

    assert asyncio.run(begin_too_late()) is TransactionStatus.IDLE
