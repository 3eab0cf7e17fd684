"""Everything that the page of one endpoint shows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from core_site import stores
from core_site.partners.models import Partner
from core_site.rollout import models
from core_site.rollout.admin_board.audit import AuditEntry, audit_entries, describe_stage
from core_site.rollout.admin_board.board import (
    WHO_ANSWERS,
    NextStep,
    next_step,
    spent_percent,
)
from core_site.rollout.admin_board.chart import Chart, chart_of
from core_site.rollout.admin_board.hourly_stats import AN_HOUR, hourly_stats
from core_site.rollout.metrics import (
    ANSWERS_ONLY_NOTE,
    Traffic,
    current_noise,
    describe_builds,
    describe_coverage,
    describe_dropped,
    describe_guard,
    describe_not_compared,
    describe_parity,
    recent_traffic,
    running_builds,
)
from core_site.rollout.untracked_writes import describe_untracked
from shared_domain import rollout
from shared_domain.rollout import Endpoint, ParityStats
from shared_domain.run_now import run_now

#: How far the chart looks back, by its name in the address.
SPANS = {"48h": timedelta(hours=48), "14d": timedelta(days=14)}

_SPAN_TITLES = {"48h": "48 hours", "14d": "14 days"}

DIFFERENCES_SHOWN = 100
COMPARISONS_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What differed in how many comparisons, with a redacted example."""

    row: models.BuildDifference
    example: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartSpan:
    """A choice of how far the chart looks back."""

    name: str
    is_chosen: bool

    @property
    def title(self) -> str:
        return _SPAN_TITLES[self.name]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointPage:
    """One endpoint."""

    row: models.Endpoint
    endpoint: Endpoint
    traffic: Traffic
    stage: str
    who_answers: str
    #: With each build that runs, the newest first; ``seen`` is with the one that lacks most.
    by_build: tuple[ParityStats, ...]
    is_unproven: bool
    seen: ParityStats
    step: NextStep
    alarms: tuple[str, ...]
    chart: Chart
    spans: tuple[ChartSpan, ...]
    differences: tuple[Difference, ...]
    comparisons: QuerySet[models.ParityCheck]
    noise: QuerySet[models.BuildNoise]
    #: Side by partner.
    pins: Mapping[str, str]
    changes: list[AuditEntry]

    @property
    def parity(self) -> str:
        return describe_parity(self.seen)

    @property
    def builds(self) -> str:
        return describe_builds(self.by_build)

    @property
    def guarded(self) -> str:
        if not self.endpoint.guarded_calls:
            return "switched off"
        return "; ".join(
            filter(None, (describe_guard(self.endpoint, seen) for seen in self.by_build))
        )

    @property
    def status_classes(self) -> str:
        classes = sorted(self.seen.status_classes.items())
        return ", ".join(f"{count} × {hundreds}xx" for hundreds, count in classes) or "–"

    @property
    def coverage(self) -> str:
        words = describe_coverage(self.seen) or "–"
        return f"{words} ({ANSWERS_ONLY_NOTE})" if self.seen.is_of_answers_only else words

    @property
    def not_compared(self) -> str:
        return describe_not_compared(self.seen) or "none"

    @property
    def dropped(self) -> str:
        return describe_dropped(self.traffic)

    @property
    def unseen(self) -> str:
        return describe_untracked(self.endpoint, self.seen)

    @property
    def spent_percent(self) -> int:
        return spent_percent(self.endpoint)


def build_page(row: models.Endpoint, *, span: str, now: datetime) -> EndpointPage:
    name = (row.method, row.path_template)
    store = stores.endpoints()
    endpoint = run_now(rollout.get_endpoint(name, store=store))
    by_build = run_now(store.parity_stats([endpoint]))[endpoint.id]
    target = endpoint.next_stage or endpoint.stage
    seen = rollout.assess_builds(endpoint, target, by_build, now=now).stats
    running = running_builds(now=now)
    changes = audit_entries(row.pk)
    chosen = span if span in SPANS else next(iter(SPANS))
    until = _next_full_hour(now)
    since = until - SPANS[chosen]
    return EndpointPage(
        row=row,
        endpoint=endpoint,
        traffic=recent_traffic(now=now).get(row.pk, Traffic()),
        stage=describe_stage(endpoint.stage, endpoint.percent),
        who_answers=WHO_ANSWERS[endpoint.stage],
        by_build=by_build,
        is_unproven=rollout.is_unproven(endpoint, by_build, now=now),
        seen=seen,
        step=next_step(endpoint, by_build, now=now),
        alarms=tuple(_alarms(endpoint, seen)),
        chart=chart_of(
            hourly_stats(row.pk, since=since),
            changes,
            since=since,
            until=until,
            is_misconfigured=seen.is_misconfigured,
        ),
        spans=tuple(ChartSpan(name=it, is_chosen=it == chosen) for it in SPANS),
        differences=tuple(
            Difference(row=found, example=_sides_of(found.example))
            for found in models.BuildDifference.objects.filter(
                difference__endpoint=row, build__in=running
            ).select_related("difference")[:DIFFERENCES_SHOWN]
        ),
        comparisons=row.checks.all()[:COMPARISONS_SHOWN],
        noise=current_noise(row, now=now),
        pins=_pins_of(row),
        changes=changes,
    )


def _pins_of(row: models.Endpoint) -> dict[str, str]:
    sides = dict(row.pins.values_list("partner_id", "side"))
    ids = [int(name) for name in sides if name.isdecimal()]
    names = {str(partner.pk): partner.name for partner in Partner.objects.filter(pk__in=ids)}
    return dict(sorted((names.get(name, name), side) for name, side in sides.items()))


def _alarms(endpoint: Endpoint, seen: ParityStats) -> list[str]:
    """Return what somebody must look at now."""
    alarms = []
    if endpoint.retired_calls:
        calls = "call" if endpoint.retired_calls == 1 else "calls"
        alarms.append(
            f"{endpoint.retired_calls} {calls} reached Django's view although it is retired: "
            "something does not go through the door."
        )
    if seen.is_misconfigured:
        alarms.append(
            f"Misdirected: none of the {seen.compared} comparisons says anything about parity, "
            "because the edge and the site do not see the same thing at all."
        )
    if endpoint.stage.needs_edge and not endpoint.is_on_edge:
        alarms.append(f"The edge no longer has it, though the stage is {endpoint.stage}.")
    if endpoint.stage.needs_django and not endpoint.is_on_django:
        alarms.append(f"The site no longer has it, though the stage is {endpoint.stage}.")
    if seen.self_test_passed is False:
        alarms.append("The self-test injected a difference, and it was not found.")
    return alarms


def _sides_of(example: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return what each half said, as far as it may be kept."""
    return tuple((name, _in_words(example.get(name))) for name in ("django", "edge"))


def _in_words(side: Any) -> str:
    """Return ``string, length 12, hash 9f2c…``, or the value where it is public."""
    if not isinstance(side, Mapping):
        return json.dumps(side, ensure_ascii=False)
    if "value" in side:
        return json.dumps(side["value"], ensure_ascii=False)
    details = [str(side.get("type", ""))]
    for name in ("length", "keys", "hash"):
        if name in side:
            value = side[name]
            details.append(f"{name} {', '.join(value) if isinstance(value, list) else value}")
    return ", ".join(details)


def _next_full_hour(now: datetime) -> datetime:
    return (
        now.astimezone(timezone.get_default_timezone()).replace(minute=0, second=0, microsecond=0)
        + AN_HOUR
    )
