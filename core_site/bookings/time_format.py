"""Travel times on printed tickets, in the product's time zone, with its name."""

from collections.abc import Iterable

from shared_domain import availability
from shared_domain.availability import Departure, OpeningPeriod
from shared_domain.catalog import Product

_DAY = "%A, %d %B %Y"


def format_start(departure: Departure, product: Product) -> str:
    """Return ``Tuesday, 14 July 2026, 09:30 (Europe/Lisbon)``, or the day with its hours."""
    if departure.opening_hours:
        return f"{_day_in_words(departure)} ({product.zone})"
    start = availability.local_start(departure, product.zone)
    return f"{start:{_DAY}, %H:%M} ({product.zone})"


def _day_in_words(timed: Departure) -> str:
    hours = ", ".join(_periods_in_words(timed.opening_hours))
    return f"{timed.local_date:{_DAY}}, open {hours}"


def _periods_in_words(periods: Iterable[OpeningPeriod]) -> Iterable[str]:
    for period in periods:
        ending = " on the next day" if period.passes_midnight else ""
        yield f"{period.opens} to {period.closes}{ending}"
