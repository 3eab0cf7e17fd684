"""Travel times in mails to guests, in the product's time zone, which is named."""

from collections.abc import Iterable
from datetime import datetime

from shared_domain import availability
from shared_domain.availability import Departure, DepartureTimes, OpeningPeriod
from shared_domain.catalog import Product

_DAY = "%A, %d %B %Y"


def format_start(departure: Departure, product: Product) -> str:
    """Return ``Tuesday, 14 July 2026, 09:30 (Europe/Lisbon)``, or the day with its hours."""
    if departure.opening_hours:
        return f"{_day_in_words(departure)} ({product.zone})"
    start = availability.local_start(departure, product.zone)
    return f"{start:{_DAY}, %H:%M} ({product.zone})"


def format_before(before: DepartureTimes, product: Product) -> str:
    """Return the time that a guest was told, by the offset of then."""
    if before.opening_hours:
        return _day_in_words(before)
    return _from_to(before, availability.announced_start(before, product.zone))


def format_after(departure: Departure, product: Product) -> str:
    """Return the present time with its end, its zone and the zone's offset."""
    if departure.opening_hours:
        return format_start(departure, product)
    start = availability.local_start(departure, product.zone)
    return f"{_from_to(departure, start)} ({product.zone})"


def _from_to(timed: Departure | DepartureTimes, start: datetime) -> str:
    lasts = timed.ends_at - timed.starts_at
    end = (start + lasts).strftime("%H:%M")
    offset = start.isoformat()[-6:]
    return f"{start:{_DAY}, %H:%M} to {end}, UTC{offset}"


def _day_in_words(timed: Departure | DepartureTimes) -> str:
    hours = ", ".join(_periods_in_words(timed.opening_hours))
    return f"{timed.local_date:{_DAY}}, open {hours}"


def _periods_in_words(periods: Iterable[OpeningPeriod]) -> Iterable[str]:
    for period in periods:
        ending = " on the next day" if period.passes_midnight else ""
        yield f"{period.opens} to {period.closes}{ending}"
