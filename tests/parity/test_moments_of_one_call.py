"""Moments that both sides make themselves differ by no more than the time between them."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from shared_domain.rollout import NO_RULES, Outcome, Response, compare


def outcome(
    moment: str, *, apart: timedelta | None = None, ended_at: datetime | None = None
) -> Outcome:
    body = json.dumps({"createdAt": moment}).encode()
    answer = Response(201, (("content-type", "application/json"),), body)
    return Outcome(answer, apart=apart, ended_at=ended_at)


@pytest.mark.parametrize(
    ("django", "edge", "is_same"),
    [
        ("2026-11-25T10:00:00.500000Z", "2026-11-25T10:00:00.480000Z", True),
        ("2026-11-25T10:00:00.500000Z", "2026-11-25T10:00:00.300000Z", False),
        ("2026-11-25T10:00:00.500000Z", "2026-11-25T10:00:59.000000Z", False),
        ("2026-11-25T10:00:00.500000Z", "2026-11-25T10:00:00.000000Z", False),
        # Both cut to seconds, on either side of a full one.
        ("2026-11-25T10:00:01Z", "2026-11-25T10:00:00Z", True),
        ("2026-11-25T10:00:03Z", "2026-11-25T10:00:00Z", False),
    ],
)
def test_where_the_time_between_is_known(django: str, edge: str, is_same: bool) -> None:
    tried = outcome(edge, apart=timedelta(milliseconds=30))

    found = compare(outcome(django), tried, NO_RULES, is_write=True)

    assert (not found) is is_same


@pytest.mark.parametrize(
    ("django", "edge", "is_same"),
    [
        # A minute, or a second, began while both were asked: each may have cut its clock to it.
        ("2026-11-25T10:01:00Z", "2026-11-25T10:00:00Z", True),
        ("2026-11-25T12:31:00+02:00", "2026-11-25T12:30:00+02:00", True),
        ("2026-11-25T10:01:00Z", "2026-11-25T10:00:59Z", True),
        ("2026-11-25T10:02:00Z", "2026-11-25T10:00:00Z", False),
    ],
)
def test_where_a_minute_began_meanwhile(django: str, edge: str, is_same: bool) -> None:
    ended_at = datetime(2026, 11, 25, 10, 1, 0, 10_000, tzinfo=UTC)
    tried = outcome(edge, apart=timedelta(milliseconds=30), ended_at=ended_at)

    found = compare(outcome(django), tried, NO_RULES, is_write=True)

    assert (not found) is is_same


@pytest.mark.parametrize("edge", ["2026-12-01T09:31:00Z", "2026-12-01T09:30:01Z"])
def test_a_time_of_the_caller_s_that_is_off_by_one_unit_is_no_time_of_the_call(edge: str) -> None:
    """A departure that is stored a minute late: no minute began while both were asked."""
    ended_at = datetime(2026, 11, 25, 10, 0, 30, 500_000, tzinfo=UTC)
    tried = outcome(edge, apart=timedelta(milliseconds=30), ended_at=ended_at)

    assert compare(outcome("2026-12-01T09:30:00Z"), tried, NO_RULES, is_write=True)
