"""Whether a mismatch of a read is true, a race, or noise that Django makes by itself.

Both sides are asked again. What agrees in a later round was a race, and tells nothing. Where
Django differs from itself between the rounds, nothing can be said of the edge: the place is
unstable, and after a few comparisons it is learned as noise. What differs in every round, with
Django saying the same each time, is confirmed.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from shared_domain.endpoints.answers import Outcome
from shared_domain.endpoints.comparing import compare
from shared_domain.endpoints.differences import Difference, Kind
from shared_domain.endpoints.rules import Rules

Group = tuple[str, Kind]
Round = tuple[Outcome, Outcome]

#: How often a place that was never seen differing is asked before it counts. Two items in random
#: order differ in all six rounds, with Django repeating itself, once in 2,048 comparisons.
ROUNDS_FOR_NEW = 6

#: A place known as a true difference is only asked once more.
ROUNDS_FOR_KNOWN = 2

#: Comparisons in which a group must be unstable before it is taken for noise.
COMPARISONS_TO_LEARN = 3

#: A status, a field that comes or goes and a type are promises; they never become noise.
KINDS_OF_NOISE = frozenset({Kind.VALUE, Kind.ORDER, Kind.LENGTH, Kind.HEADER, Kind.BYTES})

_MOST_WATCHED_GROUPS = 10_000


@dataclass(frozen=True, slots=True)
class Judgement:
    """What several rounds of one comparison say.

    ``differences`` are those of the last round that every round confirms. ``unstable`` are the
    groups where Django differs from itself while the edge still differs. ``settled`` is False
    while another round could change the verdict.
    """

    differences: tuple[Difference, ...]
    unstable: frozenset[Group]
    settled: bool


def judge(
    rounds: Sequence[Round],
    rules: Rules,
    learned: frozenset[Group],
    known: frozenset[Group] = frozenset(),
) -> Judgement:
    """Return the verdict on the rounds, each Django's outcome and the edge's, oldest first."""
    seen = _Rounds(rounds, rules, learned)
    confirmed = seen.stable | seen.stubborn
    return Judgement(
        differences=tuple(found for found in seen.last if found.group in confirmed),
        unstable=frozenset(
            found.group for found in seen.last if found.group in seen.restless - confirmed
        ),
        settled=not seen.needs_another(known),
    )


def needs_another_round(
    rounds: Sequence[Round],
    rules: Rules,
    learned: frozenset[Group],
    known: frozenset[Group] = frozenset(),
) -> bool:
    """Tell whether to ask both sides once more before ``judge`` has the last word."""
    return _Rounds(rounds, rules, learned).needs_another(known)


def without_noise(
    differences: Iterable[Difference], learned: Collection[Group]
) -> list[Difference]:
    """Return the differences that are not learned noise; for writes, which are asked once."""
    return [found for found in differences if not _is_noise(found.group, learned)]


class NoiseMemory:
    """Learns which groups Django itself changes from one answer to the next.

    Begins with what was ``learned`` before. What is watched but not yet learned is forgotten,
    the oldest first, beyond ten thousand groups.
    """

    def __init__(self, learned: Iterable[Group] = ()) -> None:
        self._learned = frozenset(learned)
        self._times_unstable: Counter[Group] = Counter()

    @property
    def learned(self) -> frozenset[Group]:
        return self._learned

    def observe(self, unstable: Iterable[Group]) -> frozenset[Group]:
        """Note the unstable groups of one comparison, and return those newly learned."""
        fresh = {group for group in unstable if group[1] in KINDS_OF_NOISE} - self._learned
        self._times_unstable.update(fresh)
        newly = frozenset(
            group for group in fresh if self._times_unstable[group] >= COMPARISONS_TO_LEARN
        )
        for group in newly:
            del self._times_unstable[group]
        for group in list(self._times_unstable)[: -_MOST_WATCHED_GROUPS or None]:
            del self._times_unstable[group]
        self._learned |= newly
        return newly


class _Rounds:
    """The groups of the last round, sorted by what the rounds say about them."""

    def __init__(self, rounds: Sequence[Round], rules: Rules, learned: frozenset[Group]) -> None:
        if not rounds:
            raise ValueError("a comparison has at least one round")
        found = [
            without_noise(compare(django, edge, rules, is_write=False), learned)
            for django, edge in rounds
        ]
        self.count = len(rounds)
        self.last = found[-1]
        in_every_round = frozenset.intersection(
            *(frozenset(difference.group for difference in each) for each in found)
        )
        of_django: set[Group] = set()
        if self.last:
            for (before, _), (after, _) in pairwise(rounds):
                changed = compare(before, after, rules, is_write=False)
                of_django.update(_where_it_changed(difference) for difference in changed)
        self.restless = frozenset(
            difference.group
            for difference in self.last
            if _where_it_changed(difference) in of_django
        )
        self.stable = in_every_round - self.restless
        is_reordered = any(kind is Kind.ORDER for _, kind in of_django)
        self._maybe_stubborn = (
            frozenset() if is_reordered else _stubborn(found, in_every_round & self.restless)
        )

    @property
    def stubborn(self) -> frozenset[Group]:
        """Groups in which Django changes here and there, yet most of what differs stays put."""
        return self._maybe_stubborn if self.count >= ROUNDS_FOR_NEW else frozenset()

    def needs_another(self, known: frozenset[Group]) -> bool:
        open_groups = self.stable | self._maybe_stubborn
        if not open_groups or self.count >= ROUNDS_FOR_NEW:
            return False
        return self.count < ROUNDS_FOR_KNOWN or not open_groups <= known


def _is_noise(group: Group, learned: Collection[Group]) -> bool:
    return group[1] in KINDS_OF_NOISE and group in learned


def _where_it_changed(difference: Difference) -> Group:
    """Return where Django is restless: one place for every kind, but for the order and length.

    A list whose order changes is still expected to have its length, and the other way round.
    """
    path, kind = difference.group
    return path, kind if kind in (Kind.ORDER, Kind.LENGTH) else Kind.VALUE


def _stubborn(found: list[list[Difference]], groups: frozenset[Group]) -> frozenset[Group]:
    """Return the groups in which at least half of the last differences never changed.

    A calendar's vacancies change all the time; an edge that is wrong on every day must not
    hide behind the few days that changed between two rounds.
    """
    if not groups:
        return groups
    constant = {(one.path, one.kind): one.django for one in found[0]}
    for each in found[1:]:
        now = {(one.path, one.kind): one.django for one in each}
        constant = {
            place: value
            for place, value in constant.items()
            if place in now and now[place] == value
        }
    all_of_group: Counter[Group] = Counter()
    constant_of_group: Counter[Group] = Counter()
    for difference in found[-1]:
        all_of_group[difference.group] += 1
        constant_of_group[difference.group] += (difference.path, difference.kind) in constant
    return frozenset(
        group for group in groups if constant_of_group[group] * 2 >= all_of_group[group] > 0
    )
