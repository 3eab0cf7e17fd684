"""A stage that cannot work is refused with the reason; any other change is saved and recorded."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest

from shared_domain import rollout
from shared_domain.rollout import (
    CallerName,
    Endpoint,
    InvalidShare,
    ParityStats,
    PromotionNotProven,
    ReasonMissing,
    Side,
    Stage,
    StageImpossible,
    StageRefused,
)
from shared_domain.run_now import run_now
from tests.domain.endpoints_in_memory import AGREED, NAME, NOW, InMemoryEndpointStore, endpoint

LATER = NOW + timedelta(hours=25)


def moved(known: Endpoint, stage: str, **different: Any) -> Endpoint:
    return known.with_stage(Stage(stage), **{"reason": "why not", "now": LATER} | different)


def set_stage(store: InMemoryEndpointStore, stage: str, **different: Any) -> Endpoint:
    told = {"reason": "proven", "actor": "ana", "now": LATER, "store": store} | different
    changing: Awaitable[Endpoint] = rollout.set_stage(NAME, Stage(stage), **told)
    return run_now(changing)  # type: ignore[arg-type]


@pytest.mark.parametrize("reason", ["", " ", "\n\t", "\u00a0\u200b"])
def test_a_change_says_why(reason: str) -> None:
    with pytest.raises(ReasonMissing):
        moved(endpoint(), "django", reason=reason)


@pytest.mark.parametrize("stage", ["shadow", "canary", "edge", "retired"])
def test_what_the_edge_does_not_have_stays_with_django(stage: str) -> None:
    only_on_site = endpoint("django", is_on_edge=False)

    with pytest.raises(StageImpossible, match=r"/v1/users/.*HalfLacksEndpoint.*edge"):
        moved(only_on_site, stage, percent=10 if stage == "canary" else None)


@pytest.mark.parametrize("stage", ["django", "shadow", "canary"])
def test_what_django_no_longer_has_cannot_go_back(stage: str) -> None:
    only_on_edge = endpoint("edge", is_on_django=False)

    with pytest.raises(StageImpossible, match=r"/v1/users/.*HalfLacksEndpoint.*django"):
        moved(only_on_edge, stage, percent=10 if stage == "canary" else None)


@pytest.mark.parametrize("percent", [None, 0, -1, 101, 1000])
def test_a_canary_needs_a_share(percent: int | None) -> None:
    with pytest.raises(InvalidShare):
        moved(endpoint(), "canary", percent=percent)


@pytest.mark.parametrize("stage", ["django", "shadow", "edge"])
@pytest.mark.parametrize("percent", [0, 10])
def test_nothing_else_has_a_share(stage: str, percent: int) -> None:
    with pytest.raises(InvalidShare):
        moved(endpoint(), stage, percent=percent)


@pytest.mark.parametrize("stage", ["django", "shadow", "canary"])
def test_only_what_is_on_the_edge_is_retired(stage: str) -> None:
    with pytest.raises(StageImpossible, match="NotInStageEdge"):
        moved(endpoint(stage), "retired")


def test_nothing_is_retired_that_django_is_still_called_for() -> None:
    called = endpoint("edge", django_called_at=NOW + timedelta(seconds=11))

    with pytest.raises(StageImpossible, match=r"/v1/users/.*DjangoStillCalled"):
        moved(called, "retired")


@pytest.mark.parametrize("seconds", [-3600, 0, 10])
def test_calls_that_were_on_their_way_do_not_count(seconds: int) -> None:
    called = endpoint("edge", django_called_at=NOW + timedelta(seconds=seconds))

    assert moved(called, "retired").stage is Stage.RETIRED


def test_a_new_stage_begins_with_nothing_spent() -> None:
    spent = endpoint("canary", mismatches=4, errors=2, retired_calls=9)

    after = moved(spent, "edge")

    assert (after.mismatches, after.errors, after.retired_calls) == (0, 0, 0)
    assert (after.stage_since, after.percent) == (LATER, 0)


def test_a_refused_change_leaves_everything_as_it_was() -> None:
    store = InMemoryEndpointStore(endpoint("shadow"))

    for stage, different in [
        ("canary", {"percent": 10}),
        ("edge", {}),
        ("canary", {"percent": 0, "is_forced": True}),
        ("retired", {"is_forced": True}),
        ("django", {"reason": " "}),
        ("shadow", {"is_reverse_shadowed": True}),
    ]:
        with pytest.raises(StageRefused):
            set_stage(store, stage, **different)

    assert (store.changes, store.known[("GET", "/v1/users/{}")]) == ([], endpoint("shadow"))


def test_evidence_opens_the_way() -> None:
    store = InMemoryEndpointStore(endpoint("shadow"), seen=AGREED)

    after = set_stage(store, "canary", percent=10)

    (change,) = store.changes
    assert (after.stage, after.percent) == (Stage.CANARY, 10)
    assert (change.from_stage, change.to_stage, change.to_percent) == ("shadow", "canary", 10)
    assert (change.actor, change.reason, change.is_forced) == ("ana", "proven", False)


def test_force_goes_ahead_and_is_recorded_as_such() -> None:
    store = InMemoryEndpointStore(endpoint("shadow"))

    set_stage(store, "edge", is_forced=True)

    assert [change.is_forced for change in store.changes] == [True]


def test_force_that_was_not_needed_is_not_recorded() -> None:
    store = InMemoryEndpointStore(endpoint("edge"))

    set_stage(store, "shadow", is_forced=True)

    assert [change.is_forced for change in store.changes] == [False]


@pytest.mark.parametrize("stage", ["django", "shadow"])
def test_a_step_back_needs_no_evidence(stage: str) -> None:
    differs = ParityStats(compared=10, mismatched=10, last_mismatch_at=NOW)
    store = InMemoryEndpointStore(endpoint("canary"), seen=differs)

    assert set_stage(store, stage).stage == stage


def test_fewer_canaries_are_a_step_back_and_more_are_not() -> None:
    store = InMemoryEndpointStore(endpoint("canary", percent=50))

    assert set_stage(store, "canary", percent=10).percent == 10
    with pytest.raises(PromotionNotProven):
        set_stage(store, "canary", percent=11)


@pytest.mark.parametrize("side", list(Side))
def test_no_partner_is_pinned_to_a_half_that_cannot_answer(side: Side) -> None:
    lacks = endpoint("django", is_on_edge=False, is_on_django=False)

    with pytest.raises(StageImpossible):
        run_now(
            rollout.pin_partner(
                *(NAME, CallerName("7"), side),
                reason="asked for it", actor="ana", now=NOW, store=InMemoryEndpointStore(lacks),
            )
        )  # fmt: skip


def test_each_stage_but_the_last_has_one_that_follows() -> None:
    following = {stage: endpoint(stage).next_stage for stage in Stage}

    assert following == dict(zip(Stage, [*list(Stage)[1:], None], strict=True))
