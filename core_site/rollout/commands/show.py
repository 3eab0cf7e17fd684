"""``rollout show``: everything that is known about one endpoint."""

import argparse
from typing import Any

from django.db.models import F
from django.utils import timezone

from core_site.rollout.commands.arguments import Subcommands, add_endpoint, endpoint_name
from core_site.rollout.commands.output import CommandOutput, cell, fact_table, indented
from core_site.rollout.documents import (
    EndpointDocument,
    Fact,
    describe_stage,
    evidence_facts,
    load_document,
    stage_facts,
)
from core_site.rollout.documents.as_json import (
    budget_as_json,
    builds_as_json,
    endpoint_as_json,
    evidence_as_json,
    parity_as_json,
    side_traffic_as_json,
)
from core_site.rollout.documents.facts import format_time
from core_site.rollout.dry_runs.opt_in import dry_run_reason_of_endpoint
from core_site.rollout.metrics import current_noise
from core_site.rollout.models import StageChange
from core_site.rollout.untracked_writes import untracked_writes


def add_to(subcommands: Subcommands) -> None:
    verb = subcommands.add(
        "show",
        _show,
        help="show all about one endpoint: stage, budgets, pins, parity, noise, history",
        example="GET '/v1/users/{id}'",
    )
    add_endpoint(verb)


def _show(options: argparse.Namespace) -> CommandOutput:
    document = load_document(endpoint_name(options), now=timezone.now())
    history = list(
        StageChange.objects.filter(endpoint_id=document.endpoint.id).values(
            "at", "actor", "from_stage", "from_percent", "to_stage", "to_percent", "reason",
            "is_forced",
        )
    )  # fmt: skip
    next_step = f"{document.step.to}: {document.step.verdict}" if document.step.to else "none"
    return CommandOutput(
        document=_as_json(document) | {"history": history},
        lines=[
            cell(document.endpoint.name, "bold"),
            fact_table([
                *stage_facts(document), *evidence_facts(document), Fact("next", next_step)
            ]),
            *(indented(f"- {missing}", 6) for missing in document.step.missing),
            "  history",
            fact_table(_describe_change(change) for change in history),
            *([] if history else ["    nothing has been changed yet"]),
        ],
    )  # fmt: skip


def _describe_change(change: dict[str, Any]) -> Fact:
    before = describe_stage(change["from_stage"], change["from_percent"])
    after = describe_stage(change["to_stage"], change["to_percent"])
    moved = before if before == after else f"{before} to {after}"
    forced = ", forced without the evidence" if change["is_forced"] else ""
    return Fact(
        f"  {format_time(change['at'])}",
        f"{change['actor']}  {moved}{forced}: {change['reason']}",
    )


def _as_json(document: EndpointDocument) -> dict[str, Any]:
    endpoint, traffic, seen = document.endpoint, document.traffic, document.evidence.stats
    noise = current_noise(endpoint.id, now=timezone.now())
    is_last = document.target is endpoint.stage
    return {
        **endpoint_as_json(endpoint),
        **budget_as_json(endpoint.budget),
        "spent": {"mismatches": endpoint.mismatches, "errors": endpoint.errors},
        **builds_as_json(document),
        "site_called_at": endpoint.django_called_at,
        "dry_run_is_safe": dry_run_reason_of_endpoint(endpoint.name),
        "retired_calls": endpoint.retired_calls,
        "pins": document.pins,
        "last_24_hours": {
            "django": side_traffic_as_json(traffic.django),
            "edge": side_traffic_as_json(traffic.edge),
            **{
                name: getattr(traffic, name)
                for name in ("fell_back", "compared", "dropped", "too_large", "abandoned")
            },
        },
        "parity": parity_as_json(seen),
        "self_test": {"at": seen.self_test_at, "passed": seen.self_test_passed},
        "unseen": untracked_writes(endpoint, seen),
        "noise": list(noise.values("learned_at", path=F("noise__path"), kind=F("noise__kind"))),
        "next": None if is_last else evidence_as_json(document.target, document.evidence),
    }
