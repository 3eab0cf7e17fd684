"""Delete expired findings and records: the worker does, or ``manage.py rollout expire`` by cron."""

from datetime import timedelta

from django.utils import timezone

from core_site.database import DjangoDatabase
from core_site.rollout.database import registry_alias
from core_site.rollout.evidence_models import (
    Build,
    BuildDifference,
    BuildNoise,
    Difference,
    EdgeCalls,
    EndpointHour,
    GuardedClass,
    Noise,
    ParityCheck,
    Recording,
    SelfTest,
)
from shared_domain import idempotency
from shared_domain.idempotency.sql_store import SqlIdempotencyStore
from shared_domain.rollout import EVIDENCE_KEPT_FOR
from shared_domain.run_now import run_now

KEPT_FOR = EVIDENCE_KEPT_FOR

#: How far the chart of an endpoint looks back at most.
HOURS_KEPT_FOR = timedelta(days=90)

#: Deleted by one statement, which takes about a tenth of a second.
BATCH = 10_000


def delete_expired_findings() -> int:
    """Delete findings older than ``EVIDENCE_KEPT_FOR``, and return how many rows there were.

    Noise is deleted as well: what still is noise is learned again, and what has become a true
    difference must not stay hidden. A build is deleted once no edge has reported it for so long.
    """
    now = timezone.now()
    old = now - KEPT_FOR
    builds = Build.objects.filter(last_seen_at__gte=old)
    expired = (
        BuildDifference.objects.filter(last_at__lt=old),
        BuildNoise.objects.filter(learned_at__lt=old),
        EdgeCalls.objects.exclude(build__in=builds),
        SelfTest.objects.exclude(build__in=builds),
        GuardedClass.objects.exclude(build__in=builds),
        Build.objects.filter(last_seen_at__lt=old),
        ParityCheck.objects.filter(at__lt=old),
        Difference.objects.filter(last_at__lt=old),
        Noise.objects.filter(learned_at__lt=old),
        Recording.objects.filter(at__lt=old),
        EndpointHour.objects.filter(hour__lt=now - HOURS_KEPT_FOR),
    )
    return sum(rows.delete()[0] for rows in expired)


def delete_expired_records() -> int:
    """Delete expired idempotency records, a batch at a time, and return how many there were."""
    records = SqlIdempotencyStore(DjangoDatabase(registry_alias()))
    deleted = 0
    while purged := run_now(records.purge(kept_for=idempotency.KEPT_FOR, limit=BATCH)):
        deleted += purged
    return deleted
