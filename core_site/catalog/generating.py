"""Bring an option's departures into line with its schedules, in the caller's transaction."""

from datetime import datetime

from core_site import stores
from core_site.catalog.models import Option
from shared_domain import availability
from shared_domain.catalog import OptionId
from shared_domain.run_now import run_now
from shared_domain.time_zones import zone


def generate_departures(option: Option, *, now: datetime) -> int:
    """Return how many departures changed; a second run changes none.

    Days begin by the clock of the product.
    """
    today = now.astimezone(zone(option.product.time_zone)).date()
    return run_now(
        availability.generate_departures(
            OptionId(option.pk), today=today, now=now, store=stores.availability()
        )
    )
