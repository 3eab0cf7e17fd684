"""A step forward asks for enough evidence of every kind; too little is a verdict of its own."""

from datetime import timedelta

import pytest

from shared_domain.endpoints import Seen, Stage, Verdict, weigh
from tests.domain.endpoints_in_memory import AGREED, NOW, endpoint

LATER = NOW + timedelta(hours=25)


@pytest.mark.parametrize(
    ("from_stage", "to", "seen", "verdict"),
    [
        ("django", "shadow", Seen(), Verdict.READY),
        ("shadow", "canary", Seen(), Verdict.INSUFFICIENT),
        ("shadow", "canary", AGREED, Verdict.READY),
        ("shadow", "edge", AGREED, Verdict.INSUFFICIENT),
        ("canary", "edge", AGREED, Verdict.INSUFFICIENT),
        (
            "shadow",
            "canary",
            Seen(compared=20, mismatched=1, last_mismatch_at=NOW, agreed=19),
            Verdict.DIFFERS,
        ),
        (
            "shadow",
            "canary",
            Seen(compared=120, unstable=1, last_mismatch_at=NOW, agreed=99),
            Verdict.UNSTABLE,
        ),
        (
            "shadow",
            "canary",
            Seen(compared=20, mismatched=20, last_mismatch_at=NOW, recent=20, not_here=20),
            Verdict.MISDIRECTED,
        ),
        ("edge", "retired", Seen(), Verdict.READY),
    ],
)
def test_the_verdicts(from_stage: str, to: str, seen: Seen, verdict: Verdict) -> None:
    evidence = weigh(endpoint(from_stage), Stage(to), seen, now=LATER)

    assert evidence.verdict is verdict
    assert bool(evidence.lacking) == (verdict is not Verdict.READY)


def test_retiring_waits_for_a_quiet_day() -> None:
    soon = weigh(endpoint("edge"), Stage.RETIRED, Seen(), now=NOW + timedelta(hours=23))

    assert soon.verdict is Verdict.INSUFFICIENT
    assert soon.lacking == ("24 hours in stage edge without a call of Django's view; so far 23.0",)
