"""Whether a mismatch of a read is true, a race, or noise that Django makes by itself.

Both sides are asked again. What agrees in a later round is not confirmed; whether a race or the
edge itself made the difference, ``instability`` says. Where Django differs from itself between the
rounds, nothing can be said of the edge; where it does so between two answers given at the same
time, that is noise, and learned after a few comparisons. What differs in every round, with Django
saying the same each time, is confirmed.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from shared_domain.parity.comparison import compare
from shared_domain.parity.differences import ABSENT, Difference, Kind
from shared_domain.parity.outcomes import Outcome
from shared_domain.parity.rules import Rules

Group = tuple[str, Kind]
Round = tuple[Outcome, Outcome]

#: How often a place that was never seen differing is asked before it counts. Two items in random
#: order differ in all six rounds, with Django repeating itself, once in 2,048 comparisons.
ROUNDS_FOR_NEW = 6

#: A place known as a true difference is only asked once more.
ROUNDS_FOR_KNOWN = 2

#: Comparisons in which a group must be unstable before it is taken for noise.
COMPARISONS_TO_LEARN = 3

#: What still is noise after that is learned anew within a few comparisons; what was noise for an
#: hour only, such as a deployment of the site, must not hide differences for days.
NOISE_KEPT_FOR = timedelta(hours=6)

#: A status, a field that comes or goes and a type are promises; they never become noise.
KINDS_OF_NOISE = frozenset({Kind.VALUE, Kind.ORDER, Kind.LENGTH, Kind.HEADER, Kind.BYTES})

#: Stands for every kind that says what there is: missing, extra, or of another type.
_COMES = Kind.MISSING

_MOST_WATCHED_GROUPS = 10_000


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What several rounds of one comparison say.

    ``differences`` are those of the last round that every round confirms. ``unstable`` are the
    groups where Django differs from itself while the edge still differs. ``is_final`` is False
    while another round could change the verdict.
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
    """Return the verdict on the rounds, each Django's outcome and the edge's, oldest first.

    ``at_once`` are groups in which Django has differed from itself within one round.
    """
    seen = _Rounds(rounds, rules, learned, known, at_once)
    confirmed = seen.stable | seen.persistent
    return Confirmation(
        differences=tuple(found for found in seen.last if found.group in confirmed),
        unstable=seen.unstable - seen.possibly_persistent,
        is_final=not seen.needs_another,
    )


def drop_noise(differences: Iterable[Difference], learned: Collection[Group]) -> list[Difference]:
    """Return the differences that are not learned noise; for writes, which are asked once."""
    return [found for found in differences if not _is_noise(found, learned)]


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
    """The groups of the last round, sorted by what the rounds say about them.

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
    """Return where Django is unstable; what comes or goes there has no one value either."""
    changed = {aspect(group) for group in at_once} | {
        aspect(difference.group)
        for (before, _), (after, _) in pairwise(rounds)
        for difference in compare(before, after, rules, is_write=False)
    }
    return frozenset(changed | {(path, Kind.VALUE) for path, kind in changed if kind is _COMES})


def _is_noise(found: Difference, learned: Collection[Group]) -> bool:
    path, kind = found.group
    if kind is Kind.HEADER and (found.django is ABSENT or found.edge is ABSENT):
        # Its value may be another each time; that it is sent is a promise.
        return False
    return kind in KINDS_OF_NOISE and (path, kind) in learned


def aspect(group: Group) -> Group:
    """Return what it is there that is unstable: a value, what there is at all, order or length.

    A list whose order changes is still expected to have its length, and a field whose value is
    another each time is still expected to be there.
    """
    path, kind = group
    if kind in (Kind.MISSING, Kind.EXTRA, Kind.TYPE):
        return path, _COMES
    return path, kind if kind in (Kind.ORDER, Kind.LENGTH) else Kind.VALUE


def _persistent_groups(found: list[list[Difference]], groups: frozenset[Group]) -> frozenset[Group]:
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
