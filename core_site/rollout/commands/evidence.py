"""``rollout diffs`` and ``rollout evidence``: what differs, and what is still missing."""

import argparse
import json
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from core_site.rollout.commands.arguments import (
    Subcommands,
    add_endpoint,
    at_least_one,
    endpoint_name,
    optional_endpoint_name,
    stage,
)
from core_site.rollout.commands.documents import (
    builds_as_document,
    endpoint_as_document,
    evidence_as_document,
    load_endpoint,
    load_evidence,
    seen_as_document,
)
from core_site.rollout.commands.exit_codes import VERDICT_EXIT_CODES, CommandStopped, ExitCode
from core_site.rollout.commands.output import CommandOutput, format_time, wrap
from core_site.rollout.metrics import (
    ANSWERS_ONLY_NOTE,
    Traffic,
    describe_builds,
    describe_coverage,
    describe_dropped,
    describe_not_compared,
    describe_parity,
    recent_traffic,
    running_builds,
)
from core_site.rollout.models import Build, BuildDifference
from core_site.rollout.untracked_writes import describe_untracked, untracked_writes
from shared_domain.rollout import (
    FIRST_CANARY_PERCENT,
    Endpoint,
    ParityStats,
    Stage,
    is_unproven,
)

_MOST_SHOWN = 20


def add_to(verbs: Subcommands) -> None:
    diffs = verbs.add(
        "diffs",
        _diffs,
        help="show what differed, most frequent first, each with one example; 1 if anything did",
        example="GET '/v1/users/{id}' --limit 5",
    )
    add_endpoint(diffs, is_optional=True)
    diffs.add_argument(
        "--limit", metavar="N", type=at_least_one, default=_MOST_SHOWN,
        help="how many kinds of difference; default: %(default)s",
    )  # fmt: skip
    diffs.add_argument(
        "--all-builds",
        action="store_true",
        help="also those of builds that no longer run, as long as they are kept",
    )
    evidence = verbs.add(
        "evidence",
        _evidence,
        help="show what the next stage still needs; 0 if ready, 4 if too little, 1 if it differs",
        example="GET '/v1/users/{id}' --to canary",
    )
    add_endpoint(evidence)
    evidence.add_argument(
        "--to", metavar="STAGE", type=stage, help=f"{', '.join(Stage)}; default: the next one"
    )


def _diffs(options: argparse.Namespace) -> CommandOutput:
    name = optional_endpoint_name(options)
    found = BuildDifference.objects.select_related("difference__endpoint").order_by(
        "-count", "difference__path", "id"
    )
    if name is not None:
        found = found.filter(difference__endpoint_id=load_endpoint(name).id)
    if not options.all_builds:
        found = found.filter(build__in=running_builds(now=timezone.now()))
    total = found.count()
    shown = list(found[: options.limit])
    builds = Build.objects.in_bulk({found.build_id for found in shown})
    names = {id: build.short for id, build in builds.items()}
    lines = [
        line for found in shown for line in _difference(found, names.get(found.build_id, "unknown"))
    ]
    if total > len(shown):
        lines.append(f"and {total - len(shown):,} more; --limit {total} shows them all")
    return CommandOutput(
        document={
            "total": total,
            "differences": [
                {
                    "method": it.difference.endpoint.method,
                    "path_template": it.difference.endpoint.path_template,
                    "path": it.difference.path,
                    "kind": it.difference.kind,
                    "build": names.get(it.build_id, "unknown"),
                    "count": it.count,
                    "first_at": it.first_at,
                    "last_at": it.last_at,
                    "example_request_id": it.example_request_id,
                    "example": it.example,
                }
                for it in shown
            ],
        },
        lines=lines or ["No differences are load_endpoint."],
        exit_code=ExitCode.DIFFERS if total else ExitCode.DONE,
    )


def _difference(found: BuildDifference, build: str) -> list[str]:
    place = found.difference
    return [
        f"{place.endpoint}  {place.path}  {place.kind}",
        f"  {found.count:,} times, first {format_time(found.first_at)}, "
        f"last {format_time(found.last_at)}",
        f"  as in request {found.example_request_id}, with build {build}",
        *sides_of(found.example),
        "",
    ]


def sides_of(example: Mapping[str, Any], *, indent: str = "    ") -> list[str]:
    """Return what is kept of each half's value, as ``string, hash "0a1b…", length 5``."""
    return [
        line
        for side in ("django", "edge")
        for line in wrap(
            _in_words(example.get(side)),
            indent=f"{indent}{side:<8}",
            hanging=f"{indent}          ",
        )
    ]


def _in_words(value: Any) -> str:
    if not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return ", ".join(
        str(kept) if name == "type" else f"{name} {json.dumps(kept, ensure_ascii=False)}"
        for name, kept in sorted(value.items(), key=lambda one: (one[0] != "type", one[0]))
    )


def _evidence(options: argparse.Namespace) -> CommandOutput:
    now = timezone.now()
    endpoint = load_endpoint(endpoint_name(options))
    target = options.to or endpoint.next_stage
    if target is None:
        raise CommandStopped(
            f"{endpoint.name} is retired: there is no step forward", ExitCode.REFUSED
        )
    # What cannot work is refused as set-stage would refuse it, whatever the evidence says.
    endpoint.check_stage(target)
    evidence = load_evidence(endpoint, target, now=now)
    unproven = ", unproven" if is_unproven(endpoint, evidence.builds, now=now) else ""
    traffic = recent_traffic(now=now).get(endpoint.id, Traffic())
    lines = [
        f"{endpoint.name}: {endpoint.stage} to {target}",
        *wrap(f"build: {describe_builds(evidence.builds)}{unproven}", indent="  "),
        *_seen(endpoint, evidence.stats, traffic),
    ]
    if target is Stage.CANARY and evidence.stats.is_first_canary:
        lines += wrap(
            f"the first canary of this build: {FIRST_CANARY_PERCENT} % of the partners at most, "
            "and its first difference suspends it",
            indent="  ",
            hanging="    ",
        )
    for lacking in evidence.missing:
        lines += wrap(f"missing: {lacking}", indent="  ", hanging=" " * 11)
    return CommandOutput(
        document=endpoint_as_document(endpoint)
        | evidence_as_document(target, evidence)
        | builds_as_document(endpoint, evidence.builds, now=now)
        | {
            "seen": seen_as_document(evidence.stats),
            "unseen": untracked_writes(endpoint, evidence.stats),
            "dropped": {"calls": traffic.dropped, "percent": traffic.dropped_percent},
        },
        lines=[*lines, f"verdict: {evidence.verdict}"],
        exit_code=VERDICT_EXIT_CODES[evidence.verdict],
    )


def unstable_in_words(seen: ParityStats, *, indent: str = "") -> list[str]:
    """Return a line only where there is something to say."""
    if not seen.unstable:
        return []
    return [f"{indent}unstable: {seen.unstable:,} times, the edge gave two answers to one question"]


def _if_any(label: str, words: str) -> list[str]:
    return wrap(f"{label}: {words}", indent=" " * 8, hanging=" " * 10) if words else []


def _seen(endpoint: Endpoint, seen: ParityStats, traffic: Traffic) -> list[str]:
    classes = ", ".join(f"{n:,} of {it}xx" for it, n in sorted(seen.status_classes.items()))
    tests = {None: "never run", True: "passed", False: "failed"}
    lines = [
        f"  seen: parity {describe_parity(seen)} of {seen.compared:,} comparisons, "
        f"{seen.undecided:,} undecided",
        *unstable_in_words(seen, indent=" " * 8),
        *wrap(
            f"since the last difference ({format_time(seen.last_mismatch_at)}): {seen.agreed:,} "
            f"agreed, {classes or 'no status class'}, partners: {seen.partners}",
            indent=" " * 8,
            hanging=" " * 10,
        ),
        f"        self-test: {tests[seen.self_test_passed]}",
        *_if_any("compared", ANSWERS_ONLY_NOTE if seen.is_of_answers_only else ""),
        *_if_any("noise", ", ".join(seen.noise)),
        *_if_any("not compared", describe_not_compared(seen)),
        *_if_any("dropped in 24 hours", describe_dropped(traffic)),
        *_if_any("never compared", describe_untracked(endpoint, seen)),
        *_if_any("agreed by kind of call", describe_coverage(seen)),
    ]
    if seen.django_ms is not None and seen.edge_ms is not None:
        lines.append(f"        medians: Django {seen.django_ms:.1f} ms, edge {seen.edge_ms:.1f} ms")
    if seen.django_tail_ms is not None and seen.edge_tail_ms is not None:
        lines.append(
            f"        99th percentiles: Django {seen.django_tail_ms:.1f} ms, "
            f"edge {seen.edge_tail_ms:.1f} ms"
        )
    if endpoint.stage is Stage.CANARY:
        lines.append(
            f"        the canary answered {seen.canary_calls:,} calls, {seen.fallbacks:,} fell back"
        )
    return lines
