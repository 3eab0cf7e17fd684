"""Why departures are closed to sale, in words for the pages of staff."""

from collections import Counter
from collections.abc import Sequence

from core_site.blackouts.models import Blackout
from core_site.catalog.models import Departure
from core_site.disruptions.disrupted import CLOSED_BY, STANDING


def name_closings(departures: Sequence[Departure]) -> dict[int, str]:
    """Return why each closed departure is closed, by its id, with two queries at most."""
    closed = [departure for departure in departures if not departure.is_open]
    blackout_ids = {departure.blackout_id for departure in closed if departure.blackout_id}
    reasons = dict(Blackout.objects.filter(pk__in=blackout_ids).values_list("pk", "reason"))
    disrupted = STANDING.filter(departure__in=[row.pk for row in closed])
    # The last disruption of each.
    kinds = dict(disrupted.order_by("id").values_list("departure_id", "disruption__kind"))
    return {row.pk: _name(row, reasons, kinds) for row in closed}


def count_closings(departures: Sequence[Departure]) -> str:
    """Return the reason of a departure, or those of several with how often: ``2 cancelled, …``."""
    counted = Counter(name_closings(departures).values())
    if len(departures) == 1:
        return "".join(counted)
    return ", ".join(f"{count:,} {reason}" for reason, count in counted.most_common())


def _name(departure: Departure, reasons: dict[int, str], kinds: dict[int, str]) -> str:
    if departure.blackout_id is not None:
        return f"blackout: {reasons.get(departure.blackout_id, '')}"
    if departure.pk in kinds:
        return CLOSED_BY[kinds[departure.pk]]
    return "closed by staff" if departure.closed_by_staff else "closed by its schedule"
