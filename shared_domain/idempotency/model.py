"""The outcome of a transaction, and for how long it can be found out."""

from datetime import timedelta
from enum import StrEnum

#: How long a record is kept. A commit is in doubt for seconds; a day is what a process may have
#: been frozen for, and what callers expect of an idempotency key.
KEPT_FOR = timedelta(days=1)


class CommitOutcome(StrEnum):
    """Whether the work of a transaction is stored."""

    #: Nothing is stored, and nothing will be.
    NOT_STORED = "nothing"
    COMMITTED = "committed"
    #: COMMIT was sent, and its outcome could not be found out.
    UNKNOWN = "unknown"
