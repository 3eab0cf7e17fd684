"""Transactions that are led step by step, for meetings too rare to wait for."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from api_edge.postgresql.database import (
    PsycopgDatabase,
    configure_connection,
    connection_arguments,
)
from api_edge.postgresql.pool import Connection
from shared_domain.bookings.sql_store import SqlBookingStore
from tests.concurrency.callers import Call, patient_settings, store_on
from tests.harness.waiting import LOCK_WAITS


class Stage:
    """Opens transactions on one database, and knows how many of them wait for a lock."""

    def __init__(self, url: str, watcher: Connection) -> None:
        self._url = url
        self._watcher = watcher

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlBookingStore]:
        """Begin a transaction that is committed with the block."""
        async with await _connect(self._url) as connection, connection.transaction():
            yield store_on(connection)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[PsycopgDatabase]:
        """Begin such a transaction for another store than that of bookings."""
        async with await _connect(self._url) as connection, connection.transaction():
            yield PsycopgDatabase(connection)

    async def run(self, call: Call) -> Any:
        async with self.transaction() as store:
            return await call.run(store)

    async def begin(self, service: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Start something that will have to wait for a lock, and return once it does."""
        waiting_before = await self.count_waiting()
        task = asyncio.ensure_future(service)
        # Nothing tells this process when another session begins to wait: it has to look.
        while await self.count_waiting() == waiting_before and not task.done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return task

    async def count_waiting(self) -> int:
        """Return how many sessions wait for a lock."""
        row = await (await self._watcher.execute(LOCK_WAITS)).fetchone()
        assert row is not None
        return int(row[0])


@asynccontextmanager
async def stage(url: str) -> AsyncIterator[Stage]:
    async with await _connect(url) as watcher:
        yield Stage(url, watcher)


async def _connect(url: str) -> Connection:
    connection = await Connection.connect(url, **connection_arguments())
    await configure_connection(connection, patient_settings(url))
    return connection
