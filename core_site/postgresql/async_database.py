"""The ``Database`` for services in the worker, on an asynchronous connection."""

import asyncio

from psycopg import AsyncConnection, AsyncCursor
from psycopg.types.string import TextLoader

from shared_domain.database import Parameters, Row


class AsyncDatabase:
    """Runs a store's statements on a connection in autocommit, each within ``most_seconds``.

    Raises:
        TimeoutError: the server has not answered in time; the connection must be closed.
    """

    def __init__(self, connection: AsyncConnection[Row], *, most_seconds: float) -> None:
        connection.adapters.register_loader("jsonb", TextLoader)
        self._connection = connection
        self._most_seconds = most_seconds

    async def fetch_all(self, statement: str, parameters: Parameters) -> list[Row]:
        async with asyncio.timeout(self._most_seconds):
            return await (await self._execute(statement, parameters)).fetchall()

    async def fetch_one(self, statement: str, parameters: Parameters) -> Row | None:
        async with asyncio.timeout(self._most_seconds):
            return await (await self._execute(statement, parameters)).fetchone()

    async def execute(self, statement: str, parameters: Parameters) -> int:
        async with asyncio.timeout(self._most_seconds):
            return (await self._execute(statement, parameters)).rowcount

    async def _execute(self, statement: str, parameters: Parameters) -> AsyncCursor[Row]:
        return await self._connection.execute(statement.encode(), parameters)
