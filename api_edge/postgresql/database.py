"""``shared_domain.database.Database`` on async psycopg: transactions, and reads in autocommit."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from psycopg import Error, OperationalError
from psycopg.errors import AdminShutdown, CrashShutdown, IdleSessionTimeout
from psycopg.pq import TransactionStatus
from psycopg.types.string import TextLoader

from api_edge.postgresql.commit_outcome import OutcomeUnknown, resolve_commit_outcome
from api_edge.postgresql.numbered_parameters import execute
from api_edge.postgresql.pool import (
    GRACE_SECONDS,
    SHARE_OF_WRITES,
    UNNAMED,
    DeadlineExceeded,
    StaleSession,
)
from api_edge.postgresql.pool import Connection as Connection
from api_edge.postgresql.pool import Pool as Pool
from api_edge.settings import Settings
from shared_domain import deadline
from shared_domain.database import Parameters, Row
from shared_domain.idempotency import CommitAttempt, CommitOutcome, proves_rollback
from shared_domain.idempotency.sql_store import SqlIdempotencyStore

logger = logging.getLogger(__name__)

# It warns at each attempt, several a second. The listener logs once that the database is away, and
# once that it is back.
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)


#: How long the rollback of an abandoned transaction may take.
ROLLBACK_SECONDS = 1.0


class PsycopgDatabase:
    """A ``Database`` on one connection, whose transaction the caller manages."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def fetch_all(self, statement: str, parameters: Parameters) -> list[Row]:
        cursor = await execute(self._connection, statement, parameters)
        return await cursor.fetchall()

    async def fetch_one(self, statement: str, parameters: Parameters) -> Row | None:
        cursor = await execute(self._connection, statement, parameters)
        return await cursor.fetchone()

    async def execute(self, statement: str, parameters: Parameters) -> int:
        cursor = await execute(self._connection, statement, parameters)
        return cursor.rowcount


class AutocommitDatabase:
    """A ``Database`` on the pool in autocommit, for reads.

    Each statement runs on its own and takes a connection only while it runs: without a
    transaction, two round trips are saved. Two statements may see different snapshots, so
    anything that writes uses ``Transaction``.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def fetch_all(self, statement: str, parameters: Parameters) -> list[Row]:
        try:
            return await self._fetch_all(statement, parameters)
        except LostConnection:
            return await self._fetch_all(statement, parameters)

    async def fetch_one(self, statement: str, parameters: Parameters) -> Row | None:
        rows = await self.fetch_all(statement, parameters)
        return rows[0] if rows else None

    async def execute(self, statement: str, parameters: Parameters) -> int:
        connection = await self._pool.getconn()
        try:
            return await PsycopgDatabase(connection).execute(statement, parameters)
        finally:
            await self._pool.putconn(connection)

    async def _fetch_all(self, statement: str, parameters: Parameters) -> list[Row]:
        connection = await self._pool.getconn()
        try:
            cursor = await execute(connection, statement, parameters)
            return await cursor.fetchall()
        except OperationalError as error:
            await _raise_if_lost(error, connection, self._pool)
            raise
        finally:
            await self._pool.putconn(connection)


class Transaction:
    """A ``Database`` in one transaction, which begins with its first statement.

    So a request that is rejected as malformed never touches the database.
    """

    #: Statements that are sent along with BEGIN.
    _after_begin = ""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        #: Makes the statement for the audit trail that is sent along with BEGIN.
        self.stamp: Callable[[], str] = lambda: "SELECT NULL"
        #: Names what it will lock and others want as well (``Pool.getconn_to_write``).
        self.wanted_lock: Callable[[], str] = lambda: UNNAMED
        #: Awaited before the first statement; it may raise, and the statement is not executed.
        self.on_begin: Callable[[], Awaitable[None]] | None = None
        #: The attempt whose record this transaction has stored, with an answer, for ``commit``.
        self.recorded_attempt: CommitAttempt | None = None
        self._connection: Connection | None = None
        #: What the last statement of ``_begin_statement`` answered.
        self._begin_result: str | None = None
        self._attempt: CommitAttempt | None = None
        self._has_committed = False
        self.was_used = False
        self.commit_outcome = CommitOutcome.NOT_STORED

    async def fetch_all(self, statement: str, parameters: Parameters) -> list[Row]:
        connection = self._connection or await self._begin_with_hook()
        cursor = await execute(connection, statement, parameters)
        return await cursor.fetchall()

    async def fetch_one(self, statement: str, parameters: Parameters) -> Row | None:
        connection = self._connection or await self._begin_with_hook()
        cursor = await execute(connection, statement, parameters)
        return await cursor.fetchone()

    async def execute(self, statement: str, parameters: Parameters) -> int:
        connection = self._connection or await self._begin_with_hook()
        cursor = await execute(connection, statement, parameters)
        return cursor.rowcount

    async def commit(self) -> None:
        """Commit; when the connection is lost meanwhile, find out whether the work was stored.

        Raises:
            NotCommitted: PostgreSQL would roll back instead, because a statement had failed.
            OutcomeUnknown: the answer was lost, and PostgreSQL could not be asked in time.
            Error: nothing was stored: PostgreSQL refused, or the connection was lost before.
        """
        if self._connection is None:
            return
        if self._connection.info.transaction_status is TransactionStatus.INERROR:
            raise NotCommitted
        self._attempt, self.recorded_attempt = self.recorded_attempt or CommitAttempt(), None
        self.commit_outcome = CommitOutcome.UNKNOWN
        try:
            # Not prepared: only then may several statements travel together.
            await self._send_commit(self._connection, self._attempt.statement)
            self.commit_outcome = CommitOutcome.COMMITTED
        except Error as error:
            if proves_rollback(error.diag.severity_nonlocalized):
                self.commit_outcome = CommitOutcome.NOT_STORED
                raise
            await self._drop_connection()
            self.commit_outcome = await resolve_commit_outcome(self._attempt, self._give_up)
            if self.commit_outcome is CommitOutcome.NOT_STORED:
                raise
            if self.commit_outcome is CommitOutcome.UNKNOWN:
                raise OutcomeUnknown from error
        finally:
            self._has_committed = (
                self._has_committed or self.commit_outcome is CommitOutcome.COMMITTED
            )

    async def _send_commit(self, connection: Connection, statement: str) -> None:
        await connection.execute(statement, prepare=False)

    async def resolve_outcome(self) -> CommitOutcome:
        """Return the commit's outcome; query it if ``commit`` was cancelled before its answer.

        An endpoint may commit several times: NOT_STORED means that none of them stored anything.
        """
        if self._has_committed:
            return CommitOutcome.COMMITTED
        if self.commit_outcome is CommitOutcome.UNKNOWN and self._attempt is not None:
            self.commit_outcome = await resolve_commit_outcome(self._attempt, self._give_up)
        return self.commit_outcome

    async def _drop_connection(self) -> None:
        """Free the pool's place: after a crash, commits in doubt may hold all of them."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
            try:
                await self._pool.replace_lost(connection)
            finally:
                await self._pool.putconn(connection)

    async def _give_up(self, record_id: UUID) -> CommitOutcome:
        async with self._pool.connection() as connection:
            try:
                return await SqlIdempotencyStore(PsycopgDatabase(connection)).give_up(record_id)
            except Error:
                await self._pool.replace_lost(connection)
                raise

    async def close(self) -> None:
        """Return the connection to the pool, rolling back what was not committed."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            if connection.is_read_only:
                # Nothing can be written there; the next one may reach the primary.
                await connection.close()
            elif connection.info.transaction_status != TransactionStatus.IDLE:
                # Also after the call's deadline, to save the connection.
                with deadline.within(ROLLBACK_SECONDS):
                    await connection.rollback()
        except OperationalError:
            # The server ended the session, and with it the transaction; the pool replaces it.
            logger.warning("a transaction ended with its connection")
        finally:
            await self._pool.putconn(connection)

    @property
    def has_begun(self) -> bool:
        """Whether a statement was executed, and the transaction has not ended."""
        return self._connection is not None

    async def _begin_with_hook(self) -> Connection:
        connection = await self._begin()
        if self.on_begin is not None:
            await self.on_begin()
        return connection

    async def _begin(self) -> Connection:
        self.was_used = True
        try:
            self._connection = await self._begin_on_connection()
        except LostConnection:
            self._connection = await self._begin_on_connection()
        return self._connection

    async def _begin_on_connection(self) -> Connection:
        connection = await self._pool.getconn_to_write(self.wanted_lock())
        try:
            self._pool.check_fresh(connection)
            await self._send_begin(connection)
        except BaseException as error:
            try:
                if isinstance(error, OperationalError):
                    await _raise_if_lost(error, connection, self._pool)
            finally:
                await self._pool.putconn(connection)
            raise
        return connection

    async def _send_begin(self, connection: Connection) -> None:
        # Not prepared: only then may several statements travel together.
        begun = await connection.execute(self._begin_statement(), prepare=False)
        while begun.nextset():
            pass
        # Of the audit's stamp there are two columns, of a dry run's snapshot one.
        self._begin_result, *_ = await begun.fetchone() or (None,)

    def _begin_statement(self) -> str:
        """Return the statements that begin the transaction; the last one returns a row."""
        return f"BEGIN; {self._after_begin}{self._pool.limits}{self.stamp()}"


class NotCommitted(RuntimeError):
    """``commit`` was called although a statement had failed and its error was swallowed.

    Look for an ``except`` around a store call in the service that ran; a store's error
    must reach the edge, which rolls back and answers with it.
    """


class LostConnection(OperationalError):
    """The connection was unusable before anything was done; another one is worth trying.

    The server had ended the idle session, as a restart does, or is no longer the primary.
    """


async def _raise_if_lost(error: OperationalError, connection: Connection, pool: Pool) -> None:
    """Raise ``LostConnection`` for an error before anything was done that means a lost session.

    Raises:
        LostConnection: the pool has dropped all connections as old as this one.
    """
    is_ended = isinstance(error, (AdminShutdown, CrashShutdown, IdleSessionTimeout))
    is_cut = connection.closed and not isinstance(error, DeadlineExceeded)
    if is_ended or is_cut or isinstance(error, StaleSession):
        await pool.replace_lost(connection)
        raise LostConnection from error


def make_pool(
    settings: Settings,
    *,
    name: str = "edge",
    size: int | None = None,
    min_size: int = 0,
    max_waiting: int = 0,
) -> Pool:
    """Return a connection pool, not opened yet.

    It has ``settings.pool_size`` connections, some of them always open; with ``size``, at most
    that many, of which ``min_size`` are always open. ``max_waiting`` calls may wait for one, 0 for
    any number.
    """

    async def configure(connection: Connection) -> None:
        await configure_connection(connection, settings)

    return Pool(
        settings.database_url,
        kwargs=connection_arguments(is_pooled=settings.is_pooled),
        # A pool of dry runs serves no caller's reads, so that its writes may have all of it.
        share_of_writes=SHARE_OF_WRITES if size is None else 1.0,
        limits=_set_local_timeouts(settings) if settings.is_pooled else "",
        min_size=min(2, settings.pool_size) if size is None else min_size,
        max_size=size or settings.pool_size,
        max_waiting=max_waiting,
        max_waiting_writes=settings.most_waiting,
        timeout=settings.pool_wait_seconds,
        configure=configure,
        name=name,
        open=False,
        # The next request tries a lost server again, without exponential backoff.
        reconnect_timeout=1.0,
    )


def connection_arguments(*, is_pooled: bool = False) -> dict[str, Any]:
    """Return psycopg's connection arguments: autocommit, statements prepared on first use.

    Behind a pooler none is prepared: PgBouncer before 1.21 cannot, and those after it only with
    ``max_prepared_statements`` (psycopg's manual, "Using prepared statements").
    """
    return {
        "autocommit": True,
        "prepare_threshold": None if is_pooled else 0,
        "application_name": "portico-edge",
    }


async def configure_connection(connection: Connection, settings: Settings) -> None:
    """Configure a new connection as ``Database`` promises: UTC, JSON as text, time-outs.

    And without JIT: by the costs that PostgreSQL expects of a calendar, which counts subqueries
    that few departures need, it would compile for a tenth of a second what runs for a millisecond.
    """
    connection.most_seconds = settings.statement_seconds + GRACE_SECONDS
    connection.adapters.register_loader("json", TextLoader)
    connection.adapters.register_loader("jsonb", TextLoader)
    # PgBouncer gives each of its sessions the caller's TimeZone, and no other of these settings
    # (its manual, track_extra_parameters).
    own = {} if settings.is_pooled else {"jit": "off", **_timeouts_ms(settings)}
    await connection.execute(
        "SELECT set_config(name, value, false)"
        " FROM unnest(%(names)s::text[], %(values)s::text[]) AS given (name, value)",
        {"names": ["TimeZone", *own], "values": ["UTC", *map(str, own.values())]},
    )


def _set_local_timeouts(settings: Settings) -> str:
    """Return the SET LOCAL statements for the server's time-outs in one transaction."""
    return "".join(f"SET LOCAL {name} = {ms}; " for name, ms in _timeouts_ms(settings).items())


def _timeouts_ms(settings: Settings) -> dict[str, int]:
    """Return the server's time-out settings, in milliseconds."""
    statement_ms = max(1, round(settings.statement_seconds * 1000))
    return {
        "statement_timeout": statement_ms,
        "lock_timeout": max(1, round(settings.lock_wait_seconds * 1000)),
        "idle_in_transaction_session_timeout": statement_ms,
    }
