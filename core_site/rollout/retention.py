"""Delete expired findings: the worker does, or ``manage.py rollout expire`` by cron."""

from datetime import timedelta

from django.utils import timezone

from core_site.rollout import evidence_models as models
from shared_domain.rollout import EVIDENCE_KEPT_FOR

#: How far the chart of an endpoint looks back at most.
HOURS_KEPT_FOR = timedelta(days=90)


def delete_expired_findings() -> int:
    """Delete findings older than ``EVIDENCE_KEPT_FOR``, and return how many rows there were.

    Noise is deleted as well: what still is noise is learned again, and what has become a true
    difference must not stay hidden. A build is deleted once no edge has reported it for so long.
    """
    now = timezone.now()
    old = now - EVIDENCE_KEPT_FOR
    builds = models.Build.objects.filter(last_seen_at__gte=old)
    expired = (
        models.BuildDifference.objects.filter(last_at__lt=old),
        models.BuildNoise.objects.filter(learned_at__lt=old),
        models.EdgeCalls.objects.exclude(build__in=builds),
        models.SelfTest.objects.exclude(build__in=builds),
        models.GuardedClass.objects.exclude(build__in=builds),
        models.Build.objects.filter(last_seen_at__lt=old),
        models.ParityCheck.objects.filter(at__lt=old),
        models.Difference.objects.filter(last_at__lt=old),
        models.Noise.objects.filter(learned_at__lt=old),
        models.Recording.objects.filter(at__lt=old),
        models.EndpointHour.objects.filter(hour__lt=now - HOURS_KEPT_FOR),
    )
    return sum(rows.delete()[0] for rows in expired)
