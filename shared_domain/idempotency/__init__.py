"""Idempotency records: one row per committed transaction, which proves later that it was committed.

A COMMIT whose response is lost leaves its client in doubt. The client chose the record's id and
inserted it in that transaction, so the record is stored exactly when the work is. To resolve the
doubt, the client inserts the same id as *given up*. PostgreSQL makes that insert wait for a
transaction that is still in progress, and one of the two wins: if the record is there, the work is
stored; if not, it can no longer be stored, however late its COMMIT arrives.

Turned down: ``pg_xact_status()``. After a crash PostgreSQL reuses the ids of transactions that
never reached the disk, and a promoted standby does not know those that it never received, so it
answers ``committed`` for work that is stored nowhere.

The record is also where the response to an idempotent call belongs, since the two must be stored
together: nullable columns for the caller, the digest of its ``Idempotency-Key``, the fingerprint of
its request, and status, headers and body of the response, with a unique index over caller and
digest where there is one. The statement that is sent along with COMMIT (``sql_store.RECORD``)
writes them, and ``KEPT_FOR`` is how long a repeated call finds them.
"""

from shared_domain.idempotency.commit_attempt import (
    PAUSES_BEFORE_ASKING_AGAIN,
    CommitAttempt,
    proves_rollback,
)
from shared_domain.idempotency.model import KEPT_FOR, CommitOutcome

__all__ = [
    "KEPT_FOR",
    "PAUSES_BEFORE_ASKING_AGAIN",
    "CommitAttempt",
    "CommitOutcome",
    "proves_rollback",
]
