"""``rollout show``: everything that is load_endpoint about one endpoint."""

import argparse
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils import timezone

from core_site.rollout import models
from core_site.rollout.callers import label_pins
from core_site.rollout.commands.arguments import Subcommands, add_endpoint, endpoint_name
from core_site.rollout.commands.documents import (
    builds_as_document,
    describe_stage,
    endpoint_as_document,
    evidence_as_document,
    load_endpoint,
    load_evidence,
    seen_as_document,
    tail_budget,
)
from core_site.rollout.commands.list_endpoints import side_traffic_as_document
from core_site.rollout.commands.output import CommandOutput, format_time, wrap
from core_site.rollout.dry_runs.opt_in import dry_run_reason_of_endpoint
from core_site.rollout.metrics import (
    SideTraffic,
    Traffic,
    current_noise,
    describe_builds,
    describe_dropped,
    describe_guard,
    describe_parity,
    recent_traffic,
)
from core_site.rollout.untracked_writes import describe_untracked, untracked_writes
from shared_domain.rollout import Endpoint, Evidence, ParityStats, Stage, is_unproven

_LABEL = 14


def add_to(verbs: Subcommands) -> None:
    verb = verbs.add(
        "show",
        _show,
        help="show all about one endpoint: stage, budgets, pins, parity, noise, history",
        example="GET '/v1/users/{id}'",
    )
    add_endpoint(verb)


def _show(options: argparse.Namespace) -> CommandOutput:
    now = timezone.now()
    endpoint = load_endpoint(endpoint_name(options))
    row = models.Endpoint.objects.get(pk=endpoint.id)
    traffic = recent_traffic(now=now).get(endpoint.id, Traffic())
    target = endpoint.next_stage
    evidence = load_evidence(endpoint, target or endpoint.stage, now=now)
    pins = label_pins(dict(row.pins.values_list("partner_id", "side")))
    noise = list(
        current_noise(row, now=now).values(
            "learned_at", path=F("noise__path"), kind=F("noise__kind")
        )
    )
    history = list(
        row.changes.values(
            "at", "actor", "from_stage", "from_percent", "to_stage", "to_percent", "reason",
            "is_forced",
        )
    )  # fmt: skip
    return CommandOutput(
        document=endpoint_as_document(endpoint)
        | _budgets_as_document(endpoint)
        | builds_as_document(endpoint, evidence.builds, now=now)
        | {
            "site_called_at": endpoint.django_called_at,
            "dry_run_is_safe": dry_run_reason_of_endpoint(endpoint.name),
            "retired_calls": endpoint.retired_calls,
            "pins": pins,
            "last_24_hours": _traffic_as_document(traffic),
            "parity": seen_as_document(evidence.stats)
            | {"in_words": describe_parity(evidence.stats)},
            "self_test": {
                "at": evidence.stats.self_test_at,
                "passed": evidence.stats.self_test_passed,
            },
            "unseen": untracked_writes(endpoint, evidence.stats),
            "noise": noise,
            "next": evidence_as_document(target, evidence) if target else None,
            "history": history,
        },
        lines=[
            endpoint.name,
            *_state(endpoint, pins),
            *_traffic(traffic),
            *_builds(endpoint, evidence.builds, now),
            *_guard(endpoint, evidence.builds),
            *_parity(evidence.stats, traffic),
            *_unseen(endpoint, evidence.stats),
            *_dry_runs(endpoint),
            *_labelled(
                "self-test",
                _self_test(evidence.stats.self_test_at, evidence.stats.self_test_passed),
            ),
            *_several("noise", [f"{it['path']} ({it['kind']})" for it in noise]),
            *_next(target, evidence),
            "  history",
            *(line for change in history for line in _change(change)),
            *([] if history else ["    nothing has been changed yet"]),
        ],
    )


def _dry_runs(endpoint: Endpoint) -> list[str]:
    """Say whether writes are compared where the edge does them."""
    if endpoint.is_read or not endpoint.is_on_django:
        return []
    reason = dry_run_reason_of_endpoint(endpoint.name)
    if reason is None:
        words = (
            "Django does none: the view has no @dry_run_is_safe, so writes are not compared in the "
            "stages canary and edge"
        )
    else:
        words = f"Django does them: {reason}"
    return _labelled("dry runs", words)


def _state(endpoint: Endpoint, pins: dict[str, str]) -> list[str]:
    stage = describe_stage(endpoint.stage, endpoint.percent)
    halves = [
        name for name, has_it in (("edge", endpoint.is_on_edge), ("site", endpoint.is_on_django))
        if has_it
    ]  # fmt: skip
    shadow = "; Django is the shadow" if endpoint.is_reverse_shadowed else ""
    budget = endpoint.budget
    lines = [
        *_labelled("stage", f"{stage} since {format_time(endpoint.stage_since)}{shadow}"),
        *_labelled("on", " and ".join(halves) or "neither half"),
        *_labelled("compared", f"{endpoint.sample_percent} % of the calls"),
        *_labelled(
            "spent",
            f"{endpoint.mismatches} of {budget.mismatches} mismatches, "
            f"{endpoint.errors} of {budget.errors} errors; the edge may take "
            f"{budget.latency_ratio:g} times as long as Django",
        ),
        *_several("pins", [f"{code} on {side}" for code, side in pins.items()]),
    ]
    if endpoint.django_called_at:
        lines += _labelled("Django called", format_time(endpoint.django_called_at))
    if endpoint.stage is Stage.RETIRED:
        lines += _labelled("alarm", f"{endpoint.retired_calls} calls reached the retired view")
    return lines


def _traffic(traffic: Traffic) -> list[str]:
    return _labelled(
        "calls, 24 h",
        f"Django {_answered(traffic.django)}; edge {_answered(traffic.edge)}; "
        f"{traffic.fell_back:,} fell back to Django",
    )


def _answered(answered: SideTraffic) -> str:
    mean = "" if answered.mean_ms is None else f", {answered.mean_ms:.1f} ms each"
    return f"{answered.calls:,} ({answered.errors:,} errors{mean})"


def _builds(endpoint: Endpoint, by_build: Sequence[ParityStats], now: datetime) -> list[str]:
    unproven = ", unproven" if is_unproven(endpoint, by_build, now=now) else ""
    return _labelled("build", f"{describe_builds(by_build)}{unproven}")


def _guard(endpoint: Endpoint, by_build: Sequence[ParityStats]) -> list[str]:
    words = "; ".join(filter(None, (describe_guard(endpoint, seen) for seen in by_build)))
    if not endpoint.guarded_calls:
        words = "switched off"
    return _labelled("guarded", words) if words else []


def _parity(seen: ParityStats, traffic: Traffic) -> list[str]:
    decided = f"{seen.matched:,} of {seen.compared:,} agree" if seen.compared else ""
    words = ", ".join(filter(None, [describe_parity(seen), decided]))
    unstable = f"{seen.unstable:,} unstable, " if seen.unstable else ""
    return [
        *_labelled("parity", f"{words}; {unstable}{seen.undecided:,} undecided"),
        *_labelled(
            "left out, 24 h",
            f"{describe_dropped(traffic)} dropped for lack of room, "
            f"{traffic.too_large:,} too large, {traffic.abandoned:,} not finished in time",
        ),
    ]


def _unseen(endpoint: Endpoint, seen: ParityStats) -> list[str]:
    words = describe_untracked(endpoint, seen)
    return _labelled("never compared", words) if words else []


def _self_test(at: datetime | None, passed: bool | None) -> str:
    if passed is None:
        return "no difference has been injected yet"
    outcome = "found" if passed else "did NOT find"
    return f"{outcome} the injected difference, {format_time(at)}"


def _next(target: Stage | None, evidence: Evidence) -> list[str]:
    if target is None:
        return []
    return [
        *_labelled("next", f"{target}: {evidence.verdict}"),
        *(
            line
            for lacking in evidence.missing
            for line in wrap(f"- {lacking}", indent=" " * 17, hanging=" " * 19)
        ),
    ]


def _change(change: dict[str, Any]) -> list[str]:
    before = describe_stage(change["from_stage"], change["from_percent"])
    after = describe_stage(change["to_stage"], change["to_percent"])
    moved = before if before == after else f"{before} to {after}"
    forced = ", forced without the evidence" if change["is_forced"] else ""
    told = f"{format_time(change['at'])}  {change['actor']}  {moved}{forced}: {change['reason']}"
    return wrap(told, indent="    ", hanging=" " * 8)


def _budgets_as_document(endpoint: Endpoint) -> dict[str, Any]:
    budget = endpoint.budget
    return {
        "budget": {
            "mismatches": budget.mismatches,
            "errors": budget.errors,
            "latency_ratio": budget.latency_ratio,
        },
        "tail_budget": tail_budget(budget),
        "spent": {"mismatches": endpoint.mismatches, "errors": endpoint.errors},
    }


def _traffic_as_document(traffic: Traffic) -> dict[str, Any]:
    return {
        "django": side_traffic_as_document(traffic.django),
        "edge": side_traffic_as_document(traffic.edge),
        "fell_back": traffic.fell_back,
        "compared": traffic.compared,
        "dropped": traffic.dropped,
        "too_large": traffic.too_large,
        "abandoned": traffic.abandoned,
    }


def _labelled(label: str, value: str) -> list[str]:
    return wrap(value, indent=f"  {label:<{_LABEL}} ", hanging=" " * (_LABEL + 3))


def _several(label: str, values: list[str]) -> list[str]:
    return _labelled(label, ", ".join(values) or "none")
