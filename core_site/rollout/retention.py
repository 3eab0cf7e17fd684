"""Deletion of expired findings, for the worker's job and for ``manage.py rollout expire``."""

from datetime import timedelta

from django.utils import timezone

from core_site.rollout import evidence_models as models
from shared_domain.rollout import EVIDENCE_KEPT_FOR

#: How long hours are stored, for the chart of an endpoint.
HOURS_KEPT_FOR = timedelta(days=90)


def delete_expired_findings() -> int:
    """Delete findings older than ``EVIDENCE_KEPT_FOR``, and return the number of rows.

    Noise is deleted as well: it is learned again if it persists, and must not hide a difference
    that has become real. A build is deleted when no edge has reported it for so long.
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
