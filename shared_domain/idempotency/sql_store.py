"""Idempotency records in PostgreSQL."""

import json
from datetime import timedelta
from uuid import UUID

from shared_domain.database import Database
from shared_domain.idempotency.model import (
    MOST_ANSWER_BYTES,
    Answer,
    CommitOutcome,
    EarlierCall,
    IdempotentCall,
)
from shared_domain.rows import by_name, only_value

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

# Held until the transaction ends, with its session too: a process that is killed leaves no lock.
LOCK_CALL = "SELECT pg_advisory_xact_lock(%(lock)s)"

TRY_LOCK_CALL = "SELECT pg_try_advisory_xact_lock(%(lock)s)"

_FOUND_COLUMNS = ("fingerprint", "status", "headers", "body")

FIND_CALL = f"""
    SELECT {", ".join(_FOUND_COLUMNS)}
      FROM idempotency_record
     WHERE key_digest = %(key_digest)s
"""

INSERT_CALL = """
    INSERT INTO idempotency_record
           (id, key_digest, fingerprint, partner_id, test_mode, subject, status, headers, body)
    VALUES (%(id)s, %(key_digest)s, %(fingerprint)s::jsonb, %(partner_id)s, %(test_mode)s,
            %(subject)s, %(status)s, %(headers)s::jsonb, %(body)s)
"""

# Note [Where a record lies] in core_site/idempotency/migrations/partitions.sql.
PURGE_COMMITS = """
    DELETE FROM idempotency_record_commit
     WHERE id IN (
           SELECT id FROM idempotency_record_commit
            WHERE created_at < now() - %(commits_kept_for)s::interval
            ORDER BY created_at
            LIMIT %(limit)s)
"""

PURGE_STRAYS = """
    DELETE FROM idempotency_record_default
     WHERE id IN (
           SELECT id FROM idempotency_record_default
            WHERE created_at < now() - %(commits_kept_for)s::interval
              AND (key_digest IS NULL OR created_at < now() - %(kept_for)s::interval)
            ORDER BY created_at
            LIMIT %(limit)s)
"""

MAKE_PARTITIONS = "SELECT idempotency_make_partitions(%(days_ahead)s)"

DROP_PARTITION = "SELECT idempotency_drop_partition(%(kept_for)s::interval)"


def record_statement(record_id: UUID) -> str:
    """Return ``RECORD`` with the id inlined, so that it can be sent in one message with COMMIT."""
    return RECORD.strip().replace("%(id)s", f"'{record_id}'")


class SqlIdempotencyStore:
    """The idempotency records, on either half's database connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def give_up(self, record_id: UUID) -> CommitOutcome:
        """Return whether a transaction was committed; if it was not, it never can be from now on.

        On a connection in autocommit. Waits for a transaction in progress, up to the session's
        ``lock_timeout``. Safe to repeat, with the same result.
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

    async def lock(self, call: IdempotentCall, *, waits: bool) -> bool:
        """Lock the call's key until the transaction ends; False if another transaction holds it."""
        if waits:
            await self._database.fetch_one(LOCK_CALL, {"lock": call.lock})
            return True
        row = await self._database.fetch_one(TRY_LOCK_CALL, {"lock": call.lock})
        return bool(only_value(row))

    async def find(self, key_digest: bytes) -> EarlierCall | None:
        """Return the stored record of an earlier call with this key, or None."""
        row = await self._database.fetch_one(FIND_CALL, {"key_digest": key_digest})
        if row is None:
            return None
        found = by_name(_FOUND_COLUMNS, row)
        answer = None
        if found["body"] is not None:
            answer = Answer(
                status=found["status"],
                headers=json.loads(found["headers"]),
                body=found["body"].encode(),
            )
        return EarlierCall(fingerprint=json.loads(found["fingerprint"]), answer=answer)

    async def insert(
        self, record_id: UUID, call: IdempotentCall, answer: Answer, *, subject: UUID | None
    ) -> None:
        """Store the record of a call that was carried out."""
        await self._database.execute(
            INSERT_CALL,
            {
                "id": record_id,
                "key_digest": call.key_digest,
                "fingerprint": json.dumps(call.fingerprint),
                "partner_id": call.access.partner_id,
                "test_mode": call.access.test_mode,
                "subject": subject,
                "status": answer.status,
                "headers": json.dumps(answer.headers),
                "body": None if answer.forbids_storing else _text_to_keep(answer.body),
            },
        )

    async def make_partitions(self, *, days_ahead: int) -> int:
        """Create the missing partitions of today and the days ahead, and return how many."""
        row = await self._database.fetch_one(MAKE_PARTITIONS, {"days_ahead": days_ahead})
        return int(only_value(row) or 0)

    async def drop_partition(self, *, kept_for: timedelta) -> bool:
        """Drop the partition of one day that ended longer ago; False when there is none.

        False as well when it is in use at the moment: it is dropped the next time.
        """
        row = await self._database.fetch_one(DROP_PARTITION, {"kept_for": kept_for})
        return bool(only_value(row))

    async def purge(self, *, commits_kept_for: timedelta, kept_for: timedelta, limit: int) -> int:
        """Delete at most ``limit`` expired records of each partition that is never dropped.

        Returns:
            How many were deleted.
        """
        terms = {"commits_kept_for": commits_kept_for, "limit": limit}
        commits = await self._database.execute(PURGE_COMMITS, terms)
        return commits + await self._database.execute(PURGE_STRAYS, terms | {"kept_for": kept_for})


def _text_to_keep(body: bytes) -> str | None:
    """Return a body as text; None for one that is too long, or no text that PostgreSQL stores."""
    if len(body) > MOST_ANSWER_BYTES or b"\0" in body:
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
