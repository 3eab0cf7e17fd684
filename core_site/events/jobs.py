"""The worker's job for events: expire those older than ``PORTICO_EVENTS_DAYS``."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from core_site.database import DjangoDatabase
from shared_domain.events.sql_store import SqlEventStore
from shared_domain.run_now import run_now

#: How many events one transaction expires; it takes about a tenth of a second.
BATCH = 10_000


@app.periodic(cron="29 * * * *")
@app.task(queueing_lock="expire_events")
def expire_events(timestamp: int | None = None) -> None:
    """Expire events older than ``PORTICO_EVENTS_DAYS``, a batch per transaction."""
    before = timezone.now() - timedelta(days=settings.EVENTS_DAYS)
    events = SqlEventStore(DjangoDatabase())
    while True:
        with transaction.atomic():
            if run_now(events.expire(before=before, most=BATCH)) < BATCH:
                return
