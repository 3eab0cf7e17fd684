"""The smallest party that an option can be booked for: an available slot has room for it."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from shared_domain.availability.party import Party
from shared_domain.catalog import MAX_TICKETS, Option, Unit

#: How many selections of units are tried. Real options need a few dozen; where one has dozens of
#: units that all limit one another, the smallest party found by then counts. It is a legal one,
#: so the slot is never shown as available when it is not.
MAX_STEPS = 20_000

#: How many tickets of each unit, by its code.
Quantities = tuple[tuple[str, int], ...]


class _Kind(NamedTuple):
    """The parts of a unit that the search needs, as a value that is hashed quickly."""

    places: int
    least: int
    most: int
    code: str
    companions: tuple[str, ...]


def smallest_party(
    option: Option, sellable: Iterable[Unit], *, max_tickets: int | None
) -> Party | None:
    """Return the party of ``sellable`` units that takes the fewest places, within every limit.

    None when no party keeps the limits: fewer tickets allowed than required, say, or a child
    whose adult is not for sale.
    """
    most = MAX_TICKETS if max_tickets is None else min(max_tickets, MAX_TICKETS)
    units = {unit.code: unit for unit in sellable}
    kinds = tuple(
        _Kind(
            places=unit.pax_count,
            least=max(1, unit.min_quantity or 1),
            most=most if unit.max_quantity is None else min(unit.max_quantity, most),
            code=unit.code,
            companions=unit.accompanied_by,
        )
        for unit in units.values()
    )
    found = _fewest_places(kinds, option.min_units, most)
    if found is None:
        return None
    return Party(tuple((units[code], quantity) for code, quantity in found))


@lru_cache(maxsize=4096)
def _fewest_places(kinds: tuple[_Kind, ...], least: int, most: int) -> Quantities | None:
    """Search the selections of units depth first, and leave out what cannot beat the best one."""
    # The fewest places are decided last and so selected first: one unit alone is often the best.
    possible = sorted((kind for kind in kinds if kind.least <= kind.most), reverse=True)
    if not possible or least > most:
        return None
    fewest_per_ticket = possible[-1].places
    best: Quantities | None = None
    best_places = 0
    # Each open branch: the units decided, those selected, and the tickets and places they need.
    branches: list[tuple[int, tuple[_Kind, ...], int, int]] = [(0, (), 0, 0)]
    for _ in range(MAX_STEPS):
        if not branches:
            break
        decided, selected, tickets, places = branches.pop()
        at_least = places + max(0, least - tickets) * fewest_per_ticket
        if tickets > most or (best is not None and at_least >= best_places):
            continue
        if decided == len(possible):
            filled = _filled_up(selected, least - tickets)
            if filled and _is_accompanied(selected):
                filled_places = sum(kind.places * quantity for kind, quantity in filled)
                if best is None or filled_places < best_places:
                    best = tuple((kind.code, quantity) for kind, quantity in filled)
                    best_places = filled_places
            continue
        kind = possible[decided]
        more_places = places + kind.least * kind.places
        branches.append((decided + 1, (*selected, kind), tickets + kind.least, more_places))
        branches.append((decided + 1, selected, tickets, places))
    return best


def _filled_up(selected: tuple[_Kind, ...], missing: int) -> list[tuple[_Kind, int]]:
    """Return the fewest tickets of each kind, and ``missing`` more of those that take the least.

    Nothing when the kinds have not as many.
    """
    filled = []
    for kind in reversed(selected):
        more = max(0, min(missing, kind.most - kind.least))
        missing -= more
        filled.append((kind, kind.least + more))
    return [] if missing > 0 else filled


def _is_accompanied(selected: tuple[_Kind, ...]) -> bool:
    codes = {kind.code for kind in selected}
    return all(not kind.companions or not codes.isdisjoint(kind.companions) for kind in selected)
