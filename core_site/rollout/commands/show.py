"""``rollout list``, ``show``, ``diffs`` and ``evidence``: show stages, differences and evidence.

The commands change nothing. ``list`` and ``show`` exit with 0; the exit status of ``diffs`` and
``evidence`` tells whether the two halves agree.
"""

import argparse
from collections.abc import Mapping
from typing import Any

from django.db.models import F
from django.utils import timezone
from rich.console import RenderableType

from core_site import stores
from core_site.rollout.commands.arguments import (
    Subcommands,
    add_endpoint,
    endpoint_name,
    optional_endpoint_name,
    positive,
    stage,
)
from core_site.rollout.commands.exit_codes import VERDICT_EXIT_CODES, CommandStopped, ExitCode
from core_site.rollout.commands.output import (
    CommandOutput,
    cell,
    example_table,
    fact_table,
    indent,
    number_table,
)
from core_site.rollout.documents import as_json
from core_site.rollout.documents.endpoint import EndpointDocument, load_document, load_documents
from core_site.rollout.documents.facts import (
    Fact,
    evidence_facts,
    format_time,
    stage_facts,
)
from core_site.rollout.dry_runs.opt_in import dry_run_reason_of_endpoint
from core_site.rollout.effects import untracked_writes
from core_site.rollout.evidence_models import Build, BuildDifference
from core_site.rollout.metrics import current_noise, running_builds
from core_site.rollout.models import StageChange
from shared_domain import rollout
from shared_domain.quantities import format_quantity
from shared_domain.rollout import Stage
from shared_domain.run_now import run_now

_HEADINGS = ("", "Django", "edge", "parity", "Django ms", "edge ms")

_LEGEND = (
    "Django, edge: who answered how many calls in the last 24 hours. Parity: of the "
    "comparisons with the newest build; dropped: calls of the last 24 hours with no room to "
    "compare them. ms: the mean of the answered calls; in brackets, the median of the compared."
)

#: What ``show`` tells of each change in the history.
_CHANGE = (
    *("at", "actor", "from_stage", "from_percent", "to_stage", "to_percent"),
    *("reason", "is_forced"),
)

#: What ``diffs`` tells of each difference.
_COUNTED = ("count", "first_at", "last_at", "example_request_id", "example", "build_id")
_PLACE = {
    "method": F("difference__endpoint__method"),
    "path_template": F("difference__endpoint__path_template"),
    "path": F("difference__path"),
    "kind": F("difference__kind"),
}


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
    verb = subcommands.add(
        "show",
        _show,
        help="show all about one endpoint: stage, budgets, pins, parity, noise, history",
        example="GET '/v1/users/{id}'",
    )
    add_endpoint(verb)
    verb = subcommands.add(
        "diffs",
        _diffs,
        help="show what differed, most frequent first, each with one example; 1 if anything did",
        example="GET '/v1/users/{id}' --limit 5",
    )
    add_endpoint(verb, is_optional=True)
    verb.add_argument(
        "--limit", metavar="N", type=positive, default=20,
        help="how many kinds of difference; default: %(default)s",
    )  # fmt: skip
    verb.add_argument(
        "--all-builds",
        action="store_true",
        help="also those of builds that no longer run, as long as they are kept",
    )
    verb = subcommands.add(
        "evidence",
        _evidence,
        help="show what the next stage still needs; 0 if ready, 4 if too little, 1 if it differs",
        example="GET '/v1/users/{id}' --to canary",
    )
    add_endpoint(verb)
    verb.add_argument(
        "--to", metavar="STAGE", type=stage, help=f"{', '.join(Stage)}; default: the next one"
    )


def _list(options: argparse.Namespace) -> CommandOutput:
    endpoints = run_now(rollout.list_endpoints(store=stores.endpoints()))
    chosen = [one for one in endpoints if options.stage in (None, one.stage)]
    listed = load_documents(chosen, now=timezone.now())
    groups = []
    for each in Stage:
        if rows := [_row(document) for document in listed if document.endpoint.stage is each]:
            groups.append((f"{each} ({len(rows)})", rows))
    if listed:
        lines: list[RenderableType] = [number_table(_HEADINGS, groups), "", cell(_LEGEND)]
    elif options.stage is not None:
        lines = [f"No endpoint is in stage {options.stage}."]
    else:
        lines = [
            "No endpoints yet: the edge and Django register theirs as they start, "
            "`rollout register` does it now."
        ]
    return CommandOutput(
        document={
            "endpoints": [
                {
                    **as_json.endpoint_as_json(document.endpoint),
                    **as_json.builds_as_json(document),
                    **as_json.traffic_as_json(document.traffic),
                    "parity": as_json.seen_as_json(document.newest),
                }
                for document in listed
            ]
        },
        lines=lines,
    )


def _row(document: EndpointDocument) -> tuple[str, ...]:
    endpoint, traffic, seen = document.endpoint, document.traffic, document.newest
    parity = (
        f"{document.parity}{f' of {seen.compared:,}' if seen.compared else ''}",
        f"{traffic.dropped_percent:.0f} % dropped" if traffic.dropped else "",
        "unproven build" if document.is_unproven else "",
        "guarded" if document.is_guarded else "",
    )
    return (
        f"{endpoint.name} {endpoint.percent} %" if endpoint.percent else endpoint.name,
        f"{traffic.django.calls:,}",
        f"{traffic.edge.calls:,}",
        ", ".join(filter(None, parity)),
        document.django_ms,
        document.edge_ms,
    )


def _show(options: argparse.Namespace) -> CommandOutput:
    now = timezone.now()
    document = load_document(endpoint_name(options), now=now)
    endpoint, seen, step = document.endpoint, document.evidence.stats, document.step
    history = StageChange.objects.filter(endpoint_id=endpoint.id)
    noise = current_noise(endpoint.id, now=now)
    is_last = document.target is endpoint.stage
    next_step = Fact("next", f"{step.to}: {step.verdict}" if step.to else "none")
    return CommandOutput(
        document={
            **as_json.endpoint_as_json(endpoint),
            **as_json.budget_as_json(endpoint.budget),
            "spent": {"mismatches": endpoint.mismatches, "errors": endpoint.errors},
            **as_json.builds_as_json(document),
            "django_called_at": endpoint.django_called_at,
            # Its name in the last release; the next one drops it.
            "site_called_at": endpoint.django_called_at,
            "dry_run_is_safe": dry_run_reason_of_endpoint(endpoint.name),
            "retired_calls": endpoint.retired_calls,
            "pins": document.pins,
            **as_json.traffic_as_json(document.traffic),
            "parity": as_json.seen_as_json(seen),
            "self_test": {"at": seen.self_test_at, "passed": seen.self_test_passed},
            "unseen": untracked_writes(endpoint, seen),
            "noise": list(noise.values("learned_at", path=F("noise__path"), kind=F("noise__kind"))),
            "next": None if is_last else as_json.evidence_as_json(document),
            "history": list(history.values(*_CHANGE)),
        },
        lines=[
            cell(endpoint.name, "bold"),
            fact_table([*stage_facts(document), *evidence_facts(document), next_step]),
            *(indent(f"- {missing}", 6) for missing in step.missing),
            "  history",
            fact_table(_describe_change(change) for change in history),
            *([] if history else ["    nothing has been changed yet"]),
        ],
    )


def _describe_change(change: StageChange) -> Fact:
    forced = ", forced without the evidence" if change.is_forced else ""
    return Fact(
        f"  {format_time(change.at)}",
        f"{change.actor}  {change.describe()}{forced}: {change.reason}",
    )


def _evidence(options: argparse.Namespace) -> CommandOutput:
    document = load_document(endpoint_name(options), options.to, now=timezone.now())
    endpoint, evidence, target = document.endpoint, document.evidence, document.target
    if options.to is None and target is endpoint.stage:
        raise CommandStopped(
            f"{endpoint.name} is retired: there is no step forward", ExitCode.REFUSED
        )
    # What set-stage would refuse is refused here, whatever the evidence says.
    endpoint.check_stage(target)
    traffic, seen = document.traffic, evidence.stats
    return CommandOutput(
        document={
            **as_json.endpoint_as_json(endpoint),
            **as_json.evidence_as_json(document),
            **as_json.builds_as_json(document),
            "seen": as_json.seen_as_json(seen),
            "unseen": untracked_writes(endpoint, seen),
            "dropped": {"calls": traffic.dropped, "percent": traffic.dropped_percent},
        },
        lines=[
            f"{endpoint.name}: {endpoint.stage} to {target}",
            fact_table(evidence_facts(document)),
            *(indent(f"missing: {missing}", 2, hanging=9) for missing in evidence.missing),
            f"verdict: {evidence.verdict}",
        ],
        exit_code=VERDICT_EXIT_CODES[evidence.verdict],
    )


def _diffs(options: argparse.Namespace) -> CommandOutput:
    name, now = optional_endpoint_name(options), timezone.now()
    found = BuildDifference.objects.order_by("-count", "difference__path", "id")
    if name is not None:
        endpoint = run_now(rollout.get_endpoint(name, store=stores.endpoints()))
        found = found.filter(difference__endpoint_id=endpoint.id)
    if not options.all_builds:
        found = found.filter(build__in=running_builds(now=now))
    total = found.count()
    differences = list(found.values(*_COUNTED, **_PLACE)[: options.limit])
    builds = Build.objects.in_bulk({difference["build_id"] for difference in differences})
    for difference in differences:
        build = builds.get(difference.pop("build_id"))
        difference["build"] = build.short if build else "unknown"
    lines = [line for difference in differences for line in _difference_lines(difference)]
    if total > len(differences):
        lines.append(f"and {total - len(differences):,} more; --limit {total} shows them all")
    return CommandOutput(
        document={"total": total, "differences": differences},
        lines=lines or ["No differences are known."],
        exit_code=ExitCode.DIFFERS if total else ExitCode.DONE,
    )


def _difference_lines(difference: Mapping[str, Any]) -> list[RenderableType]:
    first, last = format_time(difference["first_at"]), format_time(difference["last_at"])
    return [
        "{method} {path_template}  {path}  {kind}".format_map(difference),
        f"  {format_quantity(difference['count'], 'time')}, first {first}, last {last}",
        f"  as in request {difference['example_request_id']}, with build {difference['build']}",
        example_table(difference["example"]),
        "",
    ]
