"""Idempotency records in PostgreSQL."""

from datetime import timedelta
from uuid import UUID

from shared_domain.database import Database
from shared_domain.idempotency.model import CommitOutcome

# A transaction that has written nothing, and so has no id, leaves no record either.
RECORD = """
    INSERT INTO idempotency_record (id)
    SELECT %(id)s::uuid WHERE pg_current_xact_id_if_assigned() IS NOT NULL
"""

GIVE_UP = """
    INSERT INTO idempotency_record (id, is_given_up) VALUES (%(id)s, true)
        ON CONFLICT (id) DO NOTHING
"""

IS_GIVEN_UP = """
    SELECT is_given_up FROM idempotency_record WHERE id = %(id)s
"""

PURGE = """
    DELETE FROM idempotency_record
     WHERE id IN (
           SELECT id FROM idempotency_record
            WHERE created_at < now() - %(kept_for)s::interval
            ORDER BY created_at
            LIMIT %(limit)s)
"""


def record_statement(record_id: UUID) -> str:
    """Return ``RECORD`` with the id inlined, so that it can be sent in one message with COMMIT."""
    return RECORD.strip().replace("%(id)s", f"'{record_id}'")


class SqlIdempotencyStore:
    """The idempotency records, on a connection in autocommit."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def give_up(self, record_id: UUID) -> CommitOutcome:
        """Return whether a transaction was committed; if it was not, it never can be from now on.

        Waits for a transaction in progress, up to the session's ``lock_timeout``. Safe to repeat,
        with the same result.
        """
        if await self._database.execute(GIVE_UP, {"id": record_id}) == 1:
            return CommitOutcome.NOT_STORED
        # A statement of its own: a snapshot from before the wait would not show the record.
        row = await self._database.fetch_one(IS_GIVEN_UP, {"id": record_id})
        if row is None:
            return CommitOutcome.UNKNOWN
        (is_given_up,) = row
        # An earlier call may have given up although its response was lost.
        return CommitOutcome.NOT_STORED if is_given_up else CommitOutcome.COMMITTED

    async def purge(self, *, kept_for: timedelta, limit: int) -> int:
        """Delete at most ``limit`` older records, and return how many were deleted."""
        return await self._database.execute(PURGE, {"kept_for": kept_for, "limit": limit})
