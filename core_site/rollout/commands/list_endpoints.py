"""``rollout list``: every endpoint by stage, with its traffic, parity and latency."""

import argparse
from typing import Any

from django.utils import timezone

from core_site import stores
from core_site.rollout.commands.arguments import Subcommands, stage
from core_site.rollout.commands.output import CommandOutput, cell, number_table
from core_site.rollout.documents import EndpointDocument, load_documents
from core_site.rollout.documents.as_json import (
    builds_as_json,
    endpoint_as_json,
    parity_as_json,
    side_traffic_as_json,
)
from shared_domain import rollout
from shared_domain.rollout import Stage
from shared_domain.run_now import run_now

_HEADINGS = ("", "Django", "edge", "parity", "Django ms", "edge ms")

_LEGEND = (
    "Django, edge: who answered how many calls in the last 24 hours. Parity: of the "
    "comparisons with the newest build; dropped: calls of the last 24 hours with no room to "
    "compare them. ms: the mean of the answered calls; in brackets, the median of the compared."
)


def add_to(subcommands: Subcommands) -> None:
    verb = subcommands.add(
        "list",
        _list,
        help="show every endpoint by stage, with traffic, parity and the latency of both sides",
        example="--stage shadow",
    )
    verb.add_argument(
        "--stage", metavar="STAGE", type=stage, help=f"only those in it: {', '.join(Stage)}"
    )


def _list(options: argparse.Namespace) -> CommandOutput:
    endpoints = run_now(rollout.list_endpoints(store=stores.endpoints()))
    chosen = [one for one in endpoints if options.stage in (None, one.stage)]
    listed = load_documents(chosen, now=timezone.now())
    groups = []
    for stage_name in Stage:
        rows = [_row(document) for document in listed if document.endpoint.stage is stage_name]
        if rows:
            groups.append((f"{stage_name} ({len(rows)})", rows))
    return CommandOutput(
        document={"endpoints": [_as_json(document) for document in listed]},
        lines=[number_table(_HEADINGS, groups), "", cell(_LEGEND)]
        if listed
        else [_none(options.stage)],
    )


def _row(document: EndpointDocument) -> tuple[str, ...]:
    endpoint, traffic = document.endpoint, document.traffic
    return (
        f"{endpoint.name} {endpoint.percent} %" if endpoint.percent else endpoint.name,
        f"{traffic.django.calls:,}",
        f"{traffic.edge.calls:,}",
        _parity(document),
        document.django_ms,
        document.edge_ms,
    )


def _parity(document: EndpointDocument) -> str:
    seen, traffic = document.newest, document.traffic
    compared = f" of {seen.compared:,}" if seen.compared else ""
    notes = (
        f"{traffic.dropped_percent:.0f} % dropped" if traffic.dropped else "",
        "unproven build" if document.is_unproven else "",
        "guarded" if document.is_guarded else "",
    )
    return ", ".join(filter(None, [f"{document.parity}{compared}", *notes]))


def _as_json(document: EndpointDocument) -> dict[str, Any]:
    traffic = document.traffic
    return {
        **endpoint_as_json(document.endpoint),
        **builds_as_json(document),
        "last_24_hours": {
            "django": side_traffic_as_json(traffic.django),
            "edge": side_traffic_as_json(traffic.edge),
            "compared": traffic.compared,
            "dropped": traffic.dropped,
        },
        "parity": parity_as_json(document.newest),
    }


def _none(of_stage: Stage | None) -> str:
    if of_stage is not None:
        return f"No endpoint is in stage {of_stage}."
    return (
        "No endpoints yet: the edge and Django register theirs as they start, "
        "`rollout register` does it now."
    )
