"""Every wrong edge of the catalogue is found, where it is wrong and within its number of calls."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace

import pytest

from api_edge.rollout.observations import Observation
from api_edge.rollout.read_verdicts import (
    REPEATS,
    ComparisonResult,
    ConfirmationRound,
    Group,
    verdict_on_read,
)
from shared_domain.rollout import NO_RULES, Outcome
from tests.parity.catalogue import CATALOGUE, EQUAL, RIGHT, Equal, Fault


@dataclass
class InProcess:
    """Both halves without servers: Django repeats itself, the edge counts its calls."""

    fault: Fault | Equal | None
    calls: Counter[str] = field(default_factory=Counter)
    was_quiet: bool = False
    is_quiet: bool = True

    def edge(self) -> Observation:
        call = self.calls["edge"]
        self.calls["edge"] += 1
        outcome: Outcome = self.fault.spoil(RIGHT, call) if self.fault else RIGHT
        return Observation(outcome, 1.0, has_failed=outcome.response.status >= 500)

    async def repeat_edge(self) -> Observation | None:
        return self.edge()

    async def close_snapshot(self) -> None:
        pass

    async def repeat_both(self) -> ConfirmationRound | None:
        return ConfirmationRound(
            Observation(RIGHT, 1.0),
            Observation(RIGHT, 1.0),
            self.edge(),
            is_quiet_at_django=True,
            is_quiet=self.is_quiet,
        )

    def compare(self, known: frozenset[Group] = frozenset()) -> ComparisonResult:
        first = (Observation(RIGHT, 1.0), self.edge())
        verdict = verdict_on_read(first, NO_RULES, frozenset(), known, self)
        return asyncio.run(verdict).found


def test_there_are_enough_of_them() -> None:
    assert len(CATALOGUE) >= 100
    assert [
        wrong for wrong, times in Counter(one.wrong for one in CATALOGUE).items() if times > 1
    ] == []


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.wrong)
def test_it_is_found(fault: Fault) -> None:
    halves = InProcess(fault)

    found = next(
        (one for _ in range(fault.within) if (one := halves.compare()).verdict != "match"), None
    )

    assert found is not None
    assert found.verdict in ("mismatch", "unstable")
    assert any(
        difference.path == fault.where or difference.path.startswith(f"{fault.where}/")
        for difference in found.differences
    ), found.differences


@pytest.mark.parametrize("equal", EQUAL, ids=lambda equal: equal.changed)
def test_what_no_caller_can_tell_is_a_match(equal: Equal) -> None:
    assert equal.spoil(RIGHT, 0) != RIGHT
    assert InProcess(equal).compare().verdict == "match", equal.why


@pytest.mark.parametrize(("is_quiet", "verdict"), [(True, "mismatch"), (False, "undecided")])
def test_a_known_difference_is_believed_at_once_only_if_nothing_was_written(
    is_quiet: bool, verdict: str
) -> None:
    """A row that is written between Django's answer and the edge's looks different twice."""
    wrong = next(one for one in CATALOGUE if one.where == "/items/0/status")
    # The first answer, those that repeat it on its snapshot, and the one of the second round.
    alike = 1 + REPEATS + 1
    written = replace(
        wrong, spoil=lambda right, call: wrong.spoil(right, call) if call < alike else right
    )
    halves = InProcess(written, is_quiet=is_quiet)
    [difference] = InProcess(wrong).compare().differences

    found = halves.compare(known=frozenset({difference.group}))

    assert found.verdict == verdict


def test_a_right_edge_is_left_alone() -> None:
    halves = InProcess(None)

    assert {halves.compare().verdict for _ in range(50)} == {"match"}
