"""Resolve a commit in doubt: COMMIT was sent, and its answer was lost with the connection.

Every COMMIT of the edge carries an idempotency record (``shared_domain/idempotency``). Another
connection looks for that record to learn whether the transaction was committed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from psycopg import Error, OperationalError

from shared_domain import deadline
from shared_domain.idempotency import PAUSES_BEFORE_ASKING_AGAIN, CommitAttempt, CommitOutcome

#: How long each query for a commit's outcome may take.
QUERY_SECONDS = 1.5

logger = logging.getLogger("api_edge")


class OutcomeUnknown(OperationalError):
    """COMMIT was sent, its answer was lost, and PostgreSQL could not be asked in time.

    The work may be stored. The caller must be told so, and nothing may repeat it by itself.
    """


async def resolve_commit_outcome(
    attempt: CommitAttempt, give_up: Callable[[UUID], Awaitable[CommitOutcome]]
) -> CommitOutcome:
    """Query the outcome of a commit, a few times; UNKNOWN when PostgreSQL does not answer.

    ``give_up`` is ``SqlIdempotencyStore.give_up``, each time on a connection that works.
    """
    outcome = CommitOutcome.UNKNOWN
    for pause_seconds in PAUSES_BEFORE_ASKING_AGAIN:
        await asyncio.sleep(pause_seconds)
        try:
            # Also after the call's deadline: knowing the outcome is worth a moment more.
            with deadline.within(QUERY_SECONDS):
                outcome = await give_up(attempt.record_id)
        except Error as error:
            # Not only OperationalError: a primary that has become a standby refuses INSERT.
            logger.warning("a commit stays in doubt: %s", type(error).__qualname__)
            continue
        if outcome is not CommitOutcome.UNKNOWN:
            break
    outcome = attempt.confirmed_outcome(outcome)
    logger.warning("a commit got no answer; its outcome: %s", outcome)
    return outcome
