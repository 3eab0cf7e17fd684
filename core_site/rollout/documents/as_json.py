"""An endpoint's document as ``--json`` prints it, for scripts and CI."""

from typing import Any

from core_site.rollout.documents.endpoint import EndpointDocument, describe_parity
from core_site.rollout.metrics import SideTraffic, Traffic
from shared_domain.rollout import Budget, Endpoint, ParityStats


def endpoint_as_json(endpoint: Endpoint) -> dict[str, Any]:
    names = (
        *("method", "path_template", "stage", "percent", "stage_since", "is_on_edge"),
        *(
            "is_on_django",
            "sample_percent",
            "guarded_calls",
            "guarded_percent",
            "is_reverse_shadowed",
        ),
    )
    values = {name: getattr(endpoint, name) for name in names}
    # By its name in the last release too; the next one drops it.
    return values | {"is_on_site": endpoint.is_on_django}


def budget_as_json(budget: Budget) -> dict[str, Any]:
    limits = ("mismatches", "errors", "latency_ratio")
    # What the slowest calls of the edge may take.
    tail_limits = ("tail_ratio", "timeout_ms", "timeout_percent")
    return {
        "budget": {name: getattr(budget, name) for name in limits},
        "tail_budget": {name: getattr(budget, name) for name in tail_limits},
    }


def builds_as_json(document: EndpointDocument) -> dict[str, Any]:
    return {
        "builds": [
            {
                "upstream": seen.build.upstream,
                # By its name in the last release too; the next one drops it.
                "site": seen.build.upstream,
                "edge": seen.build.edge,
                "release": seen.build.release,
                "since": seen.build_since,
                "agreed": seen.agreed,
                "edge_calls": seen.build_calls,
                "guarded": {f"{hundreds}xx": n for hundreds, n in seen.guarded.items()},
            }
            for seen in document.by_build
            if seen.build is not None
        ],
        "is_unproven": document.is_unproven,
    }


def seen_as_json(seen: ParityStats) -> dict[str, Any]:
    names = ("compared", "matched", "mismatched", "unstable", "undecided")
    return {
        "build": seen.build.short if seen.build else None,
        **{name: getattr(seen, name) for name in names},
        "percent": seen.parity_percent,
        "in_words": describe_parity(seen),
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


def evidence_as_json(document: EndpointDocument) -> dict[str, Any]:
    evidence = document.evidence
    return {
        "to": document.target,
        "verdict": evidence.verdict,
        "lacking": list(evidence.missing),
    }


def traffic_as_json(traffic: Traffic) -> dict[str, Any]:
    counts = ("fell_back", "compared", "dropped", "too_large", "abandoned")
    return {
        "last_24_hours": {
            "django": _side_as_json(traffic.django),
            "edge": _side_as_json(traffic.edge),
            **{name: getattr(traffic, name) for name in counts},
        }
    }


def _side_as_json(side: SideTraffic) -> dict[str, Any]:
    return {"calls": side.calls, "errors": side.errors, "mean_ms": side.mean_ms}
