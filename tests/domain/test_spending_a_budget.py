"""An endpoint whose error budget is spent is rolled back to ``shadow`` once, with the reason."""

from datetime import timedelta
from typing import Any

import pytest

from shared_domain import rollout
from shared_domain.rollout import (
    BUDGET_ACTOR,
    Budget,
    Endpoint,
    EndpointUnknown,
    Latencies,
    Side,
    Stage,
)
from shared_domain.run_now import run_now
from tests.domain.endpoints_in_memory import NOW, InMemoryEndpointStore, endpoint

LATER = NOW + timedelta(minutes=5)


def spend(store: InMemoryEndpointStore, known: Endpoint, **cost: Any) -> Endpoint:
    return run_now(rollout.spend_budget(known, now=LATER, store=store, **cost))


@pytest.mark.parametrize("stage", ["canary", "edge"])
@pytest.mark.parametrize(
    ("cost", "times", "why"),
    [
        ({"errors": 1}, 3, "the edge failed 3 times; 3 spend the budget"),
        ({"mismatches": 1}, 5, "5 answers differed from Django's; 5 spend the budget"),
        ({"errors": 7}, 1, "the edge failed 7 times; 3 spend the budget"),
        ({"too_slow": "the edge takes a day"}, 1, "the edge takes a day"),
    ],
)
def test_the_last_of_it_steps_back(stage: str, cost: dict[str, Any], times: int, why: str) -> None:
    known = endpoint(stage)
    store = InMemoryEndpointStore(known)

    for _ in range(times - 1):
        assert spend(store, known, **cost).stage is known.stage
    after = spend(store, known, **cost)

    assert (after.stage, after.percent, after.stage_since) == (Stage.SHADOW, 0, LATER)
    assert (after.errors, after.mismatches) == (0, 0)
    (change,) = store.changes
    assert (change.actor, change.reason, change.at) == (BUDGET_ACTOR, why, LATER)
    assert (change.from_stage, change.from_percent) == (known.stage, known.percent)


def test_costs_of_an_earlier_stage_are_not_charged() -> None:
    as_it_was = endpoint("canary")
    as_it_is = endpoint("edge", stage_since=NOW + timedelta(minutes=1))
    store = InMemoryEndpointStore(as_it_is)

    for _ in range(10):
        assert spend(store, as_it_was, errors=1, mismatches=1, too_slow="slow") == as_it_is

    assert store.changes == []


def test_what_many_processes_spend_adds_up() -> None:
    known = endpoint("canary")
    store = InMemoryEndpointStore(known)

    afterwards = [spend(store, known, errors=1) for _ in range(20)]

    assert [after.stage for after in afterwards[:3]] == [Stage.CANARY, Stage.CANARY, Stage.SHADOW]
    # What was on its way when the third one came changes nothing more.
    assert len(store.changes) == 1
    assert afterwards[-1].errors == 0


@pytest.mark.parametrize("stage", ["django", "shadow", "retired"])
def test_where_no_caller_is_to_be_protected_it_only_counts(stage: str) -> None:
    known = endpoint(stage)
    store = InMemoryEndpointStore(known)

    after = spend(store, known, errors=99, mismatches=99, too_slow="slow")

    assert (after.stage, after.errors, after.mismatches) == (known.stage, 99, 99)
    assert store.changes == []


def test_what_django_does_not_have_has_nowhere_to_go() -> None:
    known = endpoint("edge", is_on_django=False)
    store = InMemoryEndpointStore(known)

    assert spend(store, known, errors=99, too_slow="slow").stage is Stage.EDGE
    assert store.changes == []


def test_while_processes_are_replaced_it_steps_back_to_what_every_process_has() -> None:
    known = endpoint("edge", is_on_edge=False)
    store = InMemoryEndpointStore(known)

    assert spend(store, known, errors=3).stage is Stage.DJANGO


def test_the_budget_is_the_endpoints_own() -> None:
    generous = endpoint("canary", budget=Budget(mismatches=100, errors=100))
    store = InMemoryEndpointStore(generous)

    assert spend(store, generous, errors=99, mismatches=99).stage is Stage.CANARY


@pytest.mark.parametrize(
    ("edge_ms", "django_ms", "is_slow"), [(30, 10, False), (30.1, 10, True), (0, 0, False)]
)
def test_so_many_times_slower_is_too_slow(edge_ms: float, django_ms: float, is_slow: bool) -> None:
    why = endpoint("edge").budget.too_slow(edge_ms=edge_ms, django_ms=django_ms)

    assert (why is not None) == is_slow


def test_an_endpoint_that_has_gone_is_unknown() -> None:
    with pytest.raises(EndpointUnknown, match="GET /v1/users/"):
        spend(InMemoryEndpointStore(), endpoint("edge"), errors=1)


def taken(edge: list[float], django: list[float]) -> str | None:
    """Why the edge is too slow, of calls that took so many milliseconds."""
    latencies = Latencies()
    for side, took in ((Side.EDGE, edge), (Side.DJANGO, django)):
        for milliseconds in took:
            latencies.add(side, milliseconds)
    return latencies.too_slow(Budget())


@pytest.mark.parametrize(
    ("edge", "django", "why"),
    [
        ([10.0] * 60, [40.0] * 60, None),
        ([200.0] * 60, [40.0] * 60, "3 times is the budget"),
        # Two seconds for a fifth of the calls, whether Django was timed or not.
        ([10.0, 10.0, 10.0, 10.0, 2_000.0] * 5, [], "5 % is the budget"),
        ([10.0] * 95 + [2_000.0] * 5, [40.0] * 60, "5 % is the budget"),
        ([10.0] * 97 + [900.0] * 3, [40.0] * 60, "5 times is the budget"),
        ([10.0] * 97 + [200.0] * 3, [40.0] * 60, None),
        # Django lets its callers wait as well.
        ([1_500.0] * 60, [1_400.0] * 60, None),
        ([2_000.0] * 4 + [10.0] * 16, [], None),
    ],
)
def test_the_median_the_tail_and_time_outs_have_budgets(
    edge: list[float], django: list[float], why: str | None
) -> None:
    found = taken(edge, django)

    assert found is None if why is None else (found or "").endswith(why)
