"""The worker's jobs for notifications: purge the log, and tell partners of what was disabled."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from core_site.database import DjangoDatabase
from core_site.notifications.models import Subscription
from core_site.webhooks.notices import DisabledNotice, send_due_notices
from shared_domain.notifications import SubscriptionId
from shared_domain.notifications.queue.sql_store import SqlNotificationQueue
from shared_domain.run_now import run_now

#: How long notifications, with their attempts, and removed subscriptions are kept.
KEPT_FOR = timedelta(days=30)

#: Notifications that one transaction deletes; subscriptions that one run deletes.
BATCH, MOST_SUBSCRIPTIONS = 2_000, 200

_TEXT = """\
Hello,

we have stopped sending OCTO notifications to

    {url}

because {reason}.

What happened since is not told later: fetch your bookings, products and availability anew. When
your server is ready, change the subscription, even to the same URL, and it is enabled again:

    PATCH /octo/notifications/subscriptions/{id}
"""


@app.periodic(cron="43 * * * *")
@app.task(queueing_lock="purge_notifications")
def purge_notifications(timestamp: int | None = None) -> None:
    """Delete notifications older than 30 days, and subscriptions that were removed as long ago."""
    before = timezone.now() - KEPT_FOR
    queue = SqlNotificationQueue(DjangoDatabase())
    while True:
        with transaction.atomic():
            if not run_now(queue.purge(before=before, most=BATCH)):
                break
    gone = Subscription.objects.filter(removed_at__lt=before).order_by("removed_at")
    for subscription in gone[:MOST_SUBSCRIPTIONS]:
        subscription.delete()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="send_subscription_notices")
def send_subscription_notices(timestamp: int | None = None) -> None:
    """Write to partners whose subscriptions were disabled by their answers, or by none."""
    send_due_notices(Subscription, _write_notice, _note_sent)


def _write_notice(subscription: Subscription) -> DisabledNotice:
    mode = "test bookings" if subscription.test_mode else "live bookings"
    return DisabledNotice(
        name="subscription",
        subject=f"Your subscription to OCTO notifications of {mode} was disabled",
        text=_TEXT,
    )


def _note_sent(subscription: Subscription) -> None:
    queue = SqlNotificationQueue(DjangoDatabase())
    run_now(queue.record_notice_sent(SubscriptionId(subscription.pk)))
