"""Stores what was sent to many subscriptions in one transaction, as group commit does."""

import asyncio
from datetime import UTC, datetime

from core_site.webhooks.sending.delivery_loop import WorkerDatabases
from shared_domain.notifications import NotificationRun
from shared_domain.notifications.queue.sql_store import SqlNotificationQueue


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
                queue = SqlNotificationQueue(database)
                await queue.finish(runs)
                for one in runs:
                    if one.disabled_by is not None:
                        await queue.disable(one.claimed.id, one.disabled_by, now=datetime.now(UTC))
