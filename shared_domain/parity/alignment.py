"""Pair the elements of two lists, so that one inserted element is one difference and not many.

Elements are given as comparison keys: hashable values that are equal when the elements are. There
are four steps, each in about linear time, each with what the one before left over:

1. a common beginning and end, and equal elements at the same index;
2. equal elements at another index;
3. objects that agree in most fields (``_by_fields``);
4. elements between the same neighbours.
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
    """Pairs of indexes in Django's list and the edge's, and the indexes left over."""

    pairs: tuple[Pair, ...]
    missing: tuple[int, ...]
    extra: tuple[int, ...]

    @property
    def is_in_order(self) -> bool:
        places = [edge_left for _, edge_left in self.pairs]
        return all(before < after for before, after in pairwise(places))


def align(
    django: Sequence[Hashable],
    edge: Sequence[Hashable],
    *,
    read_fields: Callable[[bool, int], Fields | None] | None = None,
) -> Alignment:
    """Pair the elements of two lists, given by their comparison keys.

    ``read_fields(is_edge, index)`` returns the key of each field of an element, or None when it
    has no fields; it is called only for elements that are equal to none of the other list.
    """
    pairs = _equal_in_place(django, edge)
    django_left, edge_left = _left_over(pairs, len(django), len(edge))
    pairs += _equal_anywhere(
        {place: django[place] for place in django_left}, {place: edge[place] for place in edge_left}
    )
    django_left, edge_left = _left_over(pairs, len(django), len(edge))
    if (
        read_fields is not None
        and django_left
        and edge_left
        and max(len(django_left), len(edge_left)) > 1
    ):
        pairs += _by_fields(django_left, edge_left, read_fields)
    pairs.sort()
    django_left, edge_left = _left_over(pairs, len(django), len(edge))
    pairs += _between_neighbours(pairs, django_left, edge_left)
    pairs.sort()
    django_left, edge_left = _left_over(pairs, len(django), len(edge))
    return Alignment(tuple(pairs), tuple(django_left), tuple(edge_left))


def _left_over(pairs: list[Pair], django_left: int, edge_left: int) -> tuple[list[int], list[int]]:
    paired_django = {place for place, _ in pairs}
    paired_edge = {place for _, place in pairs}
    return (
        [place for place in range(django_left) if place not in paired_django],
        [place for place in range(edge_left) if place not in paired_edge],
    )


def _equal_in_place(django: Sequence[Hashable], edge: Sequence[Hashable]) -> list[Pair]:
    if len(django) == len(edge):
        return [
            (place, place)
            for place, (django_left, edge_left) in enumerate(zip(django, edge, strict=True))
            if django_left == edge_left
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


def _equal_anywhere(django: Mapping[int, Hashable], edge: Mapping[int, Hashable]) -> list[Pair]:
    """Pair equal keys at any indexes, given by index in ascending order."""
    waiting: defaultdict[Hashable, list[int]] = defaultdict(list)
    for place in reversed(list(edge)):
        waiting[edge[place]].append(place)
    pairs = []
    for place, key in django.items():
        alike = waiting.get(key)
        if alike:
            pairs.append((place, alike.pop()))
    return pairs


def _by_fields(
    django_left: list[int], edge_left: list[int], read_fields: Callable[[bool, int], Fields | None]
) -> list[Pair]:
    """Pair objects by the fields that identify them best.

    A field identifies an object when its values occur on both sides: a random id occurs on one, a
    price that is wrong once on both but for that once. The weakest fields are dropped by turns.
    """
    if max(len(django_left), len(edge_left)) > _MOST_COMPARED_BY_FIELDS:
        return []
    django_fields = {
        place: fields for place in django_left if (fields := read_fields(False, place))
    }
    edge_fields = {place: fields for place in edge_left if (fields := read_fields(True, place))}
    telling = _most_telling_first(list(django_fields.values()), list(edge_fields.values()))
    fewer_each_round = max(1, -(-len(telling) // _MOST_ROUNDS_BY_FIELDS))
    pairs: list[Pair] = []
    while telling and django_fields and edge_fields:
        found = _equal_anywhere(
            {place: _chosen(fields, telling) for place, fields in django_fields.items()},
            {place: _chosen(fields, telling) for place, fields in edge_fields.items()},
        )
        for place, other in found:
            del django_fields[place], edge_fields[other]
        pairs += found
        del telling[-fewer_each_round:]
    return pairs


def _chosen(fields: Fields, names: list[str]) -> Hashable:
    return tuple(fields.get(name) for name in names)


def _most_telling_first(django_left: list[Fields], edge_left: list[Fields]) -> list[str]:
    found: dict[str, Counter[Hashable]] = defaultdict(Counter)
    in_common: Counter[str] = Counter()
    for fields in django_left:
        for name, key in fields.items():
            found[name][key] += 1
    for fields in edge_left:
        for name, key in fields.items():
            if found[name][key] > 0:
                found[name][key] -= 1
                in_common[name] += 1
    return [name for name, _ in in_common.most_common()]


def _between_neighbours(
    pairs: list[Pair], django_left: list[int], edge_left: list[int]
) -> list[Pair]:
    alignment = Alignment(tuple(pairs), (), ())
    if not alignment.is_in_order:
        return list(zip(django_left, edge_left, strict=False))
    gaps: defaultdict[int, list[int]] = defaultdict(list)
    edge_before = [edge_left for _, edge_left in pairs]
    for place in reversed(edge_left):
        gaps[bisect(edge_before, place)].append(place)
    django_before = [django_left for django_left, _ in pairs]
    found = []
    for place in django_left:
        gap = gaps.get(bisect(django_before, place))
        if gap:
            found.append((place, gap.pop()))
    return found
