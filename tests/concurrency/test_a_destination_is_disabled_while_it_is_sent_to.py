"""A worker disables a destination for what it answered, while its partner changes it."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from core_site import stores
from core_site.database import DjangoDatabase
from core_site.notifications.models import Notification, Subscription, SubscriptionQueue
from core_site.notifications.sending import writer
from core_site.webhooks.models import Delivery, Queue, WebhookEndpoint
from core_site.webhooks.sending import delivery_run
from shared_domain import notifications, webhooks
from shared_domain.events import PublishedType
from shared_domain.notifications.queue.sql_store import SqlNotificationQueue
from shared_domain.notifications.sql_store import SqlSubscriptionStore
from shared_domain.partners import Access, PartnerId
from shared_domain.run_now import run_now
from shared_domain.webhooks.queue.sql_store import SqlQueueStore
from shared_domain.webhooks.sql_store import SqlWebhookStore
from tests.concurrency.interleaving import stage
from tests.harness.data import Shop

NOW = datetime.now(UTC)
URL = "https://shop.example.com/hooks"
KEYS = webhooks.SigningKeys.parse("only for tests")
GONE = webhooks.AttemptOutcome(
    at=NOW, status=410, problem=webhooks.AttemptProblem.STATUS, duration_ms=20, answer=""
)


@pytest.fixture
def access(shop: Shop) -> Access:
    return Access(partner_id=PartnerId(shop.alice), test_mode=False)


def test_an_endpoint(access: Access, url: str) -> None:
    made, _ = run_now(
        webhooks.create_endpoint(
            url=URL, description="", types=(), readable=frozenset(), access=access, keys=KEYS,
            now=NOW, store=stores.webhook_endpoints(),
        )
    )  # fmt: skip
    Delivery.objects.create(
        endpoint_id=made.id, message_id="evt_1", position=1, subject="a", state="waiting",
        type=PublishedType.BOOKING_CONFIRMED.value, next_attempt_at=NOW, created_at=NOW,
    )  # fmt: skip
    Queue.objects.update(due_at=NOW - timedelta(minutes=1))
    queue = SqlQueueStore(DjangoDatabase())
    (claimed,) = run_now(queue.claim(uuid4(), lane=webhooks.Lane.QUICK, most=10))
    run = webhooks.Run(claimed.health, run_now(queue.waiting(made.id, most=9)), started_at=NOW)
    message = run.take()
    assert message is not None
    run.finish(message, GONE, retry_after=None, jitter=0.5)
    assert run.disabled_by is webhooks.DisabledBy.GONE

    async def meet() -> None:
        async with stage(url) as theirs:
            sender: Any = SimpleNamespace(databases=theirs)
            cursors = delivery_run._Cursors(claimed.position, None)
            async with theirs.writing() as database:
                store = SqlWebhookStore(database)
                endpoint = await store.get_locked(made.id, access)
                assert endpoint is not None
                storing = await theirs.begin(delivery_run._store(run, cursors, claimed, sender))
                await store.resume(endpoint, skips_backlog=False)
            with pytest.raises(delivery_run.ClaimLost):
                await storing

    asyncio.run(meet())

    assert WebhookEndpoint.objects.get().disabled_by == ""
    assert Delivery.objects.get().last_attempt_at is None


def test_a_subscription(access: Access, url: str) -> None:
    made = Subscription.objects.create(
        partner_id=access.partner_id, test_mode=False, url=URL,
        notification_types=["BOOKING_UPDATE"], created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    SubscriptionQueue.objects.create(subscription=made, begins_after=0, due_at=NOW)
    Notification.objects.create(
        public_id=uuid4(), subscription=made, kind="BOOKING_UPDATE", subject="a", state="waiting",
        attempts=1, next_attempt_at=NOW, created_at=NOW,
    )  # fmt: skip
    queue = SqlNotificationQueue(DjangoDatabase())
    claimed = run_now(queue.claim(uuid4(), lane=webhooks.Lane.QUICK, most=10))
    (taken,) = run_now(queue.take(claimed))
    run = notifications.NotificationRun(taken)
    sent = run.take()
    assert sent is not None
    run.finish(sent, GONE, retry_after=None, jitter=0.5)

    async def meet() -> list[notifications.NotificationRun]:
        async with stage(url) as theirs:

            async def store_run() -> list[notifications.NotificationRun]:
                async with theirs.writing() as database:
                    return await writer._store([run], SqlNotificationQueue(database))

            async with theirs.writing() as database:
                store = SqlSubscriptionStore(database)
                subscription = await store.get_locked(taken.id, access)
                assert subscription is not None
                storing = await theirs.begin(store_run())
                await store.resume(subscription)
            return await storing

    assert asyncio.run(meet()) == []
    assert Subscription.objects.get().disabled_by == ""
    assert Notification.objects.get().last_status is None
