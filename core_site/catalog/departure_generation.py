"""Generate an option's departures from its schedules, in the caller's transaction."""

from datetime import datetime

from core_site import stores
from core_site.catalog.models import Option
from shared_domain import availability
from shared_domain.availability import DepartureChanges, WithGuests
from shared_domain.catalog import OptionId
from shared_domain.quantities import format_quantity
from shared_domain.run_now import run_now


def generate_departures(
    option: Option, *, now: datetime, with_guests: WithGuests = WithGuests.UNASKED
) -> DepartureChanges:
    """Add, change and remove departures as the schedules require, and return the changes.

    It is idempotent: a second run changes nothing.
    """
    return run_now(
        availability.generate_departures(
            OptionId(option.pk), with_guests=with_guests, now=now, store=stores.availability()
        )
    )


def summary(changes: DepartureChanges) -> str:
    """Return the changes as one line: ``3 added, 2 moved (1 of them with 4 guests)``."""
    parts = []
    for name in ("added", "moved", "retimed", "kept", "closed", "removed", "reopened", "changed"):
        found = getattr(changes, name)
        booked = [change for change in found if change.bookings]
        if booked:
            guests = format_quantity(sum(change.guests for change in booked), "guest")
            parts.append(f"{len(found)} {name} ({len(booked)} of them with {guests})")
        elif found:
            parts.append(f"{len(found)} {name}")
    return ", ".join(parts) or "no departure changed"
