"""The calls, parity and latency of one endpoint by the hour, for its chart."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg
from django.db.models.functions import TruncHour

from core_site.rollout.models import EndpointHour, ParityCheck

AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyStats:
    """One hour that had calls; ``None`` where a side answered nothing."""

    at: datetime
    calls: int
    matched: int
    mismatched: int
    edge_ms: float | None
    django_ms: float | None

    @property
    def parity_percent(self) -> float | None:
        compared = self.matched + self.mismatched
        return 100 * self.matched / compared if compared else None


def hourly_stats(endpoint_id: int, *, since: datetime) -> list[HourlyStats]:
    """Return the hours since then, the oldest first.

    A side that answered no caller in an hour is timed by its comparisons, while these are kept.
    """
    stored = list(
        EndpointHour.objects.filter(endpoint_id=endpoint_id, hour__gte=since).order_by("hour")
    )
    in_checks = _means_of_checks(endpoint_id, since) if any(map(_lacks_a_side, stored)) else {}
    return [_hour(row, *in_checks.get(row.hour, (None, None))) for row in stored]


def _lacks_a_side(row: EndpointHour) -> bool:
    was_compared = row.matched + row.mismatched + row.unstable > 0
    return was_compared and not (row.edge_calls and row.django_calls)


def _means_of_checks(
    endpoint_id: int, since: datetime
) -> dict[datetime, tuple[float | None, float | None]]:
    means = (
        ParityCheck.objects.filter(
            endpoint_id=endpoint_id, at__gte=since, verdict__in=["match", "mismatch", "unstable"]
        )
        .order_by()
        .annotate(hour=TruncHour("at"))
        .values_list("hour")
        .annotate(Avg("edge_ms"), Avg("django_ms"))
    )
    return {hour: (edge_ms, django_ms) for hour, edge_ms, django_ms in means}


def _hour(
    row: EndpointHour, checked_edge_ms: float | None, checked_django_ms: float | None
) -> HourlyStats:
    return HourlyStats(
        at=row.hour,
        calls=row.edge_calls + row.django_calls,
        matched=row.matched,
        mismatched=row.mismatched + row.unstable,
        edge_ms=row.edge_ms / row.edge_calls if row.edge_calls else checked_edge_ms,
        django_ms=row.django_ms / row.django_calls if row.django_calls else checked_django_ms,
    )
