"""An endpoint in words and as a document, the same in every verb."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core_site import stores
from shared_domain import rollout
from shared_domain.rollout import Budget, Endpoint, EndpointName, Evidence, ParityStats, Stage
from shared_domain.run_now import run_now


def load_endpoint(name: EndpointName) -> Endpoint:
    return run_now(rollout.get_endpoint(name, store=stores.endpoints()))


def load_evidence(endpoint: Endpoint, target: Stage, *, now: datetime) -> Evidence:
    name = (endpoint.method, endpoint.path_template)
    return run_now(rollout.evidence_for(name, target, now=now, store=stores.endpoints()))


def describe_stage(stage: str, percent: int) -> str:
    return f"{stage} {percent} %" if percent else str(stage)


def endpoint_as_document(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "method": endpoint.method,
        "path_template": endpoint.path_template,
        "stage": endpoint.stage,
        "percent": endpoint.percent,
        "stage_since": endpoint.stage_since,
        "is_on_edge": endpoint.is_on_edge,
        "is_on_site": endpoint.is_on_django,
        "sample_percent": endpoint.sample_percent,
        "guarded_calls": endpoint.guarded_calls,
        "guarded_percent": endpoint.guarded_percent,
        "is_reverse_shadowed": endpoint.is_reverse_shadowed,
    }


def builds_as_document(
    endpoint: Endpoint, by_build: Sequence[ParityStats], *, now: datetime
) -> dict[str, Any]:
    return {
        "builds": [
            {
                "site": seen.build.site,
                "edge": seen.build.edge,
                "release": seen.build.release,
                "since": seen.build_since,
                "agreed": seen.agreed,
                "edge_calls": seen.build_calls,
                "guarded": {f"{hundreds}xx": n for hundreds, n in seen.guarded.items()},
            }
            for seen in by_build
            if seen.build is not None
        ],
        "is_unproven": rollout.is_unproven(endpoint, by_build, now=now),
    }


def seen_as_document(seen: ParityStats) -> dict[str, Any]:
    return {
        "build": seen.build.short if seen.build else None,
        "compared": seen.compared,
        "matched": seen.matched,
        "mismatched": seen.mismatched,
        "unstable": seen.unstable,
        "undecided": seen.undecided,
        "percent": seen.parity_percent,
        "is_misconfigured": seen.is_misconfigured,
        "last_mismatch_at": seen.last_mismatch_at,
        "agreed_since": seen.agreed,
        "status_classes": {f"{hundreds}xx": n for hundreds, n in seen.status_classes.items()},
        "partners": seen.partners,
        "canary_calls": seen.canary_calls,
        "fell_back": seen.fallbacks,
        "self_test_passed": seen.self_test_passed,
        "answers_only": seen.is_of_answers_only,
        "noise": list(seen.noise),
        "latest_calls": seen.latest_calls,
        "not_compared": dict(seen.not_compared),
        "coverage": {
            token: {"calls": covered.calls, "agreed": covered.agreed}
            for token, covered in sorted(seen.coverage.items())
        },
        "p99_ms": {"django": seen.django_tail_ms, "edge": seen.edge_tail_ms},
        "median_ms": {"django": seen.django_ms, "edge": seen.edge_ms},
    }


def tail_budget(budget: Budget) -> dict[str, float]:
    """Return what the slowest calls of the edge may take."""
    return {
        "tail_ratio": budget.tail_ratio,
        "timeout_ms": budget.timeout_ms,
        "timeout_percent": budget.timeout_percent,
    }


def evidence_as_document(target: Stage, evidence: Evidence) -> dict[str, Any]:
    return {"to": target, "verdict": evidence.verdict, "lacking": list(evidence.missing)}
