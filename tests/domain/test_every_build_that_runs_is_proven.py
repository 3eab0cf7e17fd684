"""While builds replace each other, each of them must be proven; the first canary is small."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared_domain import rollout
from shared_domain.rollout import (
    Build,
    ParityStats,
    PromotionNotProven,
    PromotionVerdict,
    Stage,
    assess_builds,
    is_unproven,
)
from shared_domain.run_now import run_now
from tests.domain.endpoints_in_memory import AGREED, NAME, NOW, InMemoryEndpointStore, endpoint

OLD = AGREED
NEW = ParityStats(build=Build("", "n" * 32, "r" * 32), build_since=NOW)
DIFFERS = replace(NEW, compared=9, matched=8, mismatched=1, agreed=3, last_mismatch_at=NOW)


@pytest.mark.parametrize(
    ("by_build", "verdict"),
    [
        ((), PromotionVerdict.INSUFFICIENT),
        ((OLD,), PromotionVerdict.READY),
        ((NEW,), PromotionVerdict.INSUFFICIENT),
        ((NEW, OLD), PromotionVerdict.INSUFFICIENT),
        ((OLD, NEW), PromotionVerdict.INSUFFICIENT),
        ((OLD, NEW, DIFFERS), PromotionVerdict.DIFFERS),
    ],
)
def test_the_least_proven_build_decides(
    by_build: tuple[ParityStats, ...], verdict: PromotionVerdict
) -> None:
    evidence = assess_builds(endpoint(), Stage.CANARY, by_build, now=NOW)

    assert evidence.verdict is verdict
    assert evidence.builds == by_build


def test_what_is_missing_names_its_build_where_there_are_several() -> None:
    several = assess_builds(endpoint(), Stage.CANARY, (NEW, OLD), now=NOW).missing
    one = assess_builds(endpoint(), Stage.CANARY, (NEW,), now=NOW).missing

    assert {text.partition(": ")[0] for text in several} == {"build nnnnnnnn/rrrrrrrrrrrr"}
    assert [text.partition(": ")[2] for text in several] == list(one)


@pytest.mark.parametrize(("percent", "is_small"), [(1, True), (2, False), (100, False)])
def test_the_first_canary_of_a_build_is_small(percent: int, is_small: bool) -> None:
    unknown = replace(AGREED, build_calls=19)
    evidence = assess_builds(endpoint(), Stage.CANARY, (unknown,), now=NOW, percent=percent)

    assert (evidence.verdict is PromotionVerdict.READY) == is_small
    assert is_small or "19 of 20 calls answered" in evidence.missing[0]


def test_a_larger_first_canary_is_refused_and_can_be_forced() -> None:
    store = InMemoryEndpointStore(endpoint(), seen=replace(AGREED, build_calls=0))
    told = {"percent": 10, "reason": "quick", "actor": "ana", "now": NOW, "store": store}

    with pytest.raises(PromotionNotProven, match="a first canary of this build with 1 percent"):
        run_now(rollout.set_stage(NAME, Stage.CANARY, **told))  # type: ignore[arg-type]
    run_now(rollout.set_stage(NAME, Stage.CANARY, is_forced=True, **told))  # type: ignore[arg-type]

    assert store.changes[-1].is_forced


@pytest.mark.parametrize("stage", ["canary", "edge"])
@pytest.mark.parametrize(("answered", "steps_back"), [(0, True), (19, True), (20, False)])
def test_the_first_difference_suspends_what_is_new_to_callers(
    stage: str, answered: int, steps_back: bool
) -> None:
    store = InMemoryEndpointStore(endpoint(stage), edge_calls=answered)
    spending = rollout.spend_budget(
        endpoint(stage), mismatches=1, build=NEW.build, now=NOW + timedelta(hours=1), store=store
    )

    after = run_now(spending)

    assert (after.stage is Stage.SHADOW) == steps_back
    assert not steps_back or f"answered {answered} of the 20 calls" in store.changes[0].reason


def test_an_endpoint_that_django_no_longer_has_cannot_be_suspended() -> None:
    only_on_edge = endpoint("edge", is_on_django=False)
    store = InMemoryEndpointStore(only_on_edge)

    after = run_now(
        rollout.spend_budget(only_on_edge, mismatches=1, build=NEW.build, now=NOW, store=store)
    )

    assert after.stage is Stage.EDGE


@pytest.mark.parametrize(
    ("stage", "by_build", "is_so"),
    [
        ("shadow", (NEW,), False),
        ("canary", (NEW, OLD), True),
        ("edge", (NEW,), True),
        ("edge", (OLD,), False),
        ("edge", (), False),
        ("retired", (NEW,), False),
        # Its comparisons have expired since.
        ("edge", (replace(NEW, build_since=NOW - timedelta(days=15)),), False),
    ],
)
def test_a_deployment_leaves_a_stage_and_its_build_unproven(
    stage: str, by_build: tuple[ParityStats, ...], is_so: bool
) -> None:
    assert is_unproven(endpoint(stage), by_build, now=NOW) is is_so


def test_without_django_nothing_is_unproven() -> None:
    assert not is_unproven(endpoint("edge", is_on_django=False), (NEW,), now=NOW)
