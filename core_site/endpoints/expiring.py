"""Forget what has been kept long enough: the worker does so, or ``endpoints expire`` by cron."""

from datetime import timedelta

from django.utils import timezone

from core_site.database import DjangoDatabase
from core_site.endpoints.database import registry_alias
from core_site.endpoints.models import (
    Difference,
    EndpointHour,
    Noise,
    ParityCheck,
    Recording,
)
from shared_domain import idempotency
from shared_domain.idempotency.sql_store import SqlIdempotencyRecords
from shared_domain.run_now import run_now

#: Evidence older than this says little about the code that runs today.
KEPT_FOR = timedelta(days=14)

#: The chart's reach.
HOURS_KEPT_FOR = timedelta(days=90)

#: Deleted by one statement, which takes about a tenth of a second.
BATCH = 10_000


def delete_expired_findings() -> int:
    """Delete what has expired, and return how many rows that were.

    Noise goes as well: what still is noise will be learned again, and what has become a true
    difference must not stay hidden.
    """
    now = timezone.now()
    old = now - KEPT_FOR
    expired = (
        ParityCheck.objects.filter(at__lt=old),
        Difference.objects.filter(last_at__lt=old),
        Noise.objects.filter(learned_at__lt=old),
        Recording.objects.filter(at__lt=old),
        EndpointHour.objects.filter(hour__lt=now - HOURS_KEPT_FOR),
    )
    return sum(rows.delete()[0] for rows in expired)


def delete_expired_records() -> int:
    """Delete expired idempotency records, a batch at a time, and return how many there were."""
    records = SqlIdempotencyRecords(DjangoDatabase(registry_alias()))
    deleted = 0
    while purged := run_now(records.purge(kept_for=idempotency.KEPT_FOR, limit=BATCH)):
        deleted += purged
    return deleted
