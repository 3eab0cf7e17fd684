"""Which day it is where a product happens: each has its own clock."""

from datetime import datetime, timedelta

from django.db.models import DateField, F, Func, QuerySet, Value
from django.db.models.functions import Cast

from core_site.catalog.models import Departure

#: The clocks of the world are at most this far from UTC.
FARTHEST_CLOCK = timedelta(hours=14)


def with_local_today(departures: QuerySet[Departure], *, now: datetime) -> QuerySet[Departure]:
    """Add ``local_today``, the date on the clock of the departure's product."""
    local_now = Func(F("option__product__time_zone"), Value(now), function="timezone")
    return departures.annotate(local_today=Cast(local_now, DateField()))


def today_and_later(departures: QuerySet[Departure], *, now: datetime) -> QuerySet[Departure]:
    """Return those whose day has not ended yet, by their own clocks."""
    # The first condition is there for the index by time.
    return with_local_today(departures, now=now).filter(
        starts_at__gt=now - FARTHEST_CLOCK - timedelta(days=1), local_date__gte=F("local_today")
    )
