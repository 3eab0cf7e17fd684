"""The transaction of a dry run: a write does all it does, and is always rolled back."""

import time

from psycopg import Error

from api_edge.postgresql.database import Connection, Transaction
from shared_domain.database import Parameters, Row
from shared_domain.postgres import ends_transaction
from shared_domain.rollout.dry_run_sql_store import (
    CHECK_CONSTRAINTS,
    READ_EFFECTS,
    ROLL_BACK,
    begin_read,
    begin_write,
)
from shared_domain.rows import only_value


class CommitNotAllowed(RuntimeError):
    """An endpoint ended its transaction by itself, or began one after it had been given up.

    The caller of a service owns the transaction: take the COMMIT out of the store. In a dry run it
    would store what must not last.
    """


class _NoPool:
    """A dry run has one connection, which is never given back."""


class DryRunTransaction(Transaction):
    """A transaction that is always rolled back, for dry runs and shadow requests of the edge.

    That of a read is READ ONLY, so that PostgreSQL itself refuses writes. A write runs until it
    would commit: deferred constraints are checked, and ``recorded`` has the rows that it wrote.
    """

    def __init__(self, connection: Connection, *, is_read: bool, within_seconds: float) -> None:
        """``connection`` is the only one of this process, outside of any transaction."""
        super().__init__(_NoPool())  # type: ignore[arg-type]
        self._only_connection = connection
        self._is_read = is_read
        self._milliseconds = max(1, round(within_seconds * 1000))
        self._has_ended = False
        #: The rows that it wrote, for ``parse_effects``.
        self.recorded: str | None = None if is_read else ""
        #: Time that only a dry run takes, and no response to a caller.
        self.overhead_seconds = 0.0
        #: More than once: it has seen more than one snapshot.
        self.times_begun = 0

    @property
    def snapshot(self) -> str | None:
        """The PostgreSQL snapshot of a write; None for a read, or without any statement."""
        return None if self._is_read else self._begin_result

    async def fetch_all(self, statement: str, parameters: Parameters) -> list[Row]:
        _refuse_to_end(statement)
        return await super().fetch_all(statement, parameters)

    async def fetch_one(self, statement: str, parameters: Parameters) -> Row | None:
        _refuse_to_end(statement)
        return await super().fetch_one(statement, parameters)

    async def execute(self, statement: str, parameters: Parameters) -> int:
        _refuse_to_end(statement)
        return await super().execute(statement, parameters)

    async def commit(self) -> None:
        """Check deferred constraints and read the written rows, in place of COMMIT."""
        if self._connection is None or self._is_read:
            return
        await self.execute(CHECK_CONSTRAINTS, {})
        began_at = time.perf_counter()
        self.recorded = only_value(await self.fetch_one(READ_EFFECTS, {}))
        self.overhead_seconds += time.perf_counter() - began_at

    async def close(self) -> None:
        """Roll back, and release what outlasts a transaction, such as advisory locks."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            await connection.execute(ROLL_BACK, prepare=False)
        except BaseException as problem:
            # What it still holds is unknown; the server releases all of a lost session.
            await connection.close()
            if not isinstance(problem, Error):
                raise

    async def end(self) -> None:
        """Roll back, and refuse statements of tasks that the endpoint has left running."""
        self._has_ended = True
        await self.close()

    async def _begin(self) -> Connection:
        if self._has_ended:
            raise CommitNotAllowed
        self.was_used = True
        began_at = time.perf_counter()
        self.times_begun += 1
        connection = self._only_connection
        try:
            await self._send_begin(connection)
        except BaseException:
            # Its time may have run out between BEGIN and the rest: the next one on this
            # connection would find itself in that transaction, and fail.
            self._connection = connection
            await self.close()
            raise
        self._connection = connection
        if self._is_read:
            # A read that answers a caller begins no transaction.
            self.overhead_seconds += time.perf_counter() - began_at
        return connection

    def _begin_statement(self) -> str:
        if self._is_read:
            return begin_read(milliseconds=self._milliseconds)
        return begin_write(milliseconds=self._milliseconds, audit_context=self.stamp())


def _refuse_to_end(statement: str) -> None:
    if ends_transaction(statement):
        raise CommitNotAllowed
