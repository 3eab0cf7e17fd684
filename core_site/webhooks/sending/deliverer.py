"""The task of every worker that delivers webhooks; any number of workers share the work."""

import logging
import os
from collections.abc import Sequence
from uuid import uuid4

from core_site.environment import env
from core_site.events.bodies import load_event_bodies
from core_site.webhooks.sending.client import WebhookClient
from core_site.webhooks.sending.delivery_loop import (
    DeliveryLoop,
    Listening,
    WorkerDatabases,
    run_with_database,
)
from core_site.webhooks.sending.delivery_run import ClaimLost, WebhookSender, deliver_to
from shared_domain.webhooks import ClaimedEndpoint, Lane, SigningKeys
from shared_domain.webhooks.queue.sql_store import SqlQueueStore

#: Endpoints of each lane that one worker serves at once, and claims at once.
MOST_AT_ONCE = {Lane.QUICK: 200, Lane.SLOW: 400}
MOST_CLAIMED = 50

#: Positions of the log for which one statement marks endpoints as due.
MOST_MARKED = 2_000

#: In pg_stat_activity it says which worker's sessions these are.
APPLICATION_NAME = f"portico-webhooks {os.getpid()}"

logger = logging.getLogger(__name__)


async def run_deliverer() -> None:
    """Deliver webhooks until cancelled; reconnect after a loss of the database."""
    await run_with_database(_deliver, application_name=APPLICATION_NAME)


async def _deliver(databases: WorkerDatabases, listening: Listening) -> None:
    async with WebhookClient(allows_loopback=env("PORTICO_WEBHOOKS_ALLOW_LOOPBACK")) as client:
        sender = WebhookSender(
            databases=databases,
            client=client,
            bodies=load_event_bodies(),
            keys=SigningKeys.parse(env("PORTICO_WEBHOOK_KEY")),
        )
        async with databases.writing() as database:
            await SqlQueueStore(database).begin()
        await DeliveryLoop(WebhookDeliveries(sender), listening).run()


class WebhookDeliveries:
    """Delivers events to webhook endpoints, for a ``DeliveryLoop``."""

    most_at_once = MOST_AT_ONCE
    most_claimed = MOST_CLAIMED

    def __init__(self, sender: WebhookSender) -> None:
        self._sender = sender

    async def mark(self) -> bool:
        """Mark the endpoints that subscribe to new events as due; return whether more may be."""
        async with self._sender.databases.writing() as database:
            return await SqlQueueStore(database).mark_due(most=MOST_MARKED) is not None

    async def claim(self, lane: Lane, *, most: int) -> list[ClaimedEndpoint]:
        async with self._sender.databases.writing() as database:
            return await SqlQueueStore(database).claim(uuid4(), lane=lane, most=most)

    async def deliver(self, claimed: ClaimedEndpoint) -> None:
        try:
            await deliver_to(claimed, self._sender)
        except ClaimLost:
            logger.info("endpoint %s was taken over", claimed.endpoint.id)

    async def release(self, claimed: Sequence[ClaimedEndpoint]) -> None:
        for endpoint in claimed:
            async with self._sender.databases.writing() as database:
                await SqlQueueStore(database).release(endpoint)
