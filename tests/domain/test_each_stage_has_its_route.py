"""Each stage decides from facts alone which side answers a call and how it is compared."""

from dataclasses import replace

import pytest

from api_edge.rollout.routes import Answerer, CallFacts, Comparison, Route, choose_route
from shared_domain.rollout import Side, Stage

DJANGO, EDGE, CANARY = Answerer.DJANGO, Answerer.EDGE, Answerer.EDGE_THEN_DJANGO

READ = CallFacts(stage=Stage.DJANGO)
WRITE = replace(READ, is_read=False, can_dry_run_django=True)
OPTIONS = replace(WRITE, is_exact_method=False, is_own_method=False)
HEAD = replace(READ, is_exact_method=False)


@pytest.mark.parametrize(
    ("stage", "side", "read", "write"),
    [
        (Stage.DJANGO, Side.DJANGO, Route(DJANGO), Route(DJANGO)),
        (
            Stage.SHADOW,
            Side.DJANGO,
            Route(DJANGO, Comparison.SHADOW_READ),
            Route(DJANGO, Comparison.EDGE_DRY_RUN),
        ),
        (
            Stage.CANARY,
            Side.DJANGO,
            Route(DJANGO, Comparison.SHADOW_READ),
            Route(DJANGO, Comparison.EDGE_DRY_RUN),
        ),
        (
            Stage.CANARY,
            Side.EDGE,
            Route(CANARY, Comparison.SHADOW_READ),
            Route(CANARY, Comparison.DJANGO_DRY_RUN),
        ),
        (Stage.EDGE, Side.EDGE, Route(EDGE), Route(EDGE, Comparison.DJANGO_DRY_RUN)),
    ],
)
def test_a_stage_and_the_callers_side(stage: Stage, side: Side, read: Route, write: Route) -> None:
    assert choose_route(replace(READ, stage=stage, side=side)) == read
    assert choose_route(replace(HEAD, stage=stage, side=side)) == read
    assert choose_route(replace(WRITE, stage=stage, side=side)) == write


def test_a_retired_endpoint_is_the_edges() -> None:
    retired = replace(WRITE, stage=Stage.RETIRED, side=Side.EDGE, can_dry_run_django=False)

    assert choose_route(retired) == Route(EDGE)


def test_edge_asks_django_in_the_background_only_if_it_shall() -> None:
    reverse = replace(READ, stage=Stage.EDGE, side=Side.EDGE, is_reverse_shadowed=True)

    assert choose_route(reverse) == Route(EDGE, Comparison.SHADOW_READ)


def test_a_write_that_django_does_not_try_is_not_compared() -> None:
    refused = replace(WRITE, stage=Stage.EDGE, side=Side.EDGE, can_dry_run_django=False)

    assert choose_route(refused) == Route(EDGE)
    assert choose_route(replace(refused, stage=Stage.CANARY)) == Route(CANARY)


@pytest.mark.parametrize("stage", [Stage.CANARY, Stage.EDGE])
def test_a_new_build_is_guarded(stage: Stage) -> None:
    read, write, options = (
        choose_route(replace(facts, stage=stage, side=Side.EDGE, is_guarded=True))
        for facts in (READ, WRITE, OPTIONS)
    )

    assert read == Route(CANARY, Comparison.GUARDED_READ, is_guarded=True)
    assert write == Route(DJANGO, Comparison.EDGE_DRY_RUN, is_guarded=True)
    assert options == Route(DJANGO, is_guarded=True)


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.CANARY, Stage.EDGE])
def test_another_method_of_a_write_is_never_compared(stage: Stage) -> None:
    side = Side.EDGE if stage is Stage.EDGE else Side.DJANGO

    assert choose_route(replace(OPTIONS, stage=stage, side=side)).comparison is Comparison.NONE


@pytest.mark.parametrize("stage", list(Stage))
def test_without_an_edge_endpoint_django_answers_and_the_call_is_recorded(stage: Stage) -> None:
    alone = replace(READ, stage=stage, has_edge_endpoint=False, is_on_demand=True)

    assert choose_route(alone) == Route(DJANGO, Comparison.RECORD_ONLY)
    assert choose_route(replace(alone, is_exact_method=False)) == Route(DJANGO)


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("side", list(Side))
def test_a_comparison_on_demand_comes_before_the_stage(stage: Stage, side: Side) -> None:
    asked = replace(READ, stage=stage, side=side, is_on_demand=True, is_guarded=True)

    assert choose_route(asked) == Route(DJANGO, Comparison.ON_DEMAND)


@pytest.mark.parametrize("comparison", list(Comparison))
def test_only_comparisons_beside_the_answer_are_sampled(comparison: Comparison) -> None:
    sampled = {Comparison.SHADOW_READ, Comparison.EDGE_DRY_RUN, Comparison.DJANGO_DRY_RUN}

    assert Route(DJANGO, comparison).is_sampled == (comparison in sampled)
    assert not Route(DJANGO, comparison, is_guarded=True).is_sampled
    assert Route(EDGE, comparison).without_comparison() == Route(EDGE)
