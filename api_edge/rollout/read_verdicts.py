"""The verdict on one read: a match, a mismatch, an unstable edge, or nothing that can be said.

A difference is never believed at first. The edge is asked again on the snapshot of its first
answer, then both halves anew, Django twice at the same time.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from api_edge.rollout.observations import Observation
from shared_domain.rollout import (
    Confirmation,
    Difference,
    Kind,
    Outcome,
    Rules,
    changed_groups,
    confirm_differences,
    unexplained_differences,
    unstable_differences,
)
from shared_domain.rollout.wire import Verdict

#: Smaller answers are compared on the spot; a thread costs more than they do.
SMALL_BYTES = 8 * 1024

#: An edge that is wrong every other time gives the same wrong answer so often once in eight.
REPEATS = 3

T = TypeVar("T")

Pair = tuple[Observation, Observation]
Group = tuple[str, Kind]


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """The verdict on one call, as ``ParityCheck`` stores it, and the differences that it names."""

    verdict: Verdict
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Again:
    """One more round: two answers that Django gave at the same time, and the edge's after them.

    ``is_quiet`` tells that nothing was written between Django's answers.
    """

    django: Observation
    twin: Observation
    edge: Observation
    is_quiet: bool


class Halves(Protocol):
    """How both halves are asked again about one read."""

    #: Whether nothing was written from before the edge's first answer until after Django's.
    was_quiet: bool

    async def repeat_edge(self) -> Observation | None:
        """Ask the edge on the snapshot of its first answer; None where there is none."""

    async def close_snapshot(self) -> None:
        """Let go of that snapshot."""

    async def repeat_both(self) -> Again | None:
        """Ask both as things are now; None when an answer cannot be compared."""


@dataclass(frozen=True, slots=True)
class ReadVerdict:
    """What was found, and the groups in which Django differed from itself with no write between."""

    found: ComparisonResult
    noise: frozenset[Group] = frozenset()


async def verdict_on_read(
    first: Pair,
    rules: Rules,
    learned: frozenset[Group],
    known: frozenset[Group],
    rounds: Halves,
) -> ReadVerdict:
    """Compare, and ask both again before a difference counts.

    ``known`` are groups that have differed before: they are asked twice instead of six times.
    """
    nothing = undecidable(first)
    if nothing is not None:
        return ReadVerdict(ComparisonResult(nothing))
    reading = _Reading(first, rules, learned, known, was_quiet=rounds.was_quiet)
    judgement = await reading.judged()
    if judgement.is_final:
        return ReadVerdict(ComparisonResult(Verdict.MATCH))
    await reading.repeat_edge(rounds)
    await rounds.close_snapshot()
    while not judgement.is_final:
        again = await rounds.repeat_both()
        nothing = Verdict.UNDECIDED if again is None else reading.take(again)
        if nothing is not None:
            # What was proven before stays proven.
            unstable = await reading.unstable()
            verdict = Verdict.UNSTABLE if unstable else nothing
            return ReadVerdict(ComparisonResult(verdict, unstable))
        judgement = await reading.judged()
    return await reading.verdict(judgement)


async def agree_at_once(
    first: Pair, rules: Rules, learned: frozenset[Group], known: frozenset[Group]
) -> bool:
    """Return whether two answers agree as they are, for a caller who waits."""
    if undecidable(first) is not None:
        return False
    return (await _Reading(first, rules, learned, known, was_quiet=False).judged()).is_final


class _Reading:
    """What the rounds have said so far about one read."""

    def __init__(
        self,
        first: Pair,
        rules: Rules,
        learned: frozenset[Group],
        known: frozenset[Group],
        *,
        was_quiet: bool,
    ) -> None:
        self._rules, self._learned, self._known = rules, learned, known
        self._was_quiet = was_quiet
        self._pairs = [first]
        self._twins: list[Observation] = []
        self._repeated: list[Outcome] = []
        self._at_once: frozenset[Group] = frozenset()
        self._quiet: frozenset[Group] = frozenset()

    async def judged(self) -> Confirmation:
        return await self._run_off_loop(
            lambda: confirm_differences(
                [(django.outcome, edge.outcome) for django, edge in self._pairs],
                self._rules,
                self._learned,
                self._known,
                self._at_once,
            )
        )

    async def repeat_edge(self, rounds: Halves) -> None:
        """Ask the edge again on one snapshot until it says something else, or often enough."""
        first = self._pairs[0][1]
        for _ in range(REPEATS):
            again = await rounds.repeat_edge()
            if again is None or again.is_unavailable:
                return
            self._repeated.append(again.outcome)
            pair = (first.outcome, again.outcome)
            if await self._run_off_loop(lambda pair=pair: changed_groups(pair, self._rules)):  # type: ignore[misc]
                return

    def take(self, again: Again) -> Verdict | None:
        """Take one more round in; return the verdict when it says nothing."""
        pair = (again.django, again.edge)
        nothing = undecidable(pair) or (Verdict.UNDECIDED if again.twin.has_failed else None)
        if nothing is None:
            self._pairs.append(pair)
            self._twins.append(again.twin)
            changed = changed_groups((again.django.outcome, again.twin.outcome), self._rules)
            self._at_once |= changed
            self._quiet |= changed if again.is_quiet else frozenset()
            if not again.is_quiet:
                # Among writes a value may come and go: even what is known takes all rounds.
                self._known = frozenset()
        return nothing

    async def unstable(self) -> tuple[Difference, ...]:
        repeated = list(self._repeated)
        if self._was_quiet:
            repeated += [edge.outcome for _, edge in self._pairs[1:]]
        if not repeated:
            return ()
        return await self._run_off_loop(
            lambda: unstable_differences(
                self._first, repeated, self._django, self._rules, self._learned
            )
        )

    async def verdict(self, judgement: Confirmation) -> ReadVerdict:
        noise = judgement.unstable & self._quiet
        unstable = await self.unstable()
        # What is wrong every other time may be wrong in all rounds by chance.
        if {found.group for found in judgement.differences} - {one.group for one in unstable}:
            return ReadVerdict(
                ComparisonResult(Verdict.MISMATCH, tuple(judgement.differences)), noise
            )
        if unstable:
            return ReadVerdict(ComparisonResult(Verdict.UNSTABLE, unstable), noise)
        is_open = judgement.unstable - self._learned or unexplained_differences(
            self._first, self._django, self._rules, self._learned
        )
        return ReadVerdict(ComparisonResult(Verdict.UNDECIDED if is_open else Verdict.MATCH), noise)

    @property
    def _first(self) -> tuple[Outcome, Outcome]:
        django, edge = self._pairs[0]
        return django.outcome, edge.outcome

    @property
    def _django(self) -> Sequence[Outcome]:
        return [django.outcome for django, _ in self._pairs] + [
            twin.outcome for twin in self._twins
        ]

    async def _run_off_loop(self, work: Callable[[], T]) -> T:
        return await run_off_loop(work, self._pairs[0])


def undecidable(pair: Pair) -> Verdict | None:
    """Return the verdict when one half could not answer, which says nothing of the other."""
    django, edge = pair
    if django.has_failed:
        return Verdict.UNDECIDED
    return Verdict.UNAVAILABLE if edge.is_unavailable else None


async def run_off_loop(work: Callable[[], T], asked: Iterable[Observation]) -> T:
    """Run it here when the answers are small, in a thread when other callers would wait for it."""
    largest = max(len(one.outcome.response.body) for one in asked)
    if largest <= SMALL_BYTES:
        return work()
    return await asyncio.to_thread(work)
