"""A run of a destination meets what its partner, or another process, changed meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from core_site import stores
from core_site.database import DjangoDatabase
from core_site.events.bodies import load_event_bodies
from core_site.notifications.header_sealer import load_header_sealer
from core_site.notifications.models import Notification, Subscription, SubscriptionQueue
from core_site.notifications.sending.notifier import NotificationDeliveries
from core_site.webhooks.models import Delivery, Queue, WebhookEndpoint
from core_site.webhooks.sending.client import WebhookClient
from core_site.webhooks.sending.delivery_run import _Cursors, _prepare, _send_one_by_one, _store
from shared_domain import notifications, webhooks
from shared_domain.events import PublishedType
from shared_domain.notifications import NotificationType
from shared_domain.notifications.queue.sql_store import SqlNotificationQueue
from shared_domain.partners import Access, PartnerId, Scope, ScopeMissing
from shared_domain.run_now import run_now
from shared_domain.webhooks.queue.sql_store import SqlQueueStore
from tests.admin.staff import open_shop
from tests.webhooks.receiver import Receiver

NOW = datetime.now(UTC)
URL, OTHER_URL = "https://shop.example.com/hooks", "https://new.example.com/hooks"
KEYS = webhooks.SigningKeys.parse("only for tests")
GONE = webhooks.AttemptOutcome(
    at=NOW, status=410, problem=webhooks.AttemptProblem.STATUS, duration_ms=20, answer=""
)


@pytest.fixture
def access(db: None) -> Access:
    return Access(partner_id=PartnerId(open_shop().alice), test_mode=False)


@pytest.fixture
def endpoint(access: Access) -> webhooks.EndpointId:
    return create_endpoint(access)


def create_endpoint(access: Access) -> webhooks.EndpointId:
    made, _ = run_now(
        webhooks.create_endpoint(
            url=URL, description="", types=(), readable=frozenset(), access=access,
            keys=KEYS, now=NOW,
            store=stores.webhook_endpoints(),
        )
    )  # fmt: skip
    return made.id


@asynccontextmanager
async def on_this_connection() -> AsyncIterator[DjangoDatabase]:
    """Provide the test's own connection, as one of the worker's pool."""
    yield DjangoDatabase()


def claim_due(queue: SqlQueueStore) -> list[webhooks.ClaimedEndpoint]:
    Queue.objects.update(due_at=NOW - timedelta(minutes=1))
    return run_now(queue.claim(uuid4(), lane=webhooks.Lane.QUICK, most=10))


def finish(queue: SqlQueueStore, claimed: webhooks.ClaimedEndpoint, **different: Any) -> bool:
    """Store a run that sent nothing, and that read nothing unless told."""
    same: dict[str, Any] = {"position": claimed.position, "replay_after": claimed.replay_after}
    rest = {"has_more": False, "can_read": True, "next_due_at": None}
    return run_now(queue.finish(claimed, claimed.health, **(same | rest | different)))


def test_a_replay_that_begins_stays(endpoint: webhooks.EndpointId) -> None:
    queue = SqlQueueStore(DjangoDatabase())
    (claimed,) = claim_due(queue)
    assert run_now(stores.webhook_deliveries().begin_replay(endpoint, after=3, until=9))

    assert finish(queue, claimed)

    assert Queue.objects.values_list("replay_after", "replay_until").get() == (3, 9)
    (claimed,) = claim_due(queue)
    assert finish(queue, claimed, replay_after=9)
    assert Queue.objects.values_list("replay_after", "replay_until").get() == (None, None)


def test_an_endpoint_that_cannot_be_read_keeps_no_other_waiting(
    endpoint: webhooks.EndpointId, access: Access
) -> None:
    # As a release that was rolled back leaves it.
    other = create_endpoint(access)
    WebhookEndpoint.objects.filter(pk=other).update(types=["booking.of_later"])

    (claimed,) = claim_due(SqlQueueStore(DjangoDatabase()))
    (listed,) = run_now(webhooks.list_endpoints(access=access, store=stores.webhook_endpoints()))

    assert claimed.endpoint.id == listed.endpoint.id == endpoint


def test_a_disabled_endpoint_that_was_marked_as_due_is_left_alone(
    endpoint: webhooks.EndpointId, access: Access
) -> None:
    by = webhooks.DisabledBy.PARTNER
    store = stores.webhook_endpoints()
    run_now(webhooks.disable_endpoint(endpoint, by=by, access=access, now=NOW, store=store))

    assert claim_due(SqlQueueStore(DjangoDatabase())) == []


@pytest.mark.parametrize("is_changed", [False, True])
def test_what_a_former_url_answered_disables_nothing(
    endpoint: webhooks.EndpointId, access: Access, is_changed: bool
) -> None:
    queue = SqlQueueStore(DjangoDatabase())
    (claimed,) = claim_due(queue)
    if is_changed:
        change = webhooks.EndpointChange(url=OTHER_URL)
        run_now(
            webhooks.update_endpoint(
                endpoint, change, readable=frozenset(PublishedType), access=access, now=NOW,
                store=stores.webhook_endpoints(),
            )
        )  # fmt: skip

    is_disabled = run_now(queue.disable(claimed, webhooks.DisabledBy.GONE, now=NOW))

    assert is_disabled is not is_changed
    assert WebhookEndpoint.objects.get().disabled_by == ("" if is_changed else "gone")
    assert (Queue.objects.get().due_at is None) is not is_changed


def test_a_new_url_begins_anew_and_is_set_by_a_key_that_may_read_what_it_gets(
    endpoint: webhooks.EndpointId, access: Access
) -> None:
    store, queue = stores.webhook_endpoints(), SqlQueueStore(DjangoDatabase())
    change = webhooks.EndpointChange(url=OTHER_URL)
    later, long_ago = NOW + timedelta(hours=5), NOW - timedelta(days=5)
    Queue.objects.update(due_at=later, resume_at=later, failures=9, failing_since=long_ago)
    every = frozenset(PublishedType)
    few = every - {PublishedType.BOOKING_CONFIRMED}

    with pytest.raises(webhooks.TypesNotReadable):
        run_now(
            webhooks.update_endpoint(
                endpoint, change, readable=few, access=access, now=NOW, store=store
            )
        )
    assert WebhookEndpoint.objects.get().url == URL
    run_now(
        webhooks.update_endpoint(
            endpoint, change, readable=every, access=access, now=NOW, store=store
        )
    )

    (claimed,) = run_now(queue.claim(uuid4(), lane=webhooks.Lane.QUICK, most=10))
    assert (claimed.endpoint.url, claimed.health) == (OTHER_URL, webhooks.Health())


def test_a_run_that_began_with_other_types_moves_no_cursor(
    endpoint: webhooks.EndpointId, access: Access
) -> None:
    """It would pass over an event of a new type that came after the change, and before it read."""
    queue = SqlQueueStore(DjangoDatabase())
    (claimed,) = claim_due(queue)
    change = webhooks.EndpointChange(types=(PublishedType.BOOKING_CONFIRMED,))
    every, store = frozenset(PublishedType), stores.webhook_endpoints()
    run_now(
        webhooks.update_endpoint(
            endpoint, change, readable=every, access=access, now=NOW, store=store
        )
    )

    assert not finish(queue, claimed, position=100)
    (claimed,) = run_now(queue.claim(uuid4(), lane=webhooks.Lane.QUICK, most=10))
    assert (claimed.endpoint.types, claimed.position) == (change.types, 0)


def test_an_event_that_came_while_the_endpoint_was_enabled_is_read_after_the_page_before_it(
    endpoint: webhooks.EndpointId,
) -> None:
    queue = SqlQueueStore(DjangoDatabase())
    Queue.objects.update(unread_to=100)
    (claimed,) = claim_due(queue)
    assert finish(queue, claimed, position=100, has_more=True)

    (again,) = run_now(queue.claim(uuid4(), lane=webhooks.Lane.QUICK, most=10))
    assert (again.position, again.has_unread) == (100, True)


def test_what_was_read_and_not_sent_is_read_again_also_beyond_what_was_told(
    endpoint: webhooks.EndpointId,
) -> None:
    """An event that is numbered while an endpoint is enabled is not told to its queue."""
    queue = SqlQueueStore(DjangoDatabase())
    Queue.objects.update(unread_to=100)
    (claimed,) = claim_due(queue)
    run = webhooks.Run(webhooks.Health(), [], started_at=NOW)
    run.add([message_at(101, "a")])
    run.stop()

    sender: Any = SimpleNamespace(databases=SimpleNamespace(writing=on_this_connection))
    run_now(_store(run, _Cursors(101, None), claimed, sender))

    (again,) = claim_due(queue)
    assert (again.position, again.has_unread) == (100, True)


def test_a_secret_whose_key_is_gone_keeps_nothing_from_being_sent(
    endpoint: webhooks.EndpointId, access: Access
) -> None:
    """As when the key of the installation has leaked, is replaced, and secrets are rotated."""
    only_new = webhooks.SigningKeys.parse("a new key")
    secrets, stored = [], []
    for keys in (webhooks.SigningKeys.parse("a new key,only for tests"), only_new):
        WebhookEndpoint.objects.update(secret_key_id=KEYS.next_version().key_id)
        Queue.objects.update(due_at=NOW + timedelta(minutes=10))
        rotated, secret = run_now(
            webhooks.rotate_secret(
                endpoint, access=access, keys=keys, now=NOW, store=stores.webhook_endpoints()
            )
        )
        stored.append(rotated.previous_secret_until)
        secrets.append((rotated.derive_secrets(only_new, now=NOW), [secret]))

    assert [signing == shown for signing, shown in secrets] == [True, True]
    assert [until is None for until in stored] == [False, True]
    # Before, it could not be signed, and the worker had left it alone.
    assert run_now(SqlQueueStore(DjangoDatabase()).claim(uuid4(), lane=webhooks.Lane.QUICK, most=1))


def test_events_that_expired_unread_are_not_replayed(
    endpoint: webhooks.EndpointId, access: Access
) -> None:
    run_now(SqlQueueStore(DjangoDatabase()).record_gap(endpoint, 3, 9))
    gap = Delivery.objects.get()

    with pytest.raises(webhooks.EventsExpired):
        run_now(
            webhooks.replay_delivery(
                endpoint, gap.message_id, access=access, now=NOW,
                store=stores.webhook_deliveries(),
            )
        )  # fmt: skip


def test_a_notification_that_was_not_sent_has_used_up_no_attempt(access: Access) -> None:
    made = Subscription.objects.create(
        partner_id=access.partner_id, test_mode=False, url=URL,
        notification_types=["BOOKING_UPDATE"], created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    SubscriptionQueue.objects.create(subscription=made, begins_after=0, due_at=NOW)
    for subject in "ab":
        Notification.objects.create(
            public_id=uuid4(), subscription=made, kind="BOOKING_UPDATE", subject=subject,
            state="waiting", attempts=1, next_attempt_at=NOW, created_at=NOW,
        )  # fmt: skip
    queue = SqlNotificationQueue(DjangoDatabase())

    (claimed,) = run_now(queue.claim(uuid4(), lane=webhooks.Lane.QUICK, most=10))
    (taken,) = run_now(queue.take([claimed]))
    run = notifications.NotificationRun(taken)
    sent = run.take()
    assert sent is not None
    run.finish(sent, GONE, retry_after=None, jitter=0.5)
    assert run.take() is None
    run_now(queue.finish([run]))

    assert sorted(Notification.objects.values_list("attempts", flat=True)) == [1, 2]
    # Purged while it was sent, after weeks of waiting: that keeps no other from being stored.
    SubscriptionQueue.objects.update(due_at=NOW)
    (claimed,) = run_now(queue.claim(uuid4(), lane=webhooks.Lane.SLOW, most=10))
    (taken,) = run_now(queue.take([claimed]))
    run = notifications.NotificationRun(taken)
    sent = run.take()
    assert sent is not None
    run.finish(sent, GONE, retry_after=None, jitter=0.5)
    Notification.objects.filter(pk=sent.id).delete()
    assert run_now(queue.finish([run])) == {made.pk}
    connection.check_constraints()
    # The partner enabled it in the meantime, so that the claim was lost: it is not disabled again.
    assert run_now(queue.finish([run])) == frozenset()


def test_what_is_claimed_when_the_worker_is_stopped_is_free_at_once(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Subscription.objects.create(
        partner_id=access.partner_id, test_mode=False, url=URL,
        notification_types=["BOOKING_UPDATE"], created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    SubscriptionQueue.objects.create(subscription=made, begins_after=0, due_at=NOW)

    async def stop(*_: object) -> None:
        raise asyncio.CancelledError

    databases: Any = SimpleNamespace(writing=on_this_connection)
    client: Any = None
    monkeypatch.setattr(SqlNotificationQueue, "take", stop)
    with pytest.raises(asyncio.CancelledError):
        run_now(NotificationDeliveries(databases, client).claim(webhooks.Lane.QUICK, most=10))

    monkeypatch.undo()
    queue = SqlNotificationQueue(DjangoDatabase())
    (claimed,) = run_now(queue.claim(uuid4(), lane=webhooks.Lane.QUICK, most=10))
    assert claimed.id == made.pk


def test_what_failed_is_sent_at_once_to_a_subscription_that_is_enabled_or_reached_otherwise(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTICO_WEBHOOK_KEY", "only for tests")
    load_header_sealer.cache_clear()
    store, sealer = stores.notification_subscriptions(), load_header_sealer()
    made = run_now(
        notifications.create_subscription(
            url=URL, notification_types=[NotificationType.BOOKING_UPDATE], headers={},
            scopes=[scope.value for scope in Scope], access=access, sealer=sealer, now=NOW,
            store=store,
        )
    ).subscription  # fmt: skip
    told = Notification.objects.create(
        public_id=uuid4(), subscription_id=made.id, kind="BOOKING_UPDATE", subject="a",
        state="waiting", next_attempt_at=NOW, created_at=NOW,
    )  # fmt: skip
    queue = SqlNotificationQueue(DjangoDatabase())
    changes = (
        notifications.SubscriptionChange(url=OTHER_URL),
        notifications.SubscriptionChange(headers={"Authorization": "a newer secret"}),
    )

    with pytest.raises(ScopeMissing):
        run_now(
            notifications.update_subscription(
                made.id, changes[0], scopes=[], access=access, sealer=sealer, now=NOW, store=store
            )
        )
    for resume in (
        notifications.enable_subscription(made.id, access=access, now=NOW, store=store),
        *(
            notifications.update_subscription(
                made.id,
                change,
                scopes=[Scope.BOOKINGS_READ.value],
                access=access,
                sealer=sealer,
                now=NOW,
                store=store,
            )
            for change in changes
        ),
    ):
        later = NOW + timedelta(hours=5)
        Notification.objects.update(attempts=4, next_attempt_at=later)
        SubscriptionQueue.objects.update(due_at=later, resume_at=later, failures=3)
        run_now(resume)
        (claimed,) = run_now(queue.claim(uuid4(), lane=webhooks.Lane.QUICK, most=10))
        (taken,) = run_now(queue.take([claimed]))
        assert [(one.id, one.attempts) for one in taken.notifications] == [(told.pk, 2)]


def test_what_is_due_is_sent_also_while_a_clock_is_slow(endpoint: webhooks.EndpointId) -> None:
    """The endpoint is due by the clock of the database: what else could end that?"""
    Delivery.objects.create(
        endpoint_id=endpoint, message_id="evt_1", position=1, type="booking.confirmed",
        subject="a", state="waiting", next_attempt_at=NOW, created_at=NOW,
    )  # fmt: skip
    (claimed,) = claim_due(SqlQueueStore(DjangoDatabase()))

    sender: Any = SimpleNamespace(
        databases=SimpleNamespace(reading=on_this_connection), bodies=load_event_bodies()
    )
    run, _, _ = run_now(_prepare(claimed, sender, NOW - timedelta(hours=1)))

    # The log has no such event, which this run was to find out.
    (settled,) = run.results()
    assert settled.outcome is not None
    assert settled.outcome.problem is webhooks.AttemptProblem.EVENT_GONE


def message_at(position: int, subject: str, **different: Any) -> webhooks.Message:
    return webhooks.Message(
        message_id=f"evt_{position}", position=position, subject=subject, booking_uuid=None,
        type=PublishedType.BOOKING_CONFIRMED, **different,
    )  # fmt: skip


def test_an_endpoint_that_is_held_back_gets_one_message_also_during_a_replay() -> None:
    run = webhooks.Run(webhooks.Health(failures=5, failing_since=NOW), [], started_at=NOW)

    assert run.room == 1
    run.add([message_at(1, "a", is_replay=True)])
    assert run.room == 0


def test_what_was_stored_behind_another_message_and_sent_is_not_read_again() -> None:
    accepted = replace(GONE, status=200, problem=webhooks.AttemptProblem.NONE)
    stored = message_at(50, "a", is_stored=True, next_attempt_at=NOW)
    run = webhooks.Run(webhooks.Health(), [stored], started_at=NOW)
    run.add([message_at(40, "b"), message_at(41, "b"), stored, message_at(60, "b")])

    sent = [run.take(), run.take()]
    assert [one.position for one in sent if one] == [40, 50]
    for one in sent:
        assert one is not None
        run.finish(one, accepted, retry_after=None, jitter=0.5)
    run.stop()

    # The log is read again from before the last, and what the cursor passes waits in the queue.
    assert run.unsent_after() == 59
    waits = webhooks.DeliveryState.WAITING
    assert [line.message.position for line in run.results() if line.state is waits] == [41]


def test_a_run_that_begins_late_gets_on_all_the_same(
    endpoint: webhooks.EndpointId, receiver: Receiver
) -> None:
    """As where preparing takes longer, on a busy machine, than a run may."""
    WebhookEndpoint.objects.update(url=receiver.url)
    (claimed,) = claim_due(SqlQueueStore(DjangoDatabase()))
    message = replace(message_at(1, "a"), message_id="evt_example")
    run = webhooks.Run(webhooks.Health(), [], started_at=NOW)
    run.add([message, replace(message, message_id="evt_2", position=2)])
    body = load_event_bodies().example(PublishedType.BOOKING_CONFIRMED)

    async def send() -> None:
        async with WebhookClient(allows_loopback=True) as client:
            sender: Any = SimpleNamespace(client=client)
            secrets = claimed.endpoint.derive_secrets(KEYS, now=NOW)
            await _send_one_by_one(
                run, {body.id: body}, claimed, secrets, sender, deadline=time.monotonic()
            )

    asyncio.run(send())

    assert [got.id for got in receiver.got] == ["evt_example"]
    assert [line.state for line in run.results()] == [webhooks.DeliveryState.DELIVERED]
