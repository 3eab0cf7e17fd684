"""Local dates of products: which day it is in each product's time zone.

The days are worked out here, in Python, and PostgreSQL only compares dates. It has time-zone rules
of its own, and refuses a whole statement over a single zone that it does not know.
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
    """Return the date by the clock of the supplier, see :func:`supplier_zone`."""
    return now.astimezone(zone(supplier_zone(time_zones))).date()


@dataclass(frozen=True, slots=True)
class LocalToday:
    """The dates that the products' clocks show at one moment: two or three, worldwide.

    ``elsewhere`` holds the zones in which it is another date than in UTC. Every other product
    goes by the date in UTC, also one that has no time zone which ``tzdata`` knows.
    """

    now: datetime
    utc: date
    elsewhere: dict[date, tuple[str, ...]]

    @classmethod
    def at(cls, now: datetime) -> "LocalToday":
        """Read the time zones of the products and look at each clock once."""
        utc = now.astimezone(UTC).date()
        zones: dict[date, list[str]] = defaultdict(list)
        for name in Product.objects.order_by().values_list("time_zone", flat=True).distinct():
            zones[now.astimezone(zone(name)).date()].append(name)
        zones.pop(utc, None)
        return cls(now, utc, {day: tuple(names) for day, names in sorted(zones.items())})

    def local_dates(self, *, ahead: int) -> list[date]:
        """Return what the clocks call today (``ahead`` 0) or the day so many days later."""
        return sorted(day + ahead * ONE_DAY for day in {self.utc, *self.elsewhere})

    def filter_departures(
        self, departures: QuerySet[Departure], *, ahead: int
    ) -> QuerySet[Departure]:
        """Return the departures of today (``ahead`` 0) or of the day so many days later."""
        # The second condition is there for the index by date.
        return departures.filter(
            self._each(lambda today: Q(local_date=today + ahead * ONE_DAY)),
            local_date__in=self.local_dates(ahead=ahead),
        )

    def today_and_later(self, departures: QuerySet[Departure]) -> QuerySet[Departure]:
        """Return the departures of today and of later days, and earlier ones that still run."""
        # The last conditions follow from the others, for the index by start: a list in its order
        # begins where the longest departure may still run, instead of with all that are past.
        earliest_end = self.now - FARTHEST_CLOCK - ONE_DAY
        length = F("ends_at") - F("starts_at")
        longest = Departure.objects.order_by(length.desc()).values_list(length)[:1]
        return departures.filter(
            self._each(lambda today: Q(local_date__gte=today)) | Q(ends_at__gt=self.now),
            ends_at__gt=earliest_end,
            starts_at__gt=Value(earliest_end) - Subquery(longest),
        )

    def _each(self, condition: Callable[[date], Q]) -> Q:
        """Return the condition with the date of each departure's own clock."""
        named = Q(option__product__time_zone__in=[z for zs in self.elsewhere.values() for z in zs])
        either = ~named & condition(self.utc)
        for today, zones in self.elsewhere.items():
            either |= Q(option__product__time_zone__in=zones) & condition(today)
        return either
