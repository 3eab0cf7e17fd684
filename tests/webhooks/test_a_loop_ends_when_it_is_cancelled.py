"""A worker's delivery loop ends when it is cancelled or PostgreSQL says nothing any more."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import pytest
from psycopg_pool import AsyncConnectionPool

from core_site.events import sequencer
from core_site.webhooks.sending import delivery_loop
from core_site.webhooks.sending.delivery_loop import (
    DeliveryLoop,
    Listening,
    WorkerDatabases,
    run_with_database,
)
from shared_domain.webhooks import Lane
from tests.harness.databases import CommittedDatabase
from tests.harness.postgres_proxy import PostgresProxy
from tests.harness.waiting import EVENTUALLY_SECONDS


class NothingIsAnnounced:
    """A connection that listens, and hears nothing."""

    async def execute(self, statement: bytes) -> None:
        pass

    async def notifies(self) -> AsyncIterator[None]:
        await asyncio.Event().wait()
        yield


class OneDestination:
    """One claim; its delivery lasts until the test ends it."""

    most_at_once = dict.fromkeys(Lane, 1)
    most_claimed = 1

    def __init__(self) -> None:
        self.is_looked_at, self.look_ends = asyncio.Event(), asyncio.Event()
        self.claimed = ["claim"]

    async def mark(self) -> bool:
        return False

    async def claim(self, lane: Lane, *, most: int) -> Sequence[str]:
        claimed, self.claimed = self.claimed[:most], self.claimed[most:]
        return claimed

    async def deliver(self, claimed: str) -> None:
        self.is_looked_at.set()
        await self.look_ends.wait()

    async def release(self, claimed: Sequence[Any]) -> None:
        raise AssertionError("the delivery has ended")


@pytest.mark.parametrize("steps", range(8))
def test_however_close_the_end_of_a_look_is(steps: int) -> None:
    async def cancel_after_the_end() -> bool:
        deliveries = OneDestination()
        loop = DeliveryLoop(deliveries, cast(Listening, NothingIsAnnounced()))
        running = asyncio.create_task(loop.run())
        await deliveries.is_looked_at.wait()
        deliveries.look_ends.set()
        for _ in range(steps):
            # One turn of the event loop.
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait({running}, timeout=EVENTUALLY_SECONDS)
        return running.cancelled()

    assert asyncio.run(cancel_after_the_end())


def test_neither_begin_nor_commit_waits_for_ever(
    committed_database: CommittedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a primary that is frozen: the loop gives up, and connects to what took over."""

    async def lose_the_server(wire: PostgresProxy, databases: WorkerDatabases) -> list[object]:
        is_lost = asyncio.Event()

        async def commit() -> None:
            async with databases.writing() as database:
                await database.fetch_one("SELECT 1", {})
                wire.swallow()
                # What was answered before may have taken longer.
                monkeypatch.setattr(delivery_loop, "STATEMENT_SECONDS", 0.5)
                is_lost.set()

        async def begin() -> None:
            await is_lost.wait()
            async with databases.writing():
                raise AssertionError("there is no answer to BEGIN")

        return list(await asyncio.gather(commit(), begin(), return_exceptions=True))

    async def connect() -> list[object]:
        async with PostgresProxy(committed_database.owner_url) as wire:
            pool = AsyncConnectionPool(
                wire.url, kwargs={"autocommit": True}, min_size=2, open=False
            )
            async with pool:
                await pool.wait()
                lost = lose_the_server(wire, WorkerDatabases(pool))
                return await asyncio.wait_for(lost, EVENTUALLY_SECONDS)

    assert [type(outcome) for outcome in asyncio.run(connect())] == [TimeoutError, TimeoutError]


def test_a_server_that_says_nothing_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An attempt to connect ends by its time-out, and is no connection that has lasted."""

    async def attempt_three_times(folder: str) -> None:
        accepted, is_enough, is_over = 0, asyncio.Event(), asyncio.Event()

        async def say_nothing(*_: object) -> None:
            nonlocal accepted
            accepted += 1
            if accepted == 9:
                is_enough.set()
            await is_over.wait()

        async def never(*_: object) -> None:
            raise AssertionError("there is no connection")

        for module in (sequencer, delivery_loop):
            monkeypatch.setattr(module, "connector_params", lambda: {"host": folder})
        async with await asyncio.start_unix_server(say_nothing, f"{folder}/.s.PGSQL.5432"):
            loops = [
                asyncio.create_task(sequencer.run_sequencer()),
                asyncio.create_task(run_with_database(never, application_name="the loop")),
            ]
            # Of the second loop both the pool and the connection that listens.
            await asyncio.wait_for(is_enough.wait(), EVENTUALLY_SECONDS)
            is_over.set()
            for loop in loops:
                loop.cancel()
            await asyncio.wait(loops)

    with tempfile.TemporaryDirectory(prefix="wire-") as folder:
        asyncio.run(attempt_three_times(folder))

    assert sorted(record.message.partition(" waits")[0] for record in caplog.records) == [
        "the loop", "the sequencer",
    ]  # fmt: skip
