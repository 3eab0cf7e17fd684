"""Local dates of products: which day it is in each product's time zone.

Python computes the dates, and PostgreSQL only compares them: it has time-zone rules of its own, and
refuses a whole statement because of one zone that it does not have.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import F, Q, QuerySet, Subquery, Value

from core_site.catalog.models import Departure, Product
from shared_domain.time_zones import zone

#: The clocks of the world are at most this far from UTC.
FARTHEST_CLOCK = timedelta(hours=14)

ONE_DAY = timedelta(days=1)


def supplier_zone(time_zones: Iterable[str] | None = None) -> str:
    """Return the time zone of the supplier: that of most of these products.

    Without ``time_zones``, of all products; UTC where there is none.
    """
    if time_zones is None:
        time_zones = Product.objects.order_by().values_list("time_zone", flat=True)
    common = Counter(time_zones).most_common(1)
    return common[0][0] if common else "UTC"


def supplier_today(now: datetime, time_zones: Iterable[str] | None = None) -> date:
    """Return the date in the supplier's time zone, see :func:`supplier_zone`."""
    return now.astimezone(zone(supplier_zone(time_zones))).date()


def filter_unended(departures: QuerySet[Departure], *, at: datetime) -> QuerySet[Departure]:
    """Return the departures that end after a moment, without reading all that are past."""
    # The second condition follows from the first, for the index by start: a list in its order
    # begins where the longest departure may still run, instead of with all that are past.
    length = F("ends_at") - F("starts_at")
    longest = Departure.objects.order_by(length.desc()).values_list(length)[:1]
    return departures.filter(ends_at__gt=at, starts_at__gt=Value(at) - Subquery(longest))


@dataclass(frozen=True, slots=True)
class LocalToday:
    """The local dates of products at one moment, by time zone: at most three dates.

    ``elsewhere`` holds the zones with another date than UTC, by date. Every other product has the
    date in UTC, also one whose time zone is not in ``tzdata``.
    """

    now: datetime
    utc: date
    elsewhere: dict[date, tuple[str, ...]]

    @classmethod
    def at(cls, now: datetime) -> "LocalToday":
        """Read the time zones of all products, and compute the date in each of them."""
        utc = now.astimezone(UTC).date()
        zones: dict[date, list[str]] = defaultdict(list)
        for name in Product.objects.order_by().values_list("time_zone", flat=True).distinct():
            zones[now.astimezone(zone(name)).date()].append(name)
        zones.pop(utc, None)
        return cls(now, utc, {day: tuple(names) for day, names in sorted(zones.items())})

    def local_dates(self, *, ahead: int) -> list[date]:
        """Return the products' local dates ``ahead`` days from today, sorted."""
        return sorted(day + ahead * ONE_DAY for day in {self.utc, *self.elsewhere})

    def filter_departures(
        self, departures: QuerySet[Departure], *, ahead: int
    ) -> QuerySet[Departure]:
        """Return the departures of the local day ``ahead`` days from today."""
        # The second condition is there for the index by date.
        return departures.filter(
            self._each(lambda today: Q(local_date=today + ahead * ONE_DAY)),
            local_date__in=self.local_dates(ahead=ahead),
        )

    def today_and_later(self, departures: QuerySet[Departure]) -> QuerySet[Departure]:
        """Return the departures of today and later, and earlier ones that have not ended."""
        return filter_unended(departures, at=self.now - FARTHEST_CLOCK - ONE_DAY).filter(
            self._each(lambda today: Q(local_date__gte=today)) | Q(ends_at__gt=self.now)
        )

    def _each(self, condition: Callable[[date], Q]) -> Q:
        """Return the condition applied to the local date of each departure's time zone."""
        named = Q(option__product__time_zone__in=[z for zs in self.elsewhere.values() for z in zs])
        either = ~named & condition(self.utc)
        for today, zones in self.elsewhere.items():
            either |= Q(option__product__time_zone__in=zones) & condition(today)
        return either
