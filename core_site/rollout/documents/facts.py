"""An endpoint's document as labelled sentences, the same on its admin page and in a terminal."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from core_site.rollout.documents.endpoint import EndpointDocument, describe_parity
from core_site.rollout.dry_runs.opt_in import dry_run_reason_of_endpoint
from core_site.rollout.effects import describe_untracked
from core_site.rollout.metrics import SideTraffic, Traffic
from shared_domain import rollout
from shared_domain.quantities import format_quantity
from shared_domain.rollout import FIRST_CANARY_PERCENT, UNSEEN, Endpoint, ParityStats, Stage

WHO_ANSWERS = {
    Stage.DJANGO: "Django answers",
    Stage.SHADOW: "Django answers; the edge is asked as well, and compared",
    Stage.CANARY: "The edge answers some partners, Django the rest; compared",
    Stage.EDGE: "The edge answers",
    Stage.RETIRED: "The edge answers; Django's view is gone",
}

#: Shown if no trigger records the written rows, or they are in another database.
ANSWERS_ONLY = "answers only: nothing tells which rows were written"


class Fact(NamedTuple):
    """A labelled sentence; ``tone`` is ``danger`` if it needs attention."""

    label: str
    text: str
    tone: str = ""


def format_time(at: datetime | None, notation: str = "%Y-%m-%d %H:%M:%S") -> str:
    """Return an instant in Django's current time zone, which is the viewer's on the board."""
    return f"{timezone.localtime(at):{notation} %Z}".rstrip() if at else "never"


def stage_facts(document: EndpointDocument) -> list[Fact]:
    """Return the facts of an endpoint's stage: who answers it, budgets, pins, traffic of 24 h."""
    endpoint, budget, traffic = document.endpoint, document.endpoint.budget, document.traffic
    shadow = "; Django is the shadow" if endpoint.is_reverse_shadowed else ""
    stage = rollout.describe_stage(endpoint.stage, endpoint.percent)
    called_at = endpoint.django_called_at
    alarm = f"{format_quantity(endpoint.retired_calls, 'call')} reached the retired view"
    pins = ", ".join(f"{caller} on {side}" for caller, side in document.pins.items())
    return [
        Fact("stage", f"{stage} since {format_time(endpoint.stage_since)}{shadow}"),
        Fact("served by", _describe_sides(endpoint)),
        Fact("compared", f"{endpoint.sample_percent} % of the calls"),
        Fact(
            "budget spent",
            f"{endpoint.mismatches} of {budget.mismatches} differences, {endpoint.errors} of "
            f"{budget.errors} errors; the edge may take {budget.latency_ratio:g} times as long as "
            "Django",
        ),
        Fact("pins", pins or "none"),
        *_fact_if("Django called", format_time(called_at) if called_at else ""),
        *_fact_if("alarm", alarm if endpoint.stage is Stage.RETIRED else "", "danger"),
        *_fact_if("dry runs", _describe_dry_runs(endpoint)),
        Fact(
            "calls, 24 h",
            f"Django {_describe_side(traffic.django)}; edge {_describe_side(traffic.edge)}; "
            f"{traffic.fell_back:,} fell back to Django",
        ),
    ]


def evidence_facts(document: EndpointDocument) -> list[Fact]:
    """Return the facts of an endpoint's evidence, for the build that lacks most of it."""
    endpoint, seen, traffic = document.endpoint, document.evidence.stats, document.traffic
    unproven = ", unproven" if document.is_unproven else ""
    tone = "danger" if document.is_unproven else ""
    return [
        Fact("build", f"{describe_builds(document.by_build)}{unproven}", tone),
        *_fact_if("guarded", _describe_guards(endpoint, document.by_build)),
        _parity_fact(seen),
        Fact(
            "agreed in a row",
            f"{seen.agreed:,} since the last difference ({format_time(seen.last_mismatch_at)}): "
            f"{_describe_status_classes(seen)}; partners: {seen.partners}",
        ),
        *_fact_if("answers only", ANSWERS_ONLY if seen.is_of_answers_only else ""),
        *_fact_if("medians", _describe_pair(seen.django_ms, seen.edge_ms)),
        *_fact_if("99th percentiles", _describe_pair(seen.django_tail_ms, seen.edge_tail_ms)),
        Fact("not compared", _describe_not_compared(seen) or "none"),
        Fact("left out, 24 h", _describe_left_out(traffic)),
        *_fact_if("never compared", describe_untracked(endpoint, seen)),
        *_fact_if("kinds of call", _describe_coverage(seen)),
        *_canary_facts(endpoint, seen, document.target),
        _self_test_fact(seen),
        Fact("noise", ", ".join(seen.noise) or "none"),
    ]


def _fact_if(label: str, text: str | None, tone: str = "") -> Iterable[Fact]:
    return [Fact(label, text, tone)] if text else []


def _describe_sides(endpoint: Endpoint) -> str:
    match endpoint.is_on_django, endpoint.is_on_edge:
        case True, True:
            return "Django and the edge"
        case True, False:
            return "Django only"
        case False, True:
            return "the edge only"
    return "neither side"


def _describe_side(side: SideTraffic) -> str:
    mean = "" if side.mean_ms is None else f", {side.mean_ms:.1f} ms each"
    return f"{side.calls:,} ({format_quantity(side.errors, 'error')}{mean})"


def _describe_dry_runs(endpoint: Endpoint) -> str:
    """Return whether writes are compared while the edge carries them out."""
    if endpoint.is_read or not endpoint.is_on_django:
        return ""
    reason = dry_run_reason_of_endpoint(endpoint.name)
    if reason is not None:
        return f"Django does them: {reason}"
    return (
        "Django does none: the view has no @dry_run_is_safe, so writes are not compared in the "
        "stages canary and edge"
    )


def describe_builds(by_build: Sequence[ParityStats]) -> str:
    """Return the running builds, each with the time since which it collects evidence."""
    return (
        "; ".join(
            f"{seen.build.short} since {format_time(seen.build_since, '%Y-%m-%d %H:%M')}"
            for seen in by_build
            if seen.build is not None and seen.build_since is not None
        )
        or "none has answered yet"
    )


def _describe_guards(endpoint: Endpoint, by_build: Sequence[ParityStats]) -> str:
    if not endpoint.guarded_calls:
        return "switched off"
    if not rollout.may_be_guarded(endpoint):
        return ""
    return "; ".join(
        rollout.describe_guard(endpoint, seen.guarded)
        + (f", build {seen.build.short}" if seen.build else "")
        for seen in by_build
    )


def _parity_fact(seen: ParityStats) -> Fact:
    agreed = f"{seen.matched:,} of {seen.compared:,} agree" if seen.compared else ""
    unstable = f"{seen.unstable:,} unstable" if seen.unstable else ""
    words = ", ".join(filter(None, [describe_parity(seen), agreed, unstable]))
    is_wrong = seen.is_misconfigured or seen.mismatched or seen.unstable
    return Fact("parity", f"{words}; {seen.undecided:,} undecided", "danger" if is_wrong else "")


def _describe_status_classes(seen: ParityStats) -> str:
    classes = sorted(seen.status_classes.items())
    return ", ".join(f"{times:,} of {hundreds}xx" for hundreds, times in classes) or "none"


def _describe_pair(django_ms: float | None, edge_ms: float | None) -> str:
    if django_ms is None or edge_ms is None:
        return ""
    return f"Django {django_ms:.1f} ms, edge {edge_ms:.1f} ms"


def _describe_not_compared(seen: ParityStats) -> str:
    return ", ".join(
        f"{verdict} {times:,} ({100 * times / max(1, seen.latest_calls):.1f} %)"
        for verdict, times in sorted(seen.not_compared.items())
    )


def _describe_left_out(traffic: Traffic) -> str:
    dropped = "none"
    if traffic.dropped:
        total = traffic.dropped + traffic.compared
        dropped = f"{traffic.dropped:,} of {total:,} ({traffic.dropped_percent:.1f} %)"
    return (
        f"{dropped} dropped for lack of room, {traffic.too_large:,} too large, "
        f"{traffic.abandoned:,} not finished in time"
    )


def _describe_coverage(seen: ParityStats) -> str:
    """Return how often each kind of call has agreed since the last difference."""
    return ", ".join(
        f"{token.replace(':', ' ', 1)}: {covered.agreed:,} of {covered.calls:,}"
        for token, covered in sorted(seen.coverage.items())
        if not token.startswith(UNSEEN)
    )


def _canary_facts(endpoint: Endpoint, seen: ParityStats, target: Stage) -> Iterable[Fact]:
    if endpoint.stage is Stage.CANARY:
        answered = format_quantity(seen.canary_calls, "call")
        yield Fact("canary", f"answered {answered}, {seen.fallbacks:,} fell back to Django")
    elif target is Stage.CANARY and seen.is_first_canary:
        yield Fact(
            "first canary",
            f"of this build: {FIRST_CANARY_PERCENT} % of the partners at most, and its first "
            "difference suspends it",
        )


def _self_test_fact(seen: ParityStats) -> Fact:
    if seen.self_test_passed is None:
        return Fact("self-test", "never run: no difference has been injected yet")
    outcome = "found" if seen.self_test_passed else "did NOT find"
    tone = "success" if seen.self_test_passed else "danger"
    return Fact(
        "self-test", f"{outcome} the injected difference, {format_time(seen.self_test_at)}", tone
    )


def describe_example(example: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return each half and its redacted value, as ``string, hash "0a1b…", length 5``."""
    return [(side, _describe_value(example.get(side))) for side in ("django", "edge")]


def _describe_value(value: Any) -> str:
    if not isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    return ", ".join(
        str(kept) if name == "type" else f"{name} {json.dumps(kept, ensure_ascii=False)}"
        for name, kept in sorted(value.items(), key=lambda item: (item[0] != "type", item[0]))
    )
