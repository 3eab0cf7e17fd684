"""A COMMIT that is about to be sent, and what its sender must know should the answer be lost."""

import time
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from shared_domain.idempotency.model import KEPT_FOR, CommitOutcome
from shared_domain.idempotency.sql_store import record_statement

#: How long to wait each time, in seconds, before asking what became of a commit in doubt.
PAUSES_BEFORE_ASKING_AGAIN = (0.0, 0.1, 0.4, 1.5)


@dataclass(frozen=True, slots=True)
class CommitAttempt:
    """One COMMIT, by the id of the idempotency record that is stored with it."""

    record_id: UUID = field(default_factory=uuid4)
    sent_at: float = field(default_factory=time.time)
    sent_at_monotonic: float = field(default_factory=time.monotonic)

    @property
    def statement(self) -> str:
        """What is sent: the record and COMMIT in one message, which costs no further round trip.

        The record comes last, so that a request that is refused writes none, and a connection
        that was cut off holds up a sender in doubt no longer than the work itself does.
        """
        return f"{record_statement(self.record_id)}; COMMIT"

    def believe(self, outcome: CommitOutcome) -> CommitOutcome:
        """Return the outcome that a record tells, or UNKNOWN when it may have been purged.

        That is when this process was stopped for hours between COMMIT and its question.
        """
        by_the_clock = time.time() - self.sent_at
        passed_seconds = max(by_the_clock, time.monotonic() - self.sent_at_monotonic)
        may_be_purged = passed_seconds > KEPT_FOR.total_seconds() / 2
        return (
            CommitOutcome.UNKNOWN
            if outcome is CommitOutcome.NOT_STORED and may_be_purged
            else outcome
        )


def proves_rollback(severity: str | None) -> bool:
    """Return whether an error in answer to COMMIT proves that nothing is stored.

    ``severity`` is not localised; None stands for an error that PostgreSQL did not send.
    Source: PostgreSQL's manual, "Error and Notice Message Fields". ERROR ends the transaction and
    keeps the session; FATAL and PANIC end the session, possibly after the commit was written.
    """
    return severity == "ERROR"
