"""Decide the verdict on one read: a match, a mismatch, an unstable edge, or undecided.

A difference is not believed at once. The edge is asked again on the snapshot of its first response,
then both sides anew, Django twice at the same time.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ParamSpec, Protocol, TypeVar

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

#: Smaller responses are compared in the event loop; a thread costs more than they do.
SMALL_BYTES = 8 * 1024

#: An edge that is wrong every other time gives the same wrong answer so often once in eight.
REPEATS = 3

P = ParamSpec("P")
T = TypeVar("T")

Pair = tuple[Observation, Observation]
Group = tuple[str, Kind]


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """The verdict on one call, as ``ParityCheck`` stores it, with the differences that it names."""

    verdict: Verdict
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfirmationRound:
    """Two responses that Django gave at the same time, and the edge's after them.

    ``is_quiet_at_django`` tells that nothing was written between Django's responses, ``is_quiet``
    that nothing was written until after the edge's either.
    """

    django: Observation
    twin: Observation
    edge: Observation
    is_quiet_at_django: bool
    is_quiet: bool


class Repeater(Protocol):
    """Asks both sides again about one read; see ``ConfirmationRounds``."""

    #: Whether nothing was written from before the edge's first response until after Django's.
    was_quiet: bool

    async def repeat_edge(self) -> Observation | None:
        """Ask the edge on the snapshot of its first response; None where there is none."""

    async def close_snapshot(self) -> None:
        """End the transaction of that snapshot."""

    async def repeat_both(self) -> ConfirmationRound | None:
        """Ask both on the present data; None when a response cannot be compared."""


@dataclass(frozen=True, slots=True)
class ReadVerdict:
    """The result, and the groups in which Django differed from itself with no write between."""

    found: ComparisonResult
    noise: frozenset[Group] = frozenset()


async def verdict_on_read(
    first: Pair,
    rules: Rules,
    noise: frozenset[Group],
    known: frozenset[Group],
    repeater: Repeater,
) -> ReadVerdict:
    """Compare the first responses, and ask both sides again before a difference counts.

    ``noise`` are groups that are not compared. ``known`` are groups that have differed before: they
    are asked twice instead of six times, unless something is written meanwhile.
    """
    undecided = undecidable(first)
    if undecided is not None:
        return ReadVerdict(ComparisonResult(undecided))
    comparison = _ReadComparison([first], rules, noise, known, was_quiet=repeater.was_quiet)
    confirmation = await comparison.confirm()
    if confirmation.is_final:
        return ReadVerdict(ComparisonResult(Verdict.MATCH))
    await comparison.repeat_edge(repeater)
    await repeater.close_snapshot()
    while not confirmation.is_final:
        again = await repeater.repeat_both()
        undecided = Verdict.UNDECIDED if again is None else comparison.add(again)
        if undecided is not None:
            # What was proven before stays proven.
            unstable = await comparison.find_unstable()
            return ReadVerdict(
                ComparisonResult(Verdict.UNSTABLE if unstable else undecided, unstable)
            )
        confirmation = await comparison.confirm()
    return await comparison.decide(confirmation)


async def agree_at_once(
    first: Pair, rules: Rules, noise: frozenset[Group], known: frozenset[Group]
) -> bool:
    """Return whether two responses agree without asking again, for a caller who waits."""
    if undecidable(first) is not None:
        return False
    return (await _ReadComparison([first], rules, noise, known).confirm()).is_final


@dataclass(slots=True)
class _ReadComparison:
    """All responses to one read so far, and the groups in which Django's twins differed."""

    pairs: list[Pair]
    rules: Rules
    noise: frozenset[Group]
    known: frozenset[Group]
    was_quiet: bool = False
    twins: list[Observation] = field(default_factory=list)
    repeated: list[Outcome] = field(default_factory=list)
    at_once: frozenset[Group] = frozenset()
    quiet: frozenset[Group] = frozenset()

    async def confirm(self) -> Confirmation:
        outcomes = [(django.outcome, edge.outcome) for django, edge in self.pairs]
        return await run_off_loop(
            self.pairs[0],
            confirm_differences,
            outcomes,
            self.rules,
            self.noise,
            self.known,
            self.at_once,
        )

    async def repeat_edge(self, repeater: Repeater) -> None:
        """Ask the edge on one snapshot until its response changes, ``REPEATS`` times at most."""
        first = self.pairs[0][1]
        for _ in range(REPEATS):
            again = await repeater.repeat_edge()
            if again is None or again.is_unavailable:
                return
            self.repeated.append(again.outcome)
            both = (first.outcome, again.outcome)
            if await run_off_loop(self.pairs[0], changed_groups, both, self.rules):
                return

    def add(self, again: ConfirmationRound) -> Verdict | None:
        """Add a round; return the verdict when a side failed in it, and nothing can be decided."""
        pair = (again.django, again.edge)
        undecided = undecidable(pair) or (Verdict.UNDECIDED if again.twin.has_failed else None)
        if undecided is None:
            self.pairs.append(pair)
            self.twins.append(again.twin)
            changed = changed_groups((again.django.outcome, again.twin.outcome), self.rules)
            self.at_once |= changed
            if again.is_quiet_at_django:
                self.quiet |= changed
            if not again.is_quiet:
                # Among writes a value may come and go: even what is known takes all rounds.
                self.known = frozenset()
        return undecided

    async def find_unstable(self) -> tuple[Difference, ...]:
        """Return where the edge differed from itself on the same data."""
        repeated = list(self.repeated)
        if self.was_quiet:
            repeated += [edge.outcome for _, edge in self.pairs[1:]]
        if not repeated:
            return ()
        return await run_off_loop(
            self.pairs[0],
            unstable_differences,
            self._first,
            repeated,
            self._django,
            self.rules,
            self.noise,
        )

    async def decide(self, confirmation: Confirmation) -> ReadVerdict:
        """Return the verdict after the last round."""
        noise = confirmation.unstable & self.quiet
        unstable = await self.find_unstable()
        differing = {difference.group for difference in confirmation.differences}
        # What is wrong every other time may be wrong in all rounds by chance.
        if differing - {difference.group for difference in unstable}:
            found = ComparisonResult(Verdict.MISMATCH, tuple(confirmation.differences))
        elif unstable:
            found = ComparisonResult(Verdict.UNSTABLE, unstable)
        elif confirmation.unstable - self.noise or unexplained_differences(
            self._first, self._django, self.rules, self.noise
        ):
            found = ComparisonResult(Verdict.UNDECIDED)
        else:
            found = ComparisonResult(Verdict.MATCH)
        return ReadVerdict(found, noise)

    @property
    def _first(self) -> tuple[Outcome, Outcome]:
        django, edge = self.pairs[0]
        return django.outcome, edge.outcome

    @property
    def _django(self) -> list[Outcome]:
        return [django.outcome for django in (*(pair[0] for pair in self.pairs), *self.twins)]


def undecidable(pair: Pair) -> Verdict | None:
    """Return UNDECIDED if Django failed, UNAVAILABLE if the edge could not answer, else None."""
    django, edge = pair
    if django.has_failed:
        return Verdict.UNDECIDED
    return Verdict.UNAVAILABLE if edge.is_unavailable else None


async def run_off_loop(
    pair: Pair, work: Callable[P, T], *arguments: P.args, **options: P.kwargs
) -> T:
    """Run ``work``; in a thread for large responses, so that it does not block the event loop."""
    if max(len(side.outcome.response.body) for side in pair) <= SMALL_BYTES:
        return work(*arguments, **options)
    return await asyncio.to_thread(work, *arguments, **options)
