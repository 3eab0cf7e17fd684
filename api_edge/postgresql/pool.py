"""The edge's connections to PostgreSQL: none waits for ever, and writes never take all of them.

How a call gets an answer in time, whatever becomes of PostgreSQL
    - A connection waits for the server until the deadline of the call
      (``shared_domain/deadline.py``), and where there is none, until a little after the server's
      own time-out for statements. Then the connection is closed, and the call ends with an error.
    - Writes hold at most their share of the pool: those that wait for the lock of one departure
      leave connections to everything that reads.
    - A connection that was lost drains the pool: after a restart all the others are dead as well.
    - A session that became read-only is not given out again: its server is no primary any more.
"""

import asyncio
import time
from typing import Any

from psycopg import AsyncConnection, Error, OperationalError
from psycopg.abc import RV, PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import _WaitTimeout
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from shared_domain import deadline, postgres

#: A server that has a time-out for statements keeps to it within this time, or is frozen.
GRACE_SECONDS = 2.0

#: How much of a pool writes may hold at once.
SHARE_OF_WRITES = 0.6

#: A session that is read-only and older than this may be of another time: a new one may not be.
STALE_AFTER_SECONDS = 1.0


class DeadlineExceeded(OperationalError):
    """PostgreSQL has not answered within the time that the call, or any statement, may take."""


class StaleSession(OperationalError):
    """The session is read-only; by now its server, or another one, may take writes."""


class Connection(AsyncConnection[TupleRow]):
    """A connection that waits for the server no longer than the call that uses it may take."""

    #: How long it waits where no call has a deadline.
    most_seconds = 10.0 + GRACE_SECONDS
    holds_share_of_writes = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.opened_at = time.monotonic()

    @property
    def is_read_only(self) -> bool:
        """Whether it takes no writes, as far as the server has told."""
        return postgres.is_read_only(self.pgconn.parameter_status)

    async def wait(
        self,
        gen: PQGen[RV],
        interval: float = 0.1,
        timeout: float | None = None,  # noqa: ASYNC109 (psycopg's signature)
    ) -> RV:
        """Wait for the server; psycopg does all its waiting on an open connection here.

        Raises:
            DeadlineExceeded: nothing was sent, or the connection is closed.
        """
        if timeout is not None:
            # psycopg's own, as for cancelling a statement.
            return await super().wait(gen, interval, timeout)
        seconds = deadline.seconds_left(self.most_seconds)
        if seconds <= 0:
            gen.close()
            raise DeadlineExceeded
        try:
            return await super().wait(gen, interval, seconds)
        except _WaitTimeout:
            # What the server still does cannot be known, nor what its next answer would belong to.
            self.pgconn.finish()
            raise DeadlineExceeded from None


class Pool(AsyncConnectionPool[Connection]):
    """A pool that keeps to deadlines, reserves room for reads, and replaces what is lost."""

    def __init__(
        self,
        address: str,
        *,
        max_size: int,
        share_of_writes: float = SHARE_OF_WRITES,
        limits: str = "",
        **options: Any,
    ) -> None:
        parts = postgres.connection_parameters(conninfo_to_dict(address))
        super().__init__(
            make_conninfo(**parts), connection_class=Connection, max_size=max_size, **options
        )
        #: What each transaction begins with, where its session keeps no settings.
        self.limits = limits
        self._wants_primary = postgres.wants_primary(parts)
        self._writes = asyncio.Semaphore(max(1, int(max_size * share_of_writes)))
        self._drained_last_at = float("-inf")

    async def getconn(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 (psycopg_pool's signature)
    ) -> Connection:
        """Take a connection.

        Raises:
            PoolTimeout: none was free in time.
        """
        most = self.timeout if timeout is None else timeout
        return await super().getconn(deadline.seconds_left(most))

    async def getconn_to_write(self) -> Connection:
        """Take a connection out of the share of the writes.

        Raises:
            PoolTimeout: none was free in time.
        """
        try:
            async with asyncio.timeout(deadline.seconds_left(self.timeout)):
                await self._writes.acquire()
        except TimeoutError:
            raise PoolTimeout("the writes have taken their share of the connections") from None
        try:
            connection = await self.getconn()
        except BaseException:
            self._writes.release()
            raise
        connection.holds_share_of_writes = True
        return connection

    async def putconn(self, conn: Connection) -> None:
        """Give a connection back."""
        if conn.holds_share_of_writes:
            conn.holds_share_of_writes = False
            self._writes.release()
        if self._wants_primary and conn.is_read_only:
            await conn.close()
        await super().putconn(conn)

    async def replace_lost(self, conn: Connection) -> None:
        """Drop what was connected no later than a connection that turned out to be lost."""
        if conn.opened_at > self._drained_last_at:
            self._drained_last_at = time.monotonic()
            await self.drain()


def is_transient(trouble: Error) -> bool:
    """Return whether the server or the way to it is at fault, and the same may work in a moment.

    Without a code the error is the client's own: no connection, or none any more.
    """
    if trouble.sqlstate is None:
        return isinstance(trouble, OperationalError)
    return postgres.is_transient(trouble.sqlstate)


def check_fresh(connection: Connection) -> None:
    """Refuse a session that is read-only, and was opened when its server may have been another.

    Raises:
        StaleSession: another connection may take writes.
    """
    if connection.is_read_only and time.monotonic() - connection.opened_at > STALE_AFTER_SECONDS:
        raise StaleSession
