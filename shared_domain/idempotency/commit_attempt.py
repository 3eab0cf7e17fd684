"""A COMMIT about to be sent, and how its outcome is resolved when the response is lost."""

import time
from dataclasses import dataclass, field
from uuid import UUID

from shared_domain.idempotency.model import COMMITS_KEPT_FOR, CommitOutcome
from shared_domain.idempotency.record_ids import id_with_key, id_without_key
from shared_domain.idempotency.sql_store import record_statement

#: Seconds to wait before each question about the outcome of a commit.
PAUSES_BEFORE_ASKING_AGAIN = (0.0, 0.1, 0.4, 1.5)


@dataclass(frozen=True, slots=True)
class CommitAttempt:
    """One COMMIT, identified by the idempotency record that is stored with it."""

    record_id: UUID = field(default_factory=id_without_key)
    #: The transaction holds its record already, with the answer of an idempotent call.
    is_recorded: bool = False
    sent_at: float = field(default_factory=time.time)
    sent_at_monotonic: float = field(default_factory=time.monotonic)

    @classmethod
    def with_answer(cls) -> "CommitAttempt":
        """Return the attempt of a transaction that stores the record of an idempotent call."""
        return cls(id_with_key(), is_recorded=True)

    @property
    def statement(self) -> str:
        """The record and COMMIT in one message, which costs no further round trip.

        The record comes last, so that a refused request writes none, and a connection that was cut
        off blocks the client in doubt no longer than the work itself does.
        """
        return "COMMIT" if self.is_recorded else f"{record_statement(self.record_id)}; COMMIT"

    def confirmed_outcome(self, outcome: CommitOutcome) -> CommitOutcome:
        """Return the outcome that a record proves, UNKNOWN when the record may have been purged.

        It may have been purged if this process was suspended for hours between COMMIT and look-up.
        """
        by_the_clock = time.time() - self.sent_at
        passed_seconds = max(by_the_clock, time.monotonic() - self.sent_at_monotonic)
        may_be_purged = passed_seconds > COMMITS_KEPT_FOR.total_seconds() / 2
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
