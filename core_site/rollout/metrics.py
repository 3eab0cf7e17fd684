"""Traffic, running builds and noise of endpoints, from the counters that the edge has written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum

from core_site.rollout.evidence_models import Build, BuildNoise, EndpointHour
from shared_domain.rollout import LIVE_FOR, NOISE_KEPT_FOR

#: Only whole hours are counted, so it covers between 23 and 24 of them.
RECENT = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class SideTraffic:
    """The number of calls that one half has answered recently, with errors and latency."""

    calls: int = 0
    errors: int = 0
    total_ms: float = 0

    @property
    def mean_ms(self) -> float | None:
        return self.total_ms / self.calls if self.calls else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """The traffic of one endpoint in the last day, by side."""

    django: SideTraffic = SideTraffic()
    edge: SideTraffic = SideTraffic()
    fell_back: int = 0
    #: Comparisons, whatever they decided.
    compared: int = 0
    #: Calls of the sample that were not compared, because there was no room for it.
    dropped: int = 0
    too_large: int = 0
    abandoned: int = 0

    @property
    def dropped_percent(self) -> float:
        """Return the percentage of sampled calls that were not compared for lack of room."""
        return 100 * self.dropped / max(1, self.dropped + self.compared)


def recent_traffic(*, now: datetime) -> dict[int, Traffic]:
    """Return the traffic of each endpoint that had calls in ``RECENT``, by its id."""
    summed = (
        EndpointHour.objects.filter(hour__gt=now - RECENT)
        .values("endpoint_id")
        .order_by("endpoint_id")
        .annotate(**{f"{column}_sum": Sum(column) for column in (*_BY_SIDE, *_LOST, *_COMPARED)})
    )
    rows: Iterable[Mapping[str, Any]] = summed
    return {row["endpoint_id"]: _traffic(row) for row in rows}


_BY_SIDE = [f"{side}_{what}" for side in ("django", "edge") for what in ("calls", "errors", "ms")]
_LOST = ("fell_back", "dropped", "too_large", "abandoned")
_COMPARED = ("matched", "mismatched", "unstable", "undecided")


def _traffic(row: Mapping[str, Any]) -> Traffic:
    sides = {
        side: SideTraffic(
            calls=int(row[f"{side}_calls_sum"]),
            errors=int(row[f"{side}_errors_sum"]),
            total_ms=row[f"{side}_ms_sum"],
        )
        for side in ("django", "edge")
    }
    fell_back, dropped, too_large, abandoned = (int(row[f"{what}_sum"]) for what in _LOST)
    return Traffic(
        **sides,
        fell_back=fell_back,
        dropped=dropped,
        too_large=too_large,
        abandoned=abandoned,
        compared=sum(int(row[f"{what}_sum"]) for what in _COMPARED),
    )


def running_builds(*, now: datetime) -> QuerySet[Build]:
    """Return the builds that an edge reported within ``LIVE_FOR``, and each upstream's latest."""
    of_its_upstream = Build.objects.filter(upstream=OuterRef("upstream")).order_by("-last_seen_at")
    return Build.objects.alias(latest=Subquery(of_its_upstream.values("last_seen_at")[:1])).filter(
        Q(last_seen_at__gt=now - LIVE_FOR) | Q(last_seen_at=F("latest"))
    )


def current_noise(endpoint_id: int | None, *, now: datetime) -> QuerySet[BuildNoise]:
    """Return the noise of an endpoint that is applied now, with any running build."""
    return BuildNoise.objects.filter(
        noise__endpoint=endpoint_id,
        build__in=running_builds(now=now),
        learned_at__gt=now - NOISE_KEPT_FOR,
    ).select_related("noise")


def format_latency(answered: float | None, compared: float | None) -> str:
    """Return the mean latency of answered calls or, in brackets, that of compared calls."""
    if answered is not None:
        return f"{answered:.1f}"
    return "–" if compared is None else f"({compared:.1f})"
