"""Moments that both sides make themselves differ by no more than the time between them."""

import json
from datetime import timedelta

import pytest

from shared_domain.endpoints import NO_RULES, Answer, Outcome, compare


def outcome(moment: str, *, apart: timedelta | None = None) -> Outcome:
    body = json.dumps({"createdAt": moment}).encode()
    return Outcome(Answer(201, (("content-type", "application/json"),), body), apart=apart)


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
