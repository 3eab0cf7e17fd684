"""Format times for staff: in the product's time zone, with its name.

The notation is ISO 8601, as in all of the admin (``core_site/config/formats``). The zone is left
out when it is the viewer's own (``core_site/admin_kit/viewer_zone.py``). Messages to guests use the
formats of the guest's locale (``core_site/messages/letters/formats.py``).
"""

from datetime import datetime

from core_site.admin_kit.viewer_zone import with_zone
from core_site.catalog import validation
from core_site.catalog.models import Departure
from shared_domain import availability
from shared_domain.time_zones import zone


def format_moment(moment: datetime, zone_name: str) -> str:
    """Return ``2026-12-24 15:30 Europe/Lisbon``."""
    clock = zone(zone_name)
    shown = with_zone(f"{moment.astimezone(clock):%Y-%m-%d %H:%M}", clock.key)
    return shown if clock.key == zone_name else f"{shown} (no time zone: {zone_name!r})"


def format_start(departure: Departure, zone_name: str) -> str:
    """Return ``2026-12-24 15:30 Europe/Lisbon``, or the day with its opening hours."""
    if departure.opening_hours:
        hours = ", ".join(validation.format_periods(departure.opening_hours))
        return with_zone(f"{departure.local_date} {hours}", zone_name)
    return with_zone(format_wall_clock(departure, zone_name), zone_name)


def format_wall_clock(departure: availability.TimedDeparture, zone_name: str) -> str:
    """Return ``2026-12-24 15:30``, with ``first time`` or ``second time`` in a repeated hour."""
    start = availability.local_start(departure, zone(zone_name))
    shown = f"{start:%Y-%m-%d %H:%M}"
    if start.replace(fold=0).utcoffset() == start.replace(fold=1).utcoffset():
        return shown
    return f"{shown} ({'second' if start.fold else 'first'} time)"
