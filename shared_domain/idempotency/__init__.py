"""Idempotency records: one row for each transaction that commits, and what it tells later.

A COMMIT whose answer is lost leaves its sender in doubt. The record settles it: its id is chosen
by the sender, and it is inserted in the very transaction, so it is stored exactly when the work
is. Whoever is in doubt inserts the same id as *given up*. PostgreSQL makes that wait for a
transaction that is still under way, and lets one of the two win: if the record is there, the work
is stored; if not, the work can no longer be stored, however late its COMMIT arrives.

Turned down: ``pg_xact_status()``. After a crash PostgreSQL gives the ids of transactions that never
reached the disk to others, and a standby that is promoted knows nothing of those that it never
had, so it answers ``committed`` for work that is stored nowhere.

The record is also where the answer of an idempotent call belongs, since the two must be stored
together: nullable columns for the caller, the digest of its ``Idempotency-Key``, the fingerprint
of its request, and status, headers and body of the answer, with a unique index over caller and
digest where there is one. The statement that is sent along with COMMIT (``sql_store.RECORD``)
writes them, and ``KEPT_FOR`` is how long a repeat finds them.
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
