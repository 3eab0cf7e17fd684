"""The databases of the tuned peers: asyncpg's pool, or the connection that Django has opened.

``octo`` awaits either; what is awaited of Django's never suspends, so that ``run_now`` drives it.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from threading import Thread
from typing import Any, Protocol

#: Portico's triggers notify it of changed keys and partners.
KEY_CHANNEL = "portico_api_key"


class Database(Protocol):
    """Executes statements; each on its own unless in the block of a transaction."""

    async def fetch(self, statement: str, *values: Any) -> Sequence[Any]: ...

    def transaction(self) -> Any: ...


class AsyncpgDatabase:
    """A pool of asyncpg's, of as many connections as the edge has."""

    def __init__(self) -> None:
        self._pool: Any = None
        self._listener: Any = None

    async def open(self, url: str, *, on_key_change: Callable[[], None]) -> None:
        import asyncpg

        self._pool = await asyncpg.create_pool(
            url, min_size=4, max_size=10, server_settings={"timezone": "UTC"}
        )
        self._listener = await asyncpg.connect(url)
        await self._listener.add_listener(KEY_CHANNEL, lambda *notice: on_key_change())

    async def close(self) -> None:
        await self._listener.close()
        await self._pool.close()

    async def fetch(self, statement: str, *values: Any) -> Sequence[Any]:
        return await self._pool.fetch(statement, *values)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Database]:
        async with self._pool.acquire() as connection, connection.transaction():
            yield connection


class DjangoConnection:
    """The connection of Django's that the calling thread has, with raw cursors of psycopg's."""

    async def fetch(self, statement: str, *values: Any) -> Sequence[Any]:
        from django.db import connection
        from psycopg import RawCursor

        connection.ensure_connection()
        with RawCursor(connection.connection) as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Database]:
        from django.db import transaction

        with transaction.atomic():
            yield self


def listen_in_thread(url: str, *, on_key_change: Callable[[], None]) -> None:
    """Call back at each change of a key, from a thread that ends with the process."""
    import psycopg

    def listen() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"LISTEN {KEY_CHANNEL}")
            for _ in connection.notifies():
                on_key_change()

    Thread(target=listen, daemon=True).start()
