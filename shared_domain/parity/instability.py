"""Instability: a half that gives two responses to one question; on Django's side it is noise.

Two responses of the edge from one snapshot of the database cannot differ because of a write, so an
edge whose responses do depends on something else: a cache, a counter, chance, or another caller.
Two responses of Django at the same time, with no write in between, differ by noise.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations

from shared_domain.parity.comparison import compare
from shared_domain.parity.confirmation import Group, Round, aspect, drop_noise
from shared_domain.parity.differences import Difference
from shared_domain.parity.outcomes import Outcome
from shared_domain.parity.rules import Rules


def changed_groups(answers: Sequence[Outcome], rules: Rules) -> frozenset[Group]:
    """Return the groups in which any two responses of one half differ."""
    return frozenset(
        difference.group
        for one, other in combinations(answers, 2)
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
