"""Confirm the differences of a read by asking both halves again, in rounds.

A difference is confirmed when it is there in every round and Django's response is the same each
time. One that is gone in a later round is a race, or the edge is unstable: two of its responses
from one snapshot of the database differ, which no write explains, only a cache, a counter, chance
or another caller. Where Django differs from itself between rounds, nothing is concluded; where two
of its responses at the same time differ, that is noise, and learned after a few comparisons.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations, pairwise

from shared_domain.parity.comparison import compare
from shared_domain.parity.differences import ABSENT, Difference, Kind
from shared_domain.parity.outcomes import Outcome
from shared_domain.parity.rules import Rules

Group = tuple[str, Kind]
Round = tuple[Outcome, Outcome]

#: Rounds that confirm a difference at a new place. Two items in random order differ in all six,
#: with Django repeating itself, once in 2,048 comparisons.
ROUNDS_FOR_NEW = 6

#: Rounds that confirm a difference that was confirmed before.
ROUNDS_FOR_KNOWN = 2

#: Comparisons in which a group must be unstable before it is taken for noise.
COMPARISONS_TO_LEARN = 3

#: Lasting noise is learned again within a few comparisons; noise of an hour, such as a deployment
#: of Django, must not hide differences for days.
NOISE_KEPT_FOR = timedelta(hours=6)

#: A status, a field that comes or goes and a type are promises; they never become noise.
KINDS_OF_NOISE = frozenset({Kind.VALUE, Kind.ORDER, Kind.LENGTH, Kind.HEADER, Kind.BYTES})

#: One kind for all that concern presence: missing, extra, or of another type.
_PRESENCE = Kind.MISSING

_MOST_WATCHED_GROUPS = 10_000


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The result of several rounds of one comparison.

    ``differences`` are those of the last round that all rounds confirm. ``unstable`` are the groups
    in which Django differs from itself. ``is_final`` is False while another round is needed.
    """

    differences: tuple[Difference, ...]
    unstable: frozenset[Group]
    is_final: bool


def confirm_differences(
    rounds: Sequence[Round],
    rules: Rules,
    learned: frozenset[Group],
    known: frozenset[Group] = frozenset(),
    at_once: frozenset[Group] = frozenset(),
) -> Confirmation:
    """Return which differences the rounds confirm; each has Django's outcome and the edge's.

    Rounds are in order of time. ``learned`` is noise, ``known`` are groups confirmed before, and
    ``at_once`` those in which two responses of Django to one round differ.
    """
    seen = _Rounds(rounds, rules, learned, known, at_once)
    confirmed = seen.stable | seen.persistent
    return Confirmation(
        differences=tuple(found for found in seen.last if found.group in confirmed),
        unstable=seen.unstable - seen.possibly_persistent,
        is_final=not seen.needs_another,
    )


def drop_noise(differences: Iterable[Difference], learned: Collection[Group]) -> list[Difference]:
    """Return the differences that are not learned noise."""
    return [found for found in differences if not _is_noise(found, learned)]


def changed_groups(outcomes: Sequence[Outcome], rules: Rules) -> frozenset[Group]:
    """Return the groups in which any two responses of one half differ."""
    return frozenset(
        difference.group
        for one, other in combinations(outcomes, 2)
        for difference in compare(one, other, rules, is_write=False)
    )


def unstable_differences(
    first: Round,
    repeated: Iterable[Outcome],
    django: Sequence[Outcome],
    rules: Rules,
    learned: frozenset[Group],
) -> tuple[Difference, ...]:
    """Return where the edge differed from Django, and then from itself, while Django did not.

    ``repeated`` are the edge's responses from the snapshot of its first one, ``django`` all
    responses of Django, the first included.
    """
    found = drop_noise(compare(*first, rules, is_write=False), learned)
    if not found:
        return ()
    changed_by_edge = {
        aspect(group) for again in repeated for group in changed_groups((first[1], again), rules)
    }
    changed_by_django = {aspect(group) for group in changed_groups(django, rules)}
    unstable = changed_by_edge - changed_by_django
    return tuple(one for one in found if aspect(one.group) in unstable)


def unexplained_differences(
    first: Round, django: Sequence[Outcome], rules: Rules, learned: frozenset[Group]
) -> tuple[Difference, ...]:
    """Return the differences of the first round in which Django has not differed from itself."""
    changed = {aspect(group) for group in changed_groups(django, rules)}
    found = drop_noise(compare(*first, rules, is_write=False), learned)
    return tuple(one for one in found if aspect(one.group) not in changed)


class NoiseMemory:
    """Learns noise: groups in which Django differs from itself in several comparisons.

    ``learned`` is the noise to begin with. Of groups not yet learned, the latest ten thousand are
    counted.
    """

    def __init__(self, learned: Iterable[Group] = ()) -> None:
        self._learned = frozenset(learned)
        self._times_unstable: Counter[Group] = Counter()

    @property
    def learned(self) -> frozenset[Group]:
        return self._learned

    def observe(self, unstable: Iterable[Group]) -> frozenset[Group]:
        """Count the unstable groups of one comparison, and return those that are now noise."""
        fresh = {group for group in unstable if group[1] in KINDS_OF_NOISE} - self._learned
        self._times_unstable.update(fresh)
        newly = frozenset(
            group
            for group in fresh
            if self._times_unstable[group] >= COMPARISONS_TO_LEARN
            and len(self._learned) < _MOST_WATCHED_GROUPS
        )
        for group in newly:
            del self._times_unstable[group]
        for group in list(self._times_unstable)[:-_MOST_WATCHED_GROUPS]:
            del self._times_unstable[group]
        self._learned |= newly
        return newly


class _Rounds:
    """The groups of the last round, by what all rounds say about them.

    ``stable``: different in every round, and Django said the same each time.
    ``unstable``: Django said something else there in another round.
    ``possibly_persistent``: unstable, yet most differences stay; see ``_persistent_groups``.
    """

    def __init__(
        self,
        rounds: Sequence[Round],
        rules: Rules,
        learned: frozenset[Group],
        known: frozenset[Group],
        at_once: frozenset[Group],
    ) -> None:
        if not rounds:
            raise ValueError("a comparison has at least one round")
        self._count = len(rounds)
        self._known = known
        found = [
            drop_noise(compare(django, edge, rules, is_write=False), learned)
            for django, edge in rounds
        ]
        self.last = found[-1]
        in_every_round = frozenset.intersection(
            *(frozenset(difference.group for difference in each) for each in found)
        )
        changed = _changed_by_django(rounds, rules, at_once) if self.last else frozenset[Group]()
        self.unstable = frozenset(
            difference.group for difference in self.last if aspect(difference.group) in changed
        )
        self.stable = in_every_round - self.unstable
        # Where lists change their order, a place in them means something else in each round.
        reordered = [path.rstrip("/") + "/" for path, kind in changed if kind is Kind.ORDER]
        self.possibly_persistent = _persistent_groups(
            found,
            frozenset(
                (path, kind)
                for path, kind in in_every_round & self.unstable
                if not path.startswith(tuple(reordered))
            ),
        )

    @property
    def persistent(self) -> frozenset[Group]:
        if self._count >= ROUNDS_FOR_NEW:
            return self.possibly_persistent
        known = self._known if self._count >= ROUNDS_FOR_KNOWN else frozenset[Group]()
        return self.possibly_persistent & known

    @property
    def needs_another(self) -> bool:
        open_groups = self.stable | self.possibly_persistent
        if not open_groups or self._count >= ROUNDS_FOR_NEW:
            return False
        return self._count < ROUNDS_FOR_KNOWN or not open_groups <= self._known


def _changed_by_django(
    rounds: Sequence[Round], rules: Rules, at_once: frozenset[Group]
) -> frozenset[Group]:
    """Return the aspects in which Django differs from itself; presence implies the value."""
    changed = {aspect(group) for group in at_once} | {
        aspect(difference.group)
        for (before, _), (after, _) in pairwise(rounds)
        for difference in compare(before, after, rules, is_write=False)
    }
    return frozenset(changed | {(path, Kind.VALUE) for path, kind in changed if kind is _PRESENCE})


def _is_noise(found: Difference, learned: Collection[Group]) -> bool:
    path, kind = found.group
    if kind is Kind.HEADER and (found.django is ABSENT or found.edge is ABSENT):
        # Its value may be noise; whether the header is sent never is.
        return False
    return kind in KINDS_OF_NOISE and (path, kind) in learned


def aspect(group: Group) -> Group:
    """Return which aspect of a path a group concerns: value, presence, order or length.

    Instability in one aspect excuses no other: a list in random order still has its length, and a
    field with random values is still present.
    """
    path, kind = group
    if kind in (Kind.MISSING, Kind.EXTRA, Kind.TYPE):
        return path, _PRESENCE
    return path, kind if kind in (Kind.ORDER, Kind.LENGTH) else Kind.VALUE


def _persistent_groups(found: list[list[Difference]], groups: frozenset[Group]) -> frozenset[Group]:
    """Return the groups of which at least half of the last differences were there in every round.

    Vacancies in a calendar change all the time; an edge that is wrong on every day must not be
    excused by the few days that changed between two rounds.
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
