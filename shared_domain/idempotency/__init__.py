"""Idempotency records: one row per committed transaction, which proves later that it was committed.

A COMMIT whose response is lost leaves its client in doubt. The client chose the record's id and
inserted it in that transaction, so the record is stored exactly when the work is. To resolve the
doubt, the client inserts the same id as *given up*. PostgreSQL makes that insert wait for a
transaction that is still in progress, and one of the two wins: if the record is there, the work is
stored; if not, it can no longer be stored, however late its COMMIT arrives.

The same record carries the answer of an **idempotent call**, one with an idempotency key::

    begin_call ──▶ the key is new ───────▶ the work ──▶ store_answer ──▶ COMMIT
        ├────────▶ was carried out ──────▶ Replayed: the stored status, headers and body
        ├────────▶ is being carried out ─▶ CallStillRunning, or wait for it
        └────────▶ of another request ───▶ IdempotencyKeyReused

A transaction-level advisory lock of the key orders calls that come at the same time, so that one is
carried out and the others find its record; a unique index of each day is the last defence. A
refusal rolls the transaction back and leaves no record: the key may be sent again. The answer is
stored as it was sent, for ``KEPT_FOR``; of a longer one than ``MOST_ANSWER_BYTES``, and of an
erased guest's, only that the call was carried out.

Turned down: ``pg_xact_status()``. After a crash PostgreSQL reuses the ids of transactions that
never reached the disk, and a promoted standby does not know those that it never received, so it
answers ``committed`` for work that is stored nowhere.
"""

from shared_domain.idempotency.commit_attempt import (
    PAUSES_BEFORE_ASKING_AGAIN,
    CommitAttempt,
    proves_rollback,
)
from shared_domain.idempotency.errors import (
    AnswerNotKept,
    CallStillRunning,
    IdempotencyKeyReused,
    IdempotencyRefused,
    InvalidKey,
    KeyProblem,
    Replayed,
)
from shared_domain.idempotency.fingerprints import build_call
from shared_domain.idempotency.keys import LONGEST_KEY, parse_key
from shared_domain.idempotency.model import (
    COMMITS_KEPT_FOR,
    KEPT_FOR,
    MOST_ANSWER_BYTES,
    Answer,
    CommitOutcome,
    EarlierCall,
    IdempotentCall,
)
from shared_domain.idempotency.services import IdempotencyStore, begin_call, store_answer

__all__ = [
    "COMMITS_KEPT_FOR",
    "KEPT_FOR",
    "LONGEST_KEY",
    "MOST_ANSWER_BYTES",
    "PAUSES_BEFORE_ASKING_AGAIN",
    "Answer",
    "AnswerNotKept",
    "CallStillRunning",
    "CommitAttempt",
    "CommitOutcome",
    "EarlierCall",
    "IdempotencyKeyReused",
    "IdempotencyRefused",
    "IdempotencyStore",
    "IdempotentCall",
    "InvalidKey",
    "KeyProblem",
    "Replayed",
    "begin_call",
    "build_call",
    "parse_key",
    "proves_rollback",
    "store_answer",
]
