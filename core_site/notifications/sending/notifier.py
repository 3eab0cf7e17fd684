"""The task of every worker that sends OCTO notifications; any number of workers share the work."""

import asyncio
import logging
import os
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from core_site.environment import env
from core_site.notifications.header_sealer import load_header_sealer
from core_site.notifications.sending.body import write_body
from core_site.notifications.sending.writer import FinishedRuns
from core_site.webhooks.sending.client import WebhookClient
from core_site.webhooks.sending.delivery_loop import (
    DeliveryLoop,
    Listening,
    WorkerDatabases,
    run_with_database,
)
from shared_domain.notifications import (
    PARALLEL,
    ClaimedSubscription,
    HeadersUnreadable,
    NotificationRun,
    open_headers,
)
from shared_domain.notifications.queue.sql_store import SqlNotificationQueue
from shared_domain.webhooks import RUN_SECONDS, AttemptOutcome, Lane

#: Subscriptions of each lane that one worker serves at once, and claims at once.
MOST_AT_ONCE = {Lane.QUICK: 400, Lane.SLOW: 400}
MOST_CLAIMED = 200

#: Positions of the log of which one statement writes notifications.
MOST_TOLD = 500

#: How long a subscription is left alone whose headers cannot be opened.
LEFT_ALONE = timedelta(minutes=10)

APPLICATION_NAME = f"portico-notifications {os.getpid()}"

logger = logging.getLogger(__name__)


async def run_notifier() -> None:
    """Send notifications until cancelled; reconnect after a loss of the database."""
    await run_with_database(_notify, application_name=APPLICATION_NAME)


async def _notify(databases: WorkerDatabases, listening: Listening) -> None:
    async with WebhookClient(allows_loopback=env("PORTICO_WEBHOOKS_ALLOW_LOOPBACK")) as client:
        async with databases.writing() as database:
            await SqlNotificationQueue(database).begin()
        await DeliveryLoop(NotificationDeliveries(databases, client), listening).run()


class NotificationDeliveries:
    """Sends notifications to subscriptions, for a ``DeliveryLoop``."""

    most_at_once = MOST_AT_ONCE
    most_claimed = MOST_CLAIMED

    def __init__(self, databases: WorkerDatabases, client: WebhookClient) -> None:
        self._databases = databases
        self._client = client
        self._finished = FinishedRuns(databases)

    async def mark(self) -> bool:
        """Write the notifications of new events; return whether there may be more of these."""
        async with self._databases.writing() as database:
            return await SqlNotificationQueue(database).tell(most=MOST_TOLD) is not None

    async def claim(self, lane: Lane, *, most: int) -> Sequence[ClaimedSubscription]:
        async with self._databases.writing() as database:
            found = await SqlNotificationQueue(database).claim(uuid4(), lane=lane, most=most)
        if not found:
            return found
        try:
            return await self._take(found)
        except BaseException:
            # None of them has begun: the next run, or another worker, need not wait for the claims.
            await self.release(found)
            raise

    async def _take(self, found: Sequence[ClaimedSubscription]) -> Sequence[ClaimedSubscription]:
        # Another transaction: TELL locks notifications first, then the queue.
        async with self._databases.writing() as database:
            queue = SqlNotificationQueue(database)
            readable = [opened for one in found if (opened := _with_headers(one)) is not None]
            taken = await queue.take(readable)
            if len(readable) < len(found):
                logger.error("headers cannot be opened: PORTICO_WEBHOOK_KEY lacks their key")
                known = {one.id for one in readable}
                unreadable = [one for one in found if one.id not in known]
                await queue.postpone(unreadable, until=_now() + LEFT_ALONE)
            return taken

    async def deliver(self, claimed: ClaimedSubscription) -> None:
        """Send a subscription its due notifications, for a bounded time, and store the outcomes."""
        run = NotificationRun(claimed)
        deadline = time.monotonic() + RUN_SECONDS
        parallel = min(PARALLEL, len(claimed.notifications))
        if parallel == 1:
            await self._send_one_by_one(run, deadline)
        else:
            await asyncio.gather(*(self._send_one_by_one(run, deadline) for _ in range(parallel)))
        await self._finished.store(run)

    async def release(self, claimed: Sequence[ClaimedSubscription]) -> None:
        async with self._databases.writing() as database:
            await SqlNotificationQueue(database).release(claimed)

    async def _send_one_by_one(self, run: NotificationRun, deadline: float) -> None:
        while True:
            if time.monotonic() > deadline:
                run.stop()
            notification = run.take()
            if notification is None:
                return
            at = _now()
            body = write_body(notification, subscription_id=run.claimed.id)
            answer = await self._client.post(run.claimed.url, body, run.claimed.headers)
            outcome = AttemptOutcome(
                at=at,
                status=answer.status,
                problem=answer.problem,
                duration_ms=answer.duration_ms,
                answer="",
            )
            run.finish(
                notification, outcome, retry_after=answer.retry_after, jitter=random.random()
            )


def _with_headers(claimed: ClaimedSubscription) -> ClaimedSubscription | None:
    """Return a claimed subscription with its headers in clear; None if they cannot be opened."""
    try:
        headers = open_headers(
            claimed.sealed_headers, subscription=claimed.id, sealer=load_header_sealer()
        )
    except HeadersUnreadable:
        return None
    return replace(claimed, headers=headers)


def _now() -> datetime:
    return datetime.now(UTC)
