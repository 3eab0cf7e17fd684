"""A read-only transaction that sees one snapshot for as long as it lasts: for exports.

A snapshot keeps PostgreSQL from removing rows that were changed or deleted since (VACUUM), so the
caller bounds how long it lasts, and the server ends one that is left idle.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import OperationalError
from psycopg.pq import TransactionStatus

from api_edge.postgresql.database import ROLLBACK_SECONDS, Connection, Pool, PsycopgDatabase
from shared_domain import deadline
from shared_domain.database import Parameters, Row

logger = logging.getLogger(__name__)


class SnapshotDatabase(PsycopgDatabase):
    """A ``Database`` on a connection whose statements have a deadline each, not all together."""

    def __init__(self, connection: Connection, *, statement_seconds: float) -> None:
        super().__init__(connection)
        self._statement_seconds = statement_seconds

    async def fetch_all(self, statement: str, parameters: Parameters) -> list[Row]:
        with deadline.within(self._statement_seconds):
            return await super().fetch_all(statement, parameters)

    async def fetch_one(self, statement: str, parameters: Parameters) -> Row | None:
        with deadline.within(self._statement_seconds):
            return await super().fetch_one(statement, parameters)

    async def execute(self, statement: str, parameters: Parameters) -> int:
        with deadline.within(self._statement_seconds):
            return await super().execute(statement, parameters)


@asynccontextmanager
async def read_snapshot(
    pool: Pool, *, statement_seconds: float, idle_seconds: float
) -> AsyncIterator[SnapshotDatabase]:
    """Read in one REPEATABLE READ, READ ONLY transaction, which is rolled back at the end.

    The server ends it when ``idle_seconds`` pass without a statement. Cancelling a task that waits
    for a statement cancels the statement on the server.

    Raises:
        PoolTimeout: no connection was free in time.
    """
    connection = await pool.getconn()
    try:
        await connection.execute(
            f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {pool.limits}"
            f"SET LOCAL idle_in_transaction_session_timeout = {round(idle_seconds * 1000)}",
            prepare=False,
        )
        yield SnapshotDatabase(connection, statement_seconds=statement_seconds)
    finally:
        try:
            if connection.info.transaction_status is not TransactionStatus.IDLE:
                with deadline.within(ROLLBACK_SECONDS):
                    await connection.rollback()
        except OperationalError:
            logger.warning("a snapshot ended with its connection")
        finally:
            await pool.putconn(connection)
