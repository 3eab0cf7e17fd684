"""Stores what was sent to many subscriptions in one transaction, as group commit does."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from core_site.webhooks.sending.delivery_loop import WorkerDatabases
from shared_domain.notifications import NotificationRun
from shared_domain.notifications.queue.sql_store import SqlNotificationQueue

logger = logging.getLogger(__name__)


class FinishedRuns:
    """Collects runs while a transaction is under way; the next one stores all of them."""

    def __init__(self, databases: WorkerDatabases) -> None:
        self._databases = databases
        self._waiting: list[NotificationRun] = []
        self._lock = asyncio.Lock()

    async def store(self, run: NotificationRun) -> None:
        """Return when the run is stored.

        Raises:
            Error, OSError: it was not, nor were those of the same transaction; their claims run
                out, and what they sent is sent again.
        """
        self._waiting.append(run)
        async with self._lock:
            if run not in self._waiting:
                return
            runs, self._waiting = self._waiting, []
            async with self._databases.writing() as database:
                disabled = await _store(runs, SqlNotificationQueue(database))
        for one in disabled:
            logger.warning("subscription %s is disabled: %s", one.claimed.id, one.disabled_by)


async def _store(
    runs: Sequence[NotificationRun], queue: SqlNotificationQueue
) -> list[NotificationRun]:
    """Store the outcomes of runs; return those whose subscription was disabled."""
    stored = await queue.finish(runs)
    return [
        run
        for run in runs
        if run.disabled_by is not None
        and run.claimed.id in stored
        and await queue.disable(run.claimed, run.disabled_by, now=datetime.now(UTC))
    ]
