"""Each status class of a new build must agree so often before its answers go out unasked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared_domain import rollout
from shared_domain.rollout import (
    Endpoint,
    GuardCount,
    InvalidShare,
    PromotionVerdict,
    Stage,
    StageImpossible,
)
from shared_domain.rollout.wire import Verdict
from shared_domain.run_now import run_now
from tests.domain.endpoints_in_memory import AGREED, NAME, NOW, InMemoryEndpointStore, endpoint

CANARY = endpoint("canary", guarded_calls=100)


def guarded(matched: int, *, ago: timedelta = timedelta(0)) -> GuardCount:
    return GuardCount(matched, seen_at=NOW - ago, begun_at=NOW)


@pytest.mark.parametrize(
    ("classes", "is_guarded"),
    [
        ({}, True),
        ({2: guarded(99)}, True),
        ({3: guarded(100)}, False),
        ({2: guarded(100)}, False),
        ({4: guarded(100)}, True),
        ({2: guarded(100), 4: guarded(1)}, True),
        ({2: guarded(100), 4: guarded(1, ago=timedelta(hours=1))}, False),
        ({2: guarded(100), 4: guarded(100)}, False),
    ],
)
def test_until_every_class_of_late_has_agreed(
    classes: dict[int, GuardCount], is_guarded: bool
) -> None:
    assert rollout.is_guarded(CANARY, classes, now=NOW) is is_guarded


@pytest.mark.parametrize(
    "unguarded",
    [
        endpoint("canary", guarded_calls=0),
        endpoint("shadow"),
        endpoint("retired"),
        endpoint("edge", is_on_django=False),
    ],
)
def test_only_where_the_edge_answers_and_django_could(unguarded: Endpoint) -> None:
    assert not rollout.is_guarded(unguarded, {}, now=NOW)


@pytest.mark.parametrize(
    ("matched", "lacking"),
    [
        ({}, "0 of 100 2xx agreed"),
        ({2: 37, 4: 3}, "37 of 100 2xx, 3 of 100 4xx agreed"),
        ({2: 100, 4: 3}, "100 of 100 2xx, 3 of 100 4xx agreed"),
        ({2: 150, 4: 2}, None),
        ({3: 100}, None),
        ({4: 100}, "0 of 100 2xx, 100 of 100 4xx agreed"),
    ],
)
def test_a_canary_goes_on_when_it_is_over(matched: dict[int, int], lacking: str | None) -> None:
    words = rollout.missing_guard_evidence(CANARY, matched)

    assert words == (lacking and f"the guard of this build: {lacking}")


def test_without_a_guard_there_is_nothing_to_wait_for() -> None:
    assert rollout.missing_guard_evidence(endpoint("canary", guarded_calls=0), {}) is None


@pytest.mark.parametrize(
    "given", [{"guarded_calls": -1}, {"guarded_calls": 100_001}, {"guarded_percent": 101}]
)
def test_it_is_changed_within_limits(given: dict[str, int]) -> None:
    store = InMemoryEndpointStore(CANARY)

    with pytest.raises(InvalidShare) as refused:
        change(store, **given)

    assert refused.value.problem.name.lower() == next(iter(given))


def test_switching_it_off_says_why() -> None:
    store = InMemoryEndpointStore(CANARY)

    change(store, guarded_calls=0)

    assert "not guarded" in store.changes[-1].reason
    assert store.changes[-1].reason.startswith("Django is slow")


def change(store: InMemoryEndpointStore, **given: int) -> None:
    run_now(
        rollout.set_budget(
            NAME, **given, reason="Django is slow", actor="rosa", now=NOW, store=store
        )  # type: ignore[arg-type]
    )


def test_the_edge_needs_it_finished() -> None:
    evidence = rollout.assess_promotion(CANARY, Stage.EDGE, AGREED, now=NOW)

    assert evidence.verdict is PromotionVerdict.INSUFFICIENT
    assert "the guard of this build: 0 of 100 2xx agreed" in evidence.missing


@pytest.mark.parametrize("stage", [Stage.CANARY, Stage.EDGE])
def test_a_write_to_a_foreign_database_is_never_the_edges(stage: Stage) -> None:
    write = endpoint("shadow", method="POST", path_template="/boats")
    elsewhere = replace(AGREED, latest_calls=10, not_compared={Verdict.FOREIGN_DATA: 10})
    store = InMemoryEndpointStore(write, seen=elsewhere)

    with pytest.raises(StageImpossible, match="WritesElsewhere"):
        run_now(
            rollout.set_stage(
                ("POST", "/boats"),
                stage,
                percent=1 if stage is Stage.CANARY else None,
                reason="now",
                actor="rosa",
                is_forced=True,
                now=NOW,
                store=store,
            )
        )


def test_a_write_to_a_foreign_database_goes_back_to_a_canary() -> None:
    write = endpoint("edge", method="POST", path_template="/boats")
    elsewhere = replace(AGREED, latest_calls=10, not_compared={Verdict.FOREIGN_DATA: 10})
    store = InMemoryEndpointStore(write, seen=elsewhere)

    moved = run_now(
        rollout.set_stage(
            ("POST", "/boats"),
            Stage.CANARY,
            percent=5,
            reason="too fast",
            actor="rosa",
            now=NOW,
            store=store,
        )
    )

    assert (moved.stage, moved.percent) == (Stage.CANARY, 5)
