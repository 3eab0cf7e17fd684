"""The worker's jobs for webhooks: purge the log, and e-mail partners about disabled endpoints."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from core_site.database import DjangoDatabase
from core_site.webhooks.models import WebhookEndpoint
from core_site.webhooks.notices import DisabledNotice, send_due_notices
from shared_domain.run_now import run_now
from shared_domain.webhooks import EndpointId
from shared_domain.webhooks.queue.sql_store import SqlQueueStore
from shared_domain.webhooks.sql_store import SqlWebhookStore

#: How long settled deliveries, with their attempts, and removed endpoints are kept.
KEPT_FOR = timedelta(days=30)

#: Deliveries that one transaction deletes; endpoints that one run deletes.
BATCH, MOST_ENDPOINTS = 2_000, 200


@app.periodic(cron="41 * * * *")
@app.task(queueing_lock="purge_webhook_log")
def purge_webhook_log(timestamp: int | None = None) -> None:
    """Delete deliveries settled 30 days ago, older attempts, and endpoints removed as long ago."""
    before = timezone.now() - KEPT_FOR
    queue = SqlQueueStore(DjangoDatabase())
    while True:
        with transaction.atomic():
            if not run_now(queue.purge(before=before, most=BATCH)):
                break
    gone = WebhookEndpoint.objects.filter(removed_at__lt=before).order_by("removed_at")
    for endpoint in gone[:MOST_ENDPOINTS]:
        endpoint.delete()


_TEXT = """\
Hello,

we have stopped sending events to your webhook endpoint

    {url}
    {description}

because {reason}.

Nothing that happened since is lost: the endpoint keeps its place in the log of events. When your
server is ready, enable the endpoint and all of it is sent:

    POST /v1/webhook-endpoints/{id}/enable

To go on with what happens from then on, send {{"skipBacklog": true}}.
"""


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="send_webhook_notices")
def send_webhook_notices(timestamp: int | None = None) -> None:
    """E-mail partners whose endpoints were disabled, after 410 Gone or continued failure."""
    send_due_notices(WebhookEndpoint, _write_notice, _note_sent)


def _write_notice(endpoint: WebhookEndpoint) -> DisabledNotice:
    mode = "test bookings" if endpoint.test_mode else "live bookings"
    return DisabledNotice(
        name="webhook",
        subject=f"Your webhook endpoint of {mode} was disabled",
        text=_TEXT,
        description=endpoint.description or f"({mode})",
    )


def _note_sent(endpoint: WebhookEndpoint) -> None:
    store = SqlWebhookStore(DjangoDatabase())
    run_now(store.record_notice_sent(EndpointId(endpoint.pk)))
