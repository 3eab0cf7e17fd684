"""Which element of one list stands for which of another, so that one change stays one difference.

Elements are told by a likeness: anything hashable that is equal when nothing differs. In four
steps, each in about linear time, with what the step before left over:

1. the beginning and the end that are alike, and what is alike at the same place;
2. what is alike at another place;
3. objects that agree in most fields, whatever differs in the others (``by_fields``);
4. what stands between the same neighbours.
"""

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

Fields = Mapping[str, Hashable]
Pair = tuple[int, int]

#: Above this many left over, the third step would cost more than it tells.
_MOST_COMPARED_BY_FIELDS = 1_000
_MOST_ROUNDS_BY_FIELDS = 8


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which element of Django's list pairs with which of the edge's, and what is left over."""

    pairs: tuple[Pair, ...]
    missing: tuple[int, ...]
    extra: tuple[int, ...]

    @property
    def is_in_order(self) -> bool:
        places = [theirs for _, theirs in self.pairs]
        return all(before < after for before, after in pairwise(places))


def align(
    django: Sequence[Hashable],
    edge: Sequence[Hashable],
    *,
    fields_of: Callable[[bool, int], Fields | None] | None = None,
) -> Alignment:
    """Pair the elements of two lists, given by their likenesses.

    ``fields_of(is_edge, place)`` returns the likeness of each field of an element, or None when
    it has none; it is only asked for elements that are left over.
    """
    pairs = _alike_in_place(django, edge)
    ours, theirs = _left_over(pairs, len(django), len(edge))
    pairs += _alike(ours, theirs, django.__getitem__, edge.__getitem__)
    ours, theirs = _left_over(pairs, len(django), len(edge))
    if fields_of is not None and ours and theirs and max(len(ours), len(theirs)) > 1:
        pairs += _by_fields(ours, theirs, fields_of)
    pairs.sort()
    ours, theirs = _left_over(pairs, len(django), len(edge))
    pairs += _between_neighbours(pairs, ours, theirs)
    pairs.sort()
    ours, theirs = _left_over(pairs, len(django), len(edge))
    return Alignment(tuple(pairs), tuple(ours), tuple(theirs))


def _left_over(pairs: list[Pair], ours: int, theirs: int) -> tuple[list[int], list[int]]:
    paired_ours = {place for place, _ in pairs}
    paired_theirs = {place for _, place in pairs}
    return (
        [place for place in range(ours) if place not in paired_ours],
        [place for place in range(theirs) if place not in paired_theirs],
    )


def _alike_in_place(django: Sequence[Hashable], edge: Sequence[Hashable]) -> list[Pair]:
    if len(django) == len(edge):
        return [
            (place, place)
            for place, (ours, theirs) in enumerate(zip(django, edge, strict=True))
            if ours == theirs
        ]
    shorter = min(len(django), len(edge))
    begin = 0
    while begin < shorter and django[begin] == edge[begin]:
        begin += 1
    end = 0
    while end < shorter - begin and django[-1 - end] == edge[-1 - end]:
        end += 1
    return [(place, place) for place in range(begin)] + [
        (len(django) - end + place, len(edge) - end + place) for place in range(end)
    ]


def _alike(
    ours: Sequence[int],
    theirs: Sequence[int],
    likeness_of_ours: Callable[[int], Hashable],
    likeness_of_theirs: Callable[[int], Hashable],
) -> list[Pair]:
    waiting: defaultdict[Hashable, list[int]] = defaultdict(list)
    for place in reversed(theirs):
        waiting[likeness_of_theirs(place)].append(place)
    pairs = []
    for place in ours:
        alike = waiting.get(likeness_of_ours(place))
        if alike:
            pairs.append((place, alike.pop()))
    return pairs


def _by_fields(
    ours: list[int], theirs: list[int], fields_of: Callable[[bool, int], Fields | None]
) -> list[Pair]:
    """Pair objects by their most telling fields.

    A field is telling when its values are found on both sides: a random id is in none, a price
    that is wrong once in all but one. The least telling are left out one after another.
    """
    if max(len(ours), len(theirs)) > _MOST_COMPARED_BY_FIELDS:
        return []
    of_ours = {place: fields for place in ours if (fields := fields_of(False, place))}
    of_theirs = {place: fields for place in theirs if (fields := fields_of(True, place))}
    telling = _most_telling_first(list(of_ours.values()), list(of_theirs.values()))
    fewer_each_round = max(1, -(-len(telling) // _MOST_ROUNDS_BY_FIELDS))
    pairs: list[Pair] = []
    while telling and of_ours and of_theirs:
        found = _alike(
            list(of_ours),
            list(of_theirs),
            lambda place: _chosen(of_ours[place], telling),
            lambda place: _chosen(of_theirs[place], telling),
        )
        for place, other in found:
            del of_ours[place], of_theirs[other]
        pairs += found
        del telling[-fewer_each_round:]
    return pairs


def _chosen(fields: Fields, names: list[str]) -> Hashable:
    return tuple(fields.get(name) for name in names)


def _most_telling_first(ours: list[Fields], theirs: list[Fields]) -> list[str]:
    found: dict[str, Counter[Hashable]] = defaultdict(Counter)
    in_common: Counter[str] = Counter()
    for fields in ours:
        for name, likeness in fields.items():
            found[name][likeness] += 1
    for fields in theirs:
        for name, likeness in fields.items():
            if found[name][likeness] > 0:
                found[name][likeness] -= 1
                in_common[name] += 1
    return [name for name, _ in in_common.most_common()]


def _between_neighbours(pairs: list[Pair], ours: list[int], theirs: list[int]) -> list[Pair]:
    alignment = Alignment(tuple(pairs), (), ())
    if not alignment.is_in_order:
        return list(zip(ours, theirs, strict=False))
    gaps: defaultdict[int, list[int]] = defaultdict(list)
    theirs_before = [theirs for _, theirs in pairs]
    for place in reversed(theirs):
        gaps[bisect(theirs_before, place)].append(place)
    ours_before = [ours for ours, _ in pairs]
    found = []
    for place in ours:
        gap = gaps.get(bisect(ours_before, place))
        if gap:
            found.append((place, gap.pop()))
    return found
