"""Times as staff read them: on the clock of the place where it happens, whose zone is named."""

from datetime import datetime

from core_site.catalog import validation
from core_site.catalog.models import Departure
from shared_domain.time_zones import zone


def moment_in_words(moment: datetime, zone_name: str) -> str:
    """Return ``2026-12-24 15:30 Europe/Lisbon``."""
    clock = zone(zone_name)
    shown = f"{moment.astimezone(clock):%Y-%m-%d %H:%M} {clock.key}"
    return shown if clock.key == zone_name else f"{shown} (no time zone: {zone_name!r})"


def start_in_words(departure: Departure, zone_name: str) -> str:
    """Return ``2026-12-24 15:30 Europe/Lisbon``, or the day with its opening hours."""
    if departure.opening_hours:
        hours = ", ".join(validation.periods_in_words(departure.opening_hours))
        return f"{departure.local_date} {hours} {zone_name}"
    return f"{departure.local_start} {zone_name}"
