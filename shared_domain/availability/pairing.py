"""Which old start time became which new one: in order of time, the nearest ones."""

from functools import lru_cache


@lru_cache(maxsize=4096)
def match_in_order(old: tuple[int, ...], new: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Return positions of pairs of an old and a new time, both given ascending in one unit.

    As many are paired as there are in the shorter list, and no two pairs cross: an earlier start
    never becomes a later one than its successor. Of all such pairings it is the one with the
    smallest sum of distances: of 10:00 and 16:00, it is 16:00 that becomes 16:30.
    """
    if len(old) > len(new):
        return tuple((position, partner) for partner, position in match_in_order(new, old))
    # distance[i][j]: the best way to pair the first i old times with some of the first j new ones.
    unreachable = float("inf")
    distance = [[0.0] * (len(new) + 1)]
    for i, time in enumerate(old):
        row = [unreachable]
        for j, other in enumerate(new):
            row.append(min(row[j], distance[i][j] + abs(time - other)))
        distance.append(row)
    pairs = []
    j = len(new)
    for i in range(len(old), 0, -1):
        while distance[i][j] == distance[i][j - 1]:
            j -= 1
        j -= 1
        pairs.append((i - 1, j))
    return tuple(reversed(pairs))
