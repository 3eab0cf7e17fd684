"""Traffic, parity and latency of each endpoint, as the command line and the board tell them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum

from core_site.rollout.models import Build, BuildNoise, Endpoint, EndpointHour
from shared_domain import rollout
from shared_domain.rollout import LIVE_FOR, NOISE_KEPT_FOR, UNSEEN, ParityStats

#: Hours are counted whole, so between 23 and 24 of them.
RECENT = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class SideTraffic:
    """What one side has answered recently."""

    calls: int = 0
    errors: int = 0
    total_ms: float = 0

    @property
    def mean_ms(self) -> float | None:
        return self.total_ms / self.calls if self.calls else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """The traffic of one endpoint in the last day, by who answered."""

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
        """Return the share of the sample that was not compared, because there was no room."""
        return 100 * self.dropped / max(1, self.dropped + self.compared)


def recent_traffic(*, now: datetime) -> dict[int, Traffic]:
    """Return the traffic of every endpoint that had any, by its id."""
    summed = (
        EndpointHour.objects.filter(hour__gt=now - RECENT)
        .values("endpoint_id")
        .order_by("endpoint_id")
        .annotate(
            **{
                f"{side}_{what}_sum": Sum(f"{side}_{what}")
                for side in ("django", "edge")
                for what in ("calls", "errors", "ms")
            },
            **{f"{what}_sum": Sum(what) for what in (*_LOST, *_COMPARED)},
        )
    )
    return {row["endpoint_id"]: _traffic(row) for row in summed}


_LOST = ("fell_back", "dropped", "too_large", "abandoned")
_COMPARED = ("matched", "mismatched", "unstable", "undecided")


def _traffic(row: dict[str, float]) -> Traffic:
    sides = {
        side: SideTraffic(
            calls=int(row[f"{side}_calls_sum"]),
            errors=int(row[f"{side}_errors_sum"]),
            total_ms=row[f"{side}_ms_sum"],
        )
        for side in ("django", "edge")
    }
    return Traffic(
        **sides,
        **{what: int(row[f"{what}_sum"]) for what in _LOST},
        compared=sum(int(row[f"{what}_sum"]) for what in _COMPARED),
    )


def describe_parity(seen: ParityStats) -> str:
    """Return the share that agrees; what has no share, or a meaningless one, is a word."""
    percent = seen.parity_percent
    if seen.is_misconfigured:
        return "misconfigured"
    if seen.unstable:
        return f"unstable, {math.floor((percent or 0) * 10) / 10:.1f} %"
    if percent is None:
        return "undecided" if seen.undecided else "no comparisons"
    what = " (answers)" if seen.is_of_answers_only else ""
    # Downwards: 100.0 % is said only of no difference at all.
    return f"{math.floor(percent * 10) / 10:.1f} %{what}"


def running_builds(*, now: datetime) -> QuerySet[Build]:
    """Return the builds that an edge has reported lately, or else the last one of each site."""
    of_its_site = Build.objects.filter(site=OuterRef("site")).order_by("-last_seen_at")
    return Build.objects.alias(latest=Subquery(of_its_site.values("last_seen_at")[:1])).filter(
        Q(last_seen_at__gt=now - LIVE_FOR) | Q(last_seen_at=F("latest"))
    )


def current_noise(endpoint: Endpoint, *, now: datetime) -> QuerySet[BuildNoise]:
    """Return the noise that counts for an endpoint now, with any build that runs."""
    return BuildNoise.objects.filter(
        noise__endpoint=endpoint,
        build__in=running_builds(now=now),
        learned_at__gt=now - NOISE_KEPT_FOR,
    ).select_related("noise")


def describe_builds(by_build: Sequence[ParityStats]) -> str:
    """Return the builds that evidence is gathered for, each with the time since when."""
    return (
        "; ".join(
            f"{seen.build.short} since {seen.build_since:%Y-%m-%d %H:%M} UTC"
            for seen in by_build
            if seen.build is not None and seen.build_since is not None
        )
        or "none has answered yet"
    )


def describe_guard(endpoint: rollout.Endpoint, seen: ParityStats) -> str:
    """Return how far the guard of a build has come, empty where nothing is guarded."""
    if not rollout.may_be_guarded(endpoint):
        return ""
    build = f", build {seen.build.short}" if seen.build else ""
    return f"{rollout.describe_guard(endpoint, seen.guarded)}{build}"


#: Said where no trigger records the written rows, or they are in another database.
ANSWERS_ONLY_NOTE = "answers only: nothing tells which rows were written"


def describe_coverage(seen: ParityStats) -> str:
    """Return how often each kind of call has agreed since the last difference."""
    return ", ".join(
        f"{token.replace(':', ' ', 1)}: {covered.agreed:,} of {covered.calls:,}"
        for token, covered in sorted(seen.coverage.items())
        if not token.startswith(UNSEEN)
    )


def describe_dropped(traffic: Traffic) -> str:
    """Return how many calls of the sample found no room to be compared in the last 24 hours."""
    if not traffic.dropped:
        return "none"
    total = traffic.dropped + traffic.compared
    return f"{traffic.dropped:,} of {total:,} ({traffic.dropped_percent:.1f} %)"


def describe_not_compared(seen: ParityStats) -> str:
    """Return the share of each reason among the latest calls."""
    return ", ".join(
        f"{verdict} {times:,} ({100 * times / max(1, seen.latest_calls):.1f} %)"
        for verdict, times in sorted(seen.not_compared.items())
    )


def format_latency(answered: float | None, compared: float | None) -> str:
    """Return the mean of answered calls, or in brackets that of calls only compared."""
    if answered is not None:
        return f"{answered:.1f}"
    return "–" if compared is None else f"({compared:.1f})"
