"""A transaction in doubt: its COMMIT was sent, and the answer was lost.

Every COMMIT of the edge carries an idempotency record along (``shared_domain/idempotency``), by
which its outcome is found out over another connection.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from psycopg import Error, OperationalError

from shared_domain import deadline
from shared_domain.idempotency import PAUSES_BEFORE_ASKING_AGAIN, CommitAttempt, CommitOutcome

#: How long each question about a commit's outcome may take.
ASKING_SECONDS = 1.5

logger = logging.getLogger("api_edge")


class OutcomeUnknown(OperationalError):
    """COMMIT was sent, its answer was lost, and PostgreSQL stayed away for too long to ask.

    The work may be stored. The caller must be told so, and nothing may repeat it unasked.
    """


async def resolve_commit_outcome(
    attempt: CommitAttempt, give_up: Callable[[UUID], Awaitable[CommitOutcome]]
) -> CommitOutcome:
    """Ask PostgreSQL until it answers, a few times; UNKNOWN when it does not.

    ``give_up`` is ``SqlIdempotencyStore.give_up``, each time on a connection that works.
    """
    outcome = CommitOutcome.UNKNOWN
    for pause_seconds in PAUSES_BEFORE_ASKING_AGAIN:
        await asyncio.sleep(pause_seconds)
        try:
            # Also after the call's deadline: to know is worth a moment more.
            with deadline.within(ASKING_SECONDS):
                outcome = await give_up(attempt.record_id)
        except Error as trouble:
            # Not only OperationalError: a primary that has become a standby refuses INSERT.
            logger.warning("a commit stays in doubt: %s", type(trouble).__qualname__)
            continue
        if outcome is not CommitOutcome.UNKNOWN:
            break
    outcome = attempt.believe(outcome)
    logger.warning("a commit got no answer; its outcome: %s", outcome)
    return outcome
