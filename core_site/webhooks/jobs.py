"""The worker's jobs for webhooks: purge the log, and tell partners of disabled endpoints."""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from core_site.database import DjangoDatabase
from core_site.webhooks.models import WebhookEndpoint
from core_site.webhooks.notices import MailRefused, NoticeServerAway, tell_of_disabled
from shared_domain.run_now import run_now
from shared_domain.webhooks import EndpointId
from shared_domain.webhooks.queue.sql_store import SqlQueueStore
from shared_domain.webhooks.sql_store import SqlWebhookStore

#: How long settled deliveries, with their attempts, and removed endpoints are kept.
KEPT_FOR = timedelta(days=30)

#: Deliveries that one transaction deletes; endpoints that one run deletes.
BATCH, MOST_ENDPOINTS = 2_000, 200

#: How long a mail is tried that no server takes; staff see the endpoint all the same.
NOTICE_TRIED_FOR = timedelta(days=3)

#: Mails of one run, a minute's.
MOST_NOTICES = 100

logger = logging.getLogger(__name__)


@app.periodic(cron="41 * * * *")
@app.task(queueing_lock="purge_webhook_log")
def purge_webhook_log(timestamp: int | None = None) -> None:
    """Delete deliveries older than 30 days, and endpoints that were removed as long ago."""
    before = timezone.now() - KEPT_FOR
    queue = SqlQueueStore(DjangoDatabase())
    while True:
        with transaction.atomic():
            if not run_now(queue.purge(before=before, most=BATCH)):
                break
    gone = WebhookEndpoint.objects.filter(removed_at__lt=before).order_by("removed_at")
    for endpoint in gone[:MOST_ENDPOINTS]:
        endpoint.delete()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="send_webhook_notices")
def send_webhook_notices(timestamp: int | None = None) -> None:
    """Write to partners whose endpoints were disabled by their answers, or by none.

    At least once: a worker that dies between the server's answer and the commit sends it again.
    """
    due = WebhookEndpoint.objects.filter(notice_due_at__isnull=False).order_by("notice_due_at")
    for pk in list(due.values_list("pk", flat=True)[:MOST_NOTICES]):
        try:
            with transaction.atomic():
                _send_notice(pk)
        except NoticeServerAway:
            logger.warning("notices of webhooks wait for the mail server")
            return


def _send_notice(pk: UUID) -> None:
    rows = WebhookEndpoint.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
    endpoint = rows.filter(pk=pk, notice_due_at__isnull=False).select_related("partner").first()
    if endpoint is None or endpoint.notice_due_at is None:
        return
    is_late = timezone.now() - endpoint.notice_due_at > NOTICE_TRIED_FOR
    if endpoint.disabled_by and endpoint.removed_at is None and not is_late:
        try:
            tell_of_disabled(endpoint)
        except MailRefused:
            logger.error("the mail server refuses to tell a partner of webhook endpoint %s", pk)
    run_now(SqlWebhookStore(DjangoDatabase()).notice_sent(EndpointId(pk)))
