"""Conflicts of resources, as sentences: in two places at once, or more guests than seats."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest

from core_site.catalog.departure_states import add_seats, with_states
from core_site.catalog.models import Departure
from shared_domain.quantities import format_quantity
from shared_domain.resources import Clash

#: Conflicts of one kind that a page names.
MOST_SHOWN = 10


def describe_clashes(clashes: Sequence[Clash]) -> list[str]:
    """Return a sentence for each resource that is on two departures at the same time."""
    shown = clashes[:MOST_SHOWN]
    ids = {pk for clash in shown for pk in (clash.departure_id, clash.other_id)}
    departures = Departure.objects.select_related("option__product").in_bulk(ids) if ids else {}
    said = []
    for clash in shown:
        one, other = departures[clash.departure_id], departures[clash.other_id]
        what = (
            "is in two places at once"
            if clash.places is None
            else f"shares its {format_quantity(clash.places, 'place')} at the same time"
        )
        said.append(f"{clash.resource_name} {what}: {one}; {other}.")
    return said + list(_count_more(clashes))


def describe_overbooked(departures: QuerySet[Departure], *, now: datetime) -> list[str]:
    """Return a sentence for each departure ahead with more places taken than its boats have."""
    rows: list[Any] = list(
        with_states(departures, now=now)
        .filter(has_resources=True, ends_at__gt=now, reserved__gt=0)
        .select_related("option__product")
        .order_by("starts_at", "id")
    )
    add_seats(rows, now=now)
    overbooked = [row for row in rows if row.seats is not None and row.taken > row.seats]
    said = [
        f"{row}: {format_quantity(row.taken, 'place')} taken, and {row.seats:,} on its boats. "
        "Give it another boat, or move guests."
        for row in overbooked[:MOST_SHOWN]
    ]
    return said + list(_count_more(overbooked))


def warn_of_conflicts(
    request: HttpRequest, departures: Collection[Departure], clashes: Sequence[Clash], now: datetime
) -> None:
    """Warn of each clash, and of each departure whose boats have too few seats by now.

    Departures that share a boat with those that were changed are looked at as well.
    """
    concerned = {departure.pk for departure in departures} | {
        clash.other_id for clash in clashes if clash.places is not None
    }
    overbooked = describe_overbooked(Departure.objects.filter(pk__in=concerned), now=now)
    for sentence in (*describe_clashes(clashes), *overbooked):
        messages.warning(request, sentence)


def _count_more(conflicts: Sequence[object]) -> Iterator[str]:
    if len(conflicts) > MOST_SHOWN:
        yield f"And {len(conflicts) - MOST_SHOWN:,} more of these."
