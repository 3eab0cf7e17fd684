"""A stage says which half answers a partner; a canary chooses its partners once and for all."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared_domain.rollout import CallerName, Side, Stage, path_shape
from tests.domain.endpoints_in_memory import endpoint

partner_ids = some.integers(1, 2**63 - 1).map(str).map(CallerName)
salts = some.text(min_size=1, max_size=32)
shares = some.integers(1, 100)

PARTNERS = [CallerName(str(number)) for number in range(1, 5_001)]


def canaries(percent: int, salt: str = "pepper") -> set[CallerName]:
    canary = endpoint("canary", percent=percent, salt=salt)
    return {partner for partner in PARTNERS if canary.answered_by(partner) is Side.EDGE}


@pytest.mark.parametrize(
    ("stage", "side"),
    [("django", "django"), ("shadow", "django"), ("edge", "edge"), ("retired", "edge")],
)
@pytest.mark.parametrize("partner", [None, CallerName("7")])
def test_outside_a_canary_every_caller_is_answered_alike(
    stage: str, side: str, partner: CallerName | None
) -> None:
    pinned = endpoint(stage, pins={CallerName("7"): Side.EDGE if side == "django" else Side.DJANGO})

    assert pinned.answered_by(partner) == side


@given(partner_ids, salts, shares, shares)
def test_raising_the_share_only_adds_partners(
    partner: CallerName, salt: str, one: int, other: int
) -> None:
    fewer, more = sorted([one, other])
    canary = endpoint("canary", percent=fewer, salt=salt)

    if canary.answered_by(partner) is Side.EDGE:
        assert replace(canary, percent=more).answered_by(partner) is Side.EDGE


@given(partner_ids, salts)
def test_every_caller_is_a_canary_at_a_hundred_percent(partner: CallerName, salt: str) -> None:
    assert endpoint("canary", percent=100, salt=salt).answered_by(partner) is Side.EDGE


@pytest.mark.parametrize("percent", [1, 5, 10, 50, 90, 99])
def test_the_share_is_about_right(percent: int) -> None:
    share = 100 * len(canaries(percent)) / len(PARTNERS)

    assert abs(share - percent) < 2.5


def test_another_salt_chooses_other_partners_first() -> None:
    one, other = canaries(10, "pepper"), canaries(10, "cumin")

    # A tenth of a tenth, give or take: no partner tries out every endpoint first.
    assert len(one & other) < 0.3 * len(one)


@given(partner_ids, salts, shares, some.sampled_from(Side))
def test_a_pinned_partner_stays_on_its_side(
    partner: CallerName, salt: str, percent: int, side: Side
) -> None:
    pinned = endpoint("canary", percent=percent, salt=salt, pins={partner: side})

    assert pinned.answered_by(partner) is side


def test_a_pin_moves_no_other_caller() -> None:
    pinned = endpoint("canary", percent=10, pins={PARTNERS[0]: Side.EDGE})
    plain = replace(pinned, pins={})

    others = PARTNERS[1:]
    assert [pinned.answered_by(partner) for partner in others] == [
        plain.answered_by(partner) for partner in others
    ]


def test_an_unknown_caller_is_no_canary() -> None:
    assert endpoint("canary", percent=100).answered_by(None) is Side.DJANGO


@given(partner_ids, salts)
def test_a_place_is_one_of_ten_thousand(partner: CallerName, salt: str) -> None:
    canary = endpoint("canary", salt=salt)

    assert 0 <= canary.canary_bucket(partner) < 10_000
    assert canary.canary_bucket(partner) == canary.canary_bucket(partner)


def test_names_of_parameters_do_not_tell_endpoints_apart() -> None:
    assert path_shape("/v1/users/{id}") == path_shape("/v1/users/{user_id:int}") == "/v1/users/{}"
    assert path_shape("/v1/users/") != path_shape("/v1/users")


def test_stages_stand_in_the_order_of_the_move() -> None:
    order = ["django", "shadow", "canary", "edge", "retired"]

    assert [stage.value for stage in Stage] == order
    assert Stage.EDGE.is_ahead_of(Stage.CANARY)
    assert not Stage.CANARY.is_ahead_of(Stage.CANARY)
