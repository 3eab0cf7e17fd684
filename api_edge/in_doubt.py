"""A transaction in doubt: its COMMIT was sent, and the answer was lost.

Every COMMIT of the edge carries an idempotency record along (``shared_domain/idempotency``), by
which its fate is found out over another connection.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from psycopg import Error, OperationalError

from shared_domain import deadline
from shared_domain.idempotency import KEPT_FOR, Fate
from shared_domain.idempotency.sql_store import record_statement

#: How long to wait each time before asking what became of a commit whose answer was lost.
PAUSES_BEFORE_ASKING_AGAIN = (0.0, 0.1, 0.4, 1.5)

#: How long each of these times may take.
ASKING_SECONDS = 1.5

logger = logging.getLogger("api_edge")


class OutcomeUnknown(OperationalError):
    """COMMIT was sent, its answer was lost, and PostgreSQL stayed away for too long to ask.

    The work may be stored. The caller must be told so, and nothing may repeat it unasked.
    """


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
        that was cut off holds up whoever is in doubt no longer than the work itself does.
        """
        return f"{record_statement(self.record_id)}; COMMIT"

    async def find_fate(self, give_up: Callable[[UUID], Awaitable[Fate]]) -> Fate:
        """Ask PostgreSQL until it answers, a few times; UNKNOWN when it does not.

        ``give_up`` is ``SqlIdempotencyRecords.give_up``, each time on a connection that works.
        """
        fate = Fate.UNKNOWN
        for pause_seconds in PAUSES_BEFORE_ASKING_AGAIN:
            await asyncio.sleep(pause_seconds)
            try:
                # Also after the call's deadline: to know is worth a moment more.
                with deadline.within(ASKING_SECONDS):
                    fate = await give_up(self.record_id)
            except Error as trouble:
                # Not only OperationalError: a primary that has become a standby refuses INSERT.
                logger.warning("a commit stays in doubt: %s", type(trouble).__qualname__)
                continue
            if fate is not Fate.UNKNOWN:
                break
        if fate is Fate.NOTHING and self._may_be_purged():
            fate = Fate.UNKNOWN
        logger.warning("a commit got no answer; its fate: %s", fate)
        return fate

    def _may_be_purged(self) -> bool:
        """Return whether this process was stopped for so long that the record may have expired."""
        by_the_clock = time.time() - self.sent_at
        passed_seconds = max(by_the_clock, time.monotonic() - self.sent_at_monotonic)
        return passed_seconds > KEPT_FOR.total_seconds() / 2


def has_rolled_back(problem: Error) -> bool:
    """Return whether an error in answer to COMMIT proves that nothing is stored.

    Source: PostgreSQL's manual, protocol-error-fields. ERROR ends the transaction and keeps the
    session; FATAL and PANIC end the session, possibly after the commit record was written.
    """
    return problem.diag.severity_nonlocalized == "ERROR"
