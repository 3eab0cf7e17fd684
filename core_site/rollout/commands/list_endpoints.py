"""``rollout list``: every endpoint by stage, with its traffic, parity and latency."""

import argparse
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from core_site import stores
from core_site.rollout.commands.arguments import Subcommands, stage
from core_site.rollout.commands.documents import (
    builds_as_document,
    describe_stage,
    endpoint_as_document,
    seen_as_document,
)
from core_site.rollout.commands.output import CommandOutput, wrap
from core_site.rollout.commands.table import table
from core_site.rollout.metrics import (
    SideTraffic,
    Traffic,
    describe_parity,
    format_latency,
    recent_traffic,
)
from shared_domain import rollout
from shared_domain.rollout import Endpoint, ParityStats, Stage
from shared_domain.run_now import run_now

_HEADINGS = ("", "Django", "edge", "parity", "Django ms", "edge ms")

_LEGEND = (
    "Django, edge: who answered how many calls in the last 24 hours. Parity: of the "
    "comparisons with the newest build; dropped: calls of the last 24 hours with no room to "
    "compare them. ms: the mean of the answered calls; in brackets, the median of the compared."
)


def add_to(verbs: Subcommands) -> None:
    verb = verbs.add(
        "list",
        _list,
        help="show every endpoint by stage, with traffic, parity and the latency of both sides",
        example="--stage shadow",
    )
    verb.add_argument(
        "--stage", metavar="STAGE", type=stage, help=f"only those in it: {', '.join(Stage)}"
    )


def _list(options: argparse.Namespace) -> CommandOutput:
    now = timezone.now()
    traffic = recent_traffic(now=now)
    chosen = [
        endpoint
        for endpoint in run_now(rollout.list_endpoints(store=stores.endpoints()))
        if options.stage in (None, endpoint.stage)
    ]
    seen = run_now(stores.endpoints().parity_stats(chosen))
    listed = [
        _Listed(
            endpoint=endpoint,
            by_build=seen[endpoint.id],
            traffic=traffic.get(endpoint.id, Traffic()),
            now=now,
        )
        for endpoint in chosen
    ]
    groups: dict[str, list[tuple[str, ...]]] = {}
    for stage_name in Stage:
        rows = [one.row() for one in listed if one.endpoint.stage is stage_name]
        if rows:
            groups[f"{stage_name} ({len(rows)})"] = rows
    shown = [*table(_HEADINGS, groups), "", *wrap(_LEGEND)]
    return CommandOutput(
        document={"endpoints": [one.document() for one in listed]},
        lines=shown if listed else [_nothing(options.stage)],
    )


@dataclass(frozen=True, kw_only=True)
class _Listed:
    endpoint: Endpoint
    by_build: tuple[ParityStats, ...]
    traffic: Traffic
    now: datetime

    @property
    def seen(self) -> ParityStats:
        """What was seen with the newest build."""
        return self.by_build[0] if self.by_build else ParityStats()

    def row(self) -> tuple[str, ...]:
        endpoint, seen, traffic = self.endpoint, self.seen, self.traffic
        share = describe_stage("", endpoint.percent)
        is_unproven = rollout.is_unproven(endpoint, self.by_build, now=self.now)
        return (
            f"{endpoint.name}{share}",
            f"{traffic.django.calls:,}",
            f"{traffic.edge.calls:,}",
            f"{_parity(seen, traffic)}{', unproven build' if is_unproven else ''}{self._guarded()}",
            format_latency(traffic.django.mean_ms, seen.django_ms),
            format_latency(traffic.edge.mean_ms, seen.edge_ms),
        )

    def _guarded(self) -> str:
        lacking = rollout.missing_guard_evidence(self.endpoint, self.seen.guarded)
        is_guarded = rollout.may_be_guarded(self.endpoint) and lacking
        return ", guarded" if is_guarded else ""

    def document(self) -> dict[str, Any]:
        return (
            endpoint_as_document(self.endpoint)
            | builds_as_document(self.endpoint, self.by_build, now=self.now)
            | {
                "last_24_hours": {
                    "django": side_traffic_as_document(self.traffic.django),
                    "edge": side_traffic_as_document(self.traffic.edge),
                    "compared": self.traffic.compared,
                    "dropped": self.traffic.dropped,
                },
                "parity": seen_as_document(self.seen) | {"in_words": describe_parity(self.seen)},
            }
        )


def _parity(seen: ParityStats, traffic: Traffic) -> str:
    words = describe_parity(seen)
    words = f"{words} of {seen.compared:,}" if seen.compared else words
    return f"{words}, {traffic.dropped_percent:.0f} % dropped" if traffic.dropped else words


def side_traffic_as_document(answered: SideTraffic) -> dict[str, Any]:
    return {"calls": answered.calls, "errors": answered.errors, "mean_ms": answered.mean_ms}


def _nothing(of_stage: Stage | None) -> str:
    if of_stage is not None:
        return f"No endpoint is in stage {of_stage}."
    return (
        "No endpoints yet: the edge and the site register theirs as they start, "
        "`rollout register` does it now."
    )
