"""``endpoints list``: every endpoint by stage, with its traffic, parity and latency."""

import argparse
from typing import Any

from django.utils import timezone

from core_site import stores
from core_site.endpoints.command_line.answer import Answer, folded
from core_site.endpoints.command_line.describing import (
    endpoint_as_document,
    seen_as_document,
    stage_in_words,
)
from core_site.endpoints.command_line.parsing import Verbs, stage
from core_site.endpoints.command_line.table import table
from core_site.endpoints.evidence_of_many import seen_of
from core_site.endpoints.figures import (
    Answered,
    Traffic,
    milliseconds,
    parity_in_words,
    recent_traffic,
)
from shared_domain import endpoints
from shared_domain.endpoints import Endpoint, Seen, Stage
from shared_domain.run_now import run_now

_HEADINGS = ("", "Django", "edge", "parity", "Django ms", "edge ms")

_LEGEND = (
    "Django, edge: who answered how many calls in the last 24 hours. Parity: of all comparisons "
    "that are kept. ms: the mean of the answered calls; in brackets, the median of the compared."
)


def add_to(verbs: Verbs) -> None:
    verb = verbs.add(
        "list",
        _list,
        help="show every endpoint by stage, with traffic, parity and the latency of both sides",
        example="--stage shadow",
    )
    verb.add_argument(
        "--stage", metavar="STAGE", type=stage, help=f"only those in it: {', '.join(Stage)}"
    )


def _list(options: argparse.Namespace) -> Answer:
    now = timezone.now()
    traffic = recent_traffic(now=now)
    chosen = [
        endpoint
        for endpoint in run_now(endpoints.list_endpoints(store=stores.endpoints()))
        if options.stage in (None, endpoint.stage)
    ]
    seen = seen_of(chosen)
    listed = [(it, seen[it.id], traffic.get(it.id, Traffic())) for it in chosen]
    groups: dict[str, list[tuple[str, ...]]] = {}
    for stage_name in Stage:
        rows = [_row(*one) for one in listed if one[0].stage is stage_name]
        if rows:
            groups[f"{stage_name} ({len(rows)})"] = rows
    shown = [*table(_HEADINGS, groups), "", *folded(_LEGEND)]
    return Answer(
        document={"endpoints": [_document(*one) for one in listed]},
        lines=shown if listed else [_nothing(options.stage)],
    )


def _row(endpoint: Endpoint, seen: Seen, traffic: Traffic) -> tuple[str, ...]:
    share = stage_in_words("", endpoint.percent)
    return (
        f"{endpoint.name}{share}",
        f"{traffic.django.calls:,}",
        f"{traffic.edge.calls:,}",
        _parity(seen),
        milliseconds(traffic.django.mean_ms, seen.django_ms),
        milliseconds(traffic.edge.mean_ms, seen.edge_ms),
    )


def _parity(seen: Seen) -> str:
    words = parity_in_words(seen)
    return f"{words} of {seen.compared:,}" if seen.compared else words


def _document(endpoint: Endpoint, seen: Seen, traffic: Traffic) -> dict[str, Any]:
    return endpoint_as_document(endpoint) | {
        "last_24_hours": {
            "django": answered_as_document(traffic.django),
            "edge": answered_as_document(traffic.edge),
        },
        "parity": seen_as_document(seen) | {"in_words": parity_in_words(seen)},
    }


def answered_as_document(answered: Answered) -> dict[str, Any]:
    return {"calls": answered.calls, "errors": answered.errors, "mean_ms": answered.mean_ms}


def _nothing(of_stage: Stage | None) -> str:
    if of_stage is not None:
        return f"No endpoint is in stage {of_stage}."
    return (
        "No endpoints yet: the edge and the site register theirs as they start, "
        "`endpoints register` does it now."
    )
