"""The worker's job for events: let what is older than ``PORTICO_EVENTS_DAYS`` expire."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from core_site.database import DjangoDatabase
from shared_domain.events.sql_store import SqlEventStore
from shared_domain.run_now import run_now

#: Events that one transaction lets expire; it takes about a tenth of a second.
BATCH = 10_000


@app.periodic(cron="29 * * * *")
@app.task(queueing_lock="expire_events")
def expire_events(timestamp: int | None = None) -> None:
    """Let events older than PORTICO_EVENTS_DAYS expire, a batch at a time."""
    before = timezone.now() - timedelta(days=settings.EVENTS_DAYS)
    events = SqlEventStore(DjangoDatabase())
    while True:
        with transaction.atomic():
            if run_now(events.expire(before=before, most=BATCH)) < BATCH:
                return
