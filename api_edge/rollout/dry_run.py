"""A dry-run transaction: everything that a write does, always rolled back."""

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


class CommitNotAllowed(RuntimeError):
    """An endpoint ended its transaction by itself, or began one after it had been given up.

    The caller of a service owns the transaction: take the COMMIT out of the store. In a trial it
    would make last what must not.
    """


class _NoPool:
    """A dry run has one connection, which is never given back."""


class DryRunTransaction(Transaction):
    """A transaction that is always rolled back: the edge's part of a shadow or a rehearsal.

    A read is tried READ ONLY, so that PostgreSQL itself refuses what would write. A write is
    tried until the point where it would commit: constraints that wait for that are checked, and
    ``recorded`` is what it has written.
    """

    def __init__(self, connection: Connection, *, is_read: bool, within_seconds: float) -> None:
        """``connection`` is the only one of this process, outside of any transaction."""
        super().__init__(_NoPool())  # type: ignore[arg-type]
        self._only_connection = connection
        self._is_read = is_read
        self._milliseconds = max(1, round(within_seconds * 1000))
        self._has_ended = False
        #: What ``parse_effects`` reads.
        self.recorded: str | None = None if is_read else ""
        #: What only a trial takes: the same endpoint, answering callers, is that much quicker.
        self.overhead_seconds = 0.0
        #: More than once: what was asked has not seen one snapshot only.
        self.times_begun = 0

    @property
    def snapshot(self) -> str | None:
        """What a rehearsal could see when it began; None when it asked the database nothing."""
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
        """End it as far as it goes without lasting."""
        if self._connection is None or self._is_read:
            return
        await self.execute(CHECK_CONSTRAINTS, {})
        began_at = time.perf_counter()
        row = await self.fetch_one(READ_EFFECTS, {})
        self.recorded = row[0] if row else None
        self.overhead_seconds += time.perf_counter() - began_at

    async def close(self) -> None:
        """Roll back, and let go of what outlasts a transaction: advisory locks of the session."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            await connection.execute(ROLL_BACK, prepare=False)
        except BaseException as problem:
            # What it still holds is unknown; the server takes it all back from a lost session.
            await connection.close()
            if not isinstance(problem, Error):
                raise

    async def end(self) -> None:
        """Roll back, and refuse whatever an endpoint still sends from a task of its own."""
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
            # Not prepared: only then may several statements travel together.
            begun = await connection.execute(self._begin_statement(), prepare=False)
            while begun.nextset():
                pass
            row = await begun.fetchone()
        except BaseException:
            # Its time may have run out between BEGIN and the rest: the next one on this
            # connection would find itself in that transaction, and fail.
            self._connection = connection
            await self.close()
            raise
        self._begin_result = row[0] if row else None
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
