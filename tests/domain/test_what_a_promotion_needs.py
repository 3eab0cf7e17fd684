"""A promotion needs enough evidence of every kind; too little is a verdict of its own."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared_domain.rollout import (
    CoverageCount,
    ParityStats,
    PromotionVerdict,
    Stage,
    assess_promotion,
)
from tests.domain.endpoints_in_memory import AGREED, NOW, endpoint

LATER = NOW + timedelta(hours=25)


@pytest.mark.parametrize(
    ("from_stage", "to", "seen", "verdict"),
    [
        ("django", "shadow", ParityStats(), PromotionVerdict.READY),
        ("shadow", "canary", ParityStats(), PromotionVerdict.INSUFFICIENT),
        ("shadow", "canary", AGREED, PromotionVerdict.READY),
        ("shadow", "edge", AGREED, PromotionVerdict.INSUFFICIENT),
        ("canary", "edge", AGREED, PromotionVerdict.INSUFFICIENT),
        (
            "shadow",
            "canary",
            ParityStats(compared=20, mismatched=1, last_mismatch_at=NOW, agreed=19),
            PromotionVerdict.DIFFERS,
        ),
        (
            "shadow",
            "canary",
            ParityStats(compared=120, unstable=1, last_mismatch_at=NOW, agreed=99),
            PromotionVerdict.UNSTABLE,
        ),
        (
            "shadow",
            "canary",
            ParityStats(compared=20, mismatched=20, last_mismatch_at=NOW, recent=20, not_here=20),
            PromotionVerdict.MISCONFIGURED,
        ),
        ("edge", "retired", ParityStats(), PromotionVerdict.READY),
    ],
)
def test_the_verdicts(
    from_stage: str, to: str, seen: ParityStats, verdict: PromotionVerdict
) -> None:
    evidence = assess_promotion(endpoint(from_stage), Stage(to), seen, now=LATER)

    assert evidence.verdict is verdict
    assert bool(evidence.missing) == (verdict is not PromotionVerdict.READY)


def test_retiring_waits_for_a_quiet_day() -> None:
    soon = assess_promotion(
        endpoint("edge"), Stage.RETIRED, ParityStats(), now=NOW + timedelta(hours=23)
    )

    assert soon.verdict is PromotionVerdict.INSUFFICIENT
    assert soon.missing == ("24 hours in stage edge without a call of Django's view; so far 23.0",)


@pytest.mark.parametrize(
    ("verdict", "times", "is_too_much"),
    [
        ("unavailable", 10, False),
        ("unavailable", 11, True),
        ("abandoned", 11, True),
        ("too large", 50, False),
        ("too large", 51, True),
        ("unreadable", 51, True),
        ("undecided", 100, False),
        ("undecided", 101, True),
        ("something new", 1, True),
    ],
)
def test_what_was_not_compared_does_not_speak_for_it(
    verdict: str, times: int, is_too_much: bool
) -> None:
    seen = replace(AGREED, latest_calls=1000, not_compared={verdict: times})

    evidence = assess_promotion(endpoint("shadow"), Stage.CANARY, seen, now=LATER)

    assert (evidence.verdict is PromotionVerdict.INSUFFICIENT) is is_too_much
    assert any(verdict in lacking for lacking in evidence.missing) is is_too_much


@pytest.mark.parametrize(
    ("coverage", "missing"),
    [
        ({"method:HEAD": CoverageCount(3, 0)}, "method HEAD"),
        ({"status:404": CoverageCount(40, 0)}, "status 404"),
        ({"parameter:cursor": CoverageCount(3, 0)}, "parameter cursor"),
        ({"page:first": CoverageCount(3, 3)}, "later page"),
        ({"page:first": CoverageCount(3, 3), "page:later": CoverageCount(1, 1)}, None),
        ({"method:HEAD": CoverageCount(2, 0)}, None),
        ({"status:503": CoverageCount(9, 0)}, None),
        ({"method:GET": CoverageCount(99, 1)}, None),
    ],
)
def test_each_kind_of_call_must_have_agreed(
    coverage: dict[str, CoverageCount], missing: str | None
) -> None:
    seen = replace(AGREED, coverage=coverage)

    evidence = assess_promotion(endpoint("shadow"), Stage.CANARY, seen, now=LATER)

    assert [missing in lacking for lacking in evidence.missing if missing] == (
        [True] if missing else []
    )
    assert (evidence.verdict is PromotionVerdict.READY) is (missing is None)


def test_a_long_tail_is_in_the_way() -> None:
    seen = replace(AGREED, django_tail_ms=40.0, edge_tail_ms=2_000.0)

    evidence = assess_promotion(endpoint("shadow"), Stage.CANARY, seen, now=LATER)

    assert evidence.missing == (
        "the slowest hundredth of the edge's calls takes 2000 ms or more, Django's 40; "
        "5 times is the budget",
    )
