"""The edge's connection pool, with deadlines, a share for writes and failover to a new primary.

How a call gets an answer in time when PostgreSQL fails
    - A connection waits for the server until the call's deadline (``shared_domain/deadline.py``)
      or, without one, until a little after the server's ``statement_timeout``. Then the
      connection is closed, and the call ends with an error.
    - Writes hold at most a share of their pool, and those that want the lock of one departure half
      of that share: the other departures go on selling. Reads have a pool of their own.
    - Beyond a bounded number that wait, a call is refused at once (``PoolBusy``), before it has
      done anything.
    - A lost connection drains the pool: after a restart all other connections are dead as well.
    - A session that became read-only is not reused: its server is no longer the primary.
"""

import time
from typing import Any, Self

from psycopg import AsyncConnection, Error, OperationalError
from psycopg.abc import RV, PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import _WaitTimeout
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from api_edge.fair_slots import FairSlots, NoSlot, Slot, estimate_seconds, moving_mean
from shared_domain import deadline, postgres

#: Asks whether the server answers; reads no table.
PING = "SELECT 1"

#: How much later than ``statement_timeout`` a server may answer before it counts as frozen.
GRACE_SECONDS = 2.0

#: The share of a pool's connections that writes may hold at once.
SHARE_OF_WRITES = 0.6

#: Figures of ``get_stats``: connections that are open or being opened, and calls that wait for one.
SIZE, WAITING = "pool_size", "requests_waiting"

#: The queue of writes that want the lock of nothing that is known before.
UNNAMED = ""


class DeadlineExceeded(OperationalError):
    """PostgreSQL did not answer within the call's deadline or the longest time of a statement."""


class PoolBusy(PoolTimeout):
    """No connection was free in time, or too many calls wait already; nothing was done.

    ``retry_after_seconds`` is how long those that wait would take, by what was measured.
    """

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class StaleSession(OperationalError):
    """The session is read-only; a new one may reach a server that accepts writes."""


class Connection(AsyncConnection[TupleRow]):
    """A connection that waits for the server only until the deadline of the call that uses it."""

    #: How long it waits without a deadline.
    most_seconds = 10.0 + GRACE_SECONDS
    #: The share of the writes that it takes.
    write_slot: Slot | None = None
    taken_at = 0.0

    #: When it was asked for, which is before the server began the session.
    asked_for_at = 0.0

    @classmethod
    async def connect(cls, conninfo: str = "", **options: Any) -> Self:
        asked_for_at = time.monotonic()
        connection = await super().connect(conninfo, **options)
        connection.asked_for_at = asked_for_at
        return connection

    @property
    def is_read_only(self) -> bool:
        """Whether the session accepts no writes, as far as the server has reported.

        False for a closed one, of which libpq tells nothing.
        """
        return not self.closed and postgres.is_read_only(self.pgconn.parameter_status)

    async def wait(
        self,
        gen: PQGen[RV],
        interval: float = 0.1,
        timeout: float | None = None,  # noqa: ASYNC109 (psycopg's signature)
    ) -> RV:
        """Wait for the server until the deadline; psycopg waits here for every answer.

        Raises:
            DeadlineExceeded: nothing was sent, or the connection has been closed.
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
            # The server may still be executing, and its next answer belongs to this statement.
            self.pgconn.finish()
            raise DeadlineExceeded from None


class Pool(AsyncConnectionPool[Connection]):
    """A pool that observes deadlines, reserves connections for reads and replaces lost ones."""

    def __init__(
        self,
        address: str,
        *,
        max_size: int,
        max_waiting: int = 0,
        max_waiting_writes: int = 500,
        share_of_writes: float = SHARE_OF_WRITES,
        limits: str = "",
        **options: Any,
    ) -> None:
        """``max_waiting`` calls may wait for a connection, 0 for any number.

        ``max_waiting_writes`` may wait for the share of the writes.
        """
        parts = postgres.connection_parameters(conninfo_to_dict(address))
        super().__init__(
            make_conninfo(**parts),
            connection_class=Connection,
            max_size=max_size,
            max_waiting=max_waiting,
            **options,
        )
        #: Statements that begin each transaction behind a pooler, which keeps no settings.
        self.limits = limits
        self._wants_primary = postgres.wants_primary(parts)
        self._read_only_sessions = postgres.ReadOnlySessions()
        most_writes = max(1, int(max_size * share_of_writes))
        self._writes = FairSlots(
            most_writes,
            share_of=lambda wanted: most_writes if wanted == UNNAMED else (most_writes + 1) // 2,
            max_waiting=max_waiting_writes,
        )
        self._mean_seconds = 0.0
        self._drained_last_at = float("-inf")

    async def getconn(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 (psycopg_pool's signature)
    ) -> Connection:
        """Take a connection.

        Raises:
            PoolBusy: none was free in time, or too many calls wait already.
            PoolTimeout: none could be opened in time.
        """
        most = self.timeout if timeout is None else timeout
        try:
            connection = await super().getconn(deadline.seconds_left(most))
            while connection.asked_for_at < self._drained_last_at:
                # It was being opened when the others were lost, and so was not drained.
                await connection.close()
                await super().putconn(connection)
                connection = await super().getconn(deadline.seconds_left(most))
        except (PoolTimeout, TooManyRequests) as refused:
            size = self.get_stats()[SIZE]
            is_away = isinstance(refused, PoolTimeout) and size < self.max_size
            if is_away:
                raise
            if not size:
                # Calls that have given up are counted as waiting until a connection comes, and one
                # that is refused for their number asks for none: after an outage none would come.
                await self.check()
            message = "the connections are in use"
            raise PoolBusy(message, retry_after_seconds=self._retry_after_seconds()) from None
        connection.taken_at = time.monotonic()
        return connection

    async def getconn_to_write(self, wanted: str = UNNAMED) -> Connection:
        """Take a connection from the share of the writes.

        ``wanted`` names what the transaction will lock, such as a departure: of those that want the
        same, half of the share may run at once, so that others find a connection.

        Raises:
            PoolBusy: none was free in time, or too many calls wait already.
        """
        wait_seconds = deadline.seconds_left(self.timeout)
        try:
            slot = await self._writes.take((wanted,), queue=wanted, wait_seconds=wait_seconds)
        except NoSlot as refused:
            message = "the writes have taken their share of the connections"
            raise PoolBusy(message, retry_after_seconds=refused.retry_after_seconds) from None
        try:
            connection = await self.getconn()
        except BaseException:
            slot.release()
            raise
        connection.write_slot = slot
        return connection

    def _retry_after_seconds(self) -> int:
        waiting = self.get_stats()[WAITING]
        return estimate_seconds(self._mean_seconds, (waiting + 1) / self.max_size)

    async def putconn(self, conn: Connection) -> None:
        """Return a connection to the pool, and release its share of the writes."""
        self._mean_seconds = moving_mean(self._mean_seconds, time.monotonic() - conn.taken_at)
        if conn.write_slot is not None:
            conn.write_slot.release()
            conn.write_slot = None
        if self._wants_primary and conn.is_read_only:
            await conn.close()
        await super().putconn(conn)

    def check_fresh(self, connection: Connection) -> None:
        """Refuse a read-only session if a new one may accept writes.

        Raises:
            StaleSession: it is to be replaced.
        """
        if self._read_only_sessions.is_stale(connection, now=time.monotonic()):
            raise StaleSession

    async def replace_lost(self, conn: Connection) -> None:
        """Replace all pooled connections, since ``conn`` was lost; once for all of the same age.

        Those of the same age that are being opened meanwhile are replaced by ``getconn``.
        """
        if conn.asked_for_at > self._drained_last_at:
            self._drained_last_at = time.monotonic()
            await self.drain()


def is_transient(error: Error) -> bool:
    """Return whether an error is transient: the same statement may succeed in a moment.

    An error without an SQLSTATE is the client's own: it has no connection, or lost it.
    """
    if error.sqlstate is None:
        return isinstance(error, OperationalError)
    return postgres.is_transient(error.sqlstate)
