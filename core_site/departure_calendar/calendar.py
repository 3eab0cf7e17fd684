"""The departures of some days in the order of time, with guests, boats, weather: eight queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, Func, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Now

from core_site import stores
from core_site.bookings.models import Booking, UnitItem
from core_site.catalog import validation
from core_site.catalog.departure_states import DepartureState, as_of
from core_site.catalog.models import Departure
from core_site.resources.models import Assignment
from core_site.weather.of_departures import WeatherLine, load_weather
from shared_domain import resources
from shared_domain.availability import DepartureId
from shared_domain.run_now import run_now

#: Departures on one page; of more, staff choose a product, a place or a day.
MOST_SHOWN = 600

ONE_DAY = timedelta(days=1)

#: No guest is checked in for a departure further ahead.
CHECK_IN_AHEAD = timedelta(days=2)


@dataclass(frozen=True)
class CalendarEntry:
    """A departure in the calendar, with what the staff user needs to know of it at a glance."""

    row: Any
    guests: int
    checked_in: int
    resources: tuple[str, ...] = ()
    #: How many guests its boats take beside those of other departures; None without a limit.
    seats: int | None = None
    weather: WeatherLine | None = None

    @property
    def capacity(self) -> int | None:
        """What can be sold in all: its own limit, or that of its boats where it is lower."""
        limits = (self.row.capacity, self.seats)
        return min((limit for limit in limits if limit is not None), default=None)

    @property
    def state(self) -> str:
        """The state in words; "boat full" where places are left and no seats."""
        is_full = self.seats is not None and self.row.taken >= self.seats
        is_open = self.row.state_now == DepartureState.OPEN.value
        return "boat full" if is_full and is_open else str(self.row.state_now)

    @property
    def times(self) -> tuple[str, ...]:
        """The time on the wall clock, or each of the opening hours of the day."""
        if self.row.start_time is None:
            return tuple(validation.format_periods(self.row.opening_hours))
        return (f"{self.row.start_time:%H:%M}",)

    @property
    def load(self) -> str:
        if self.capacity is None:
            return f"{self.row.taken}"
        return f"{self.row.taken}/{self.capacity}"

    @property
    def percent(self) -> int:
        if self.capacity is None:
            return 0
        return min(100, round(100 * self.row.taken / self.capacity)) if self.capacity else 100

    @property
    def look(self) -> str:
        """The state as a name for the style sheet."""
        return self.state.replace(" ", "-")

    @property
    def is_over(self) -> bool:
        return bool(self.row.state_now == DepartureState.PAST.value)


@dataclass(frozen=True)
class DayOfDepartures:
    """One local date with its departures; ``guests`` are of confirmed bookings."""

    day: date
    entries: tuple[CalendarEntry, ...]

    @property
    def guests(self) -> int:
        return sum(entry.guests for entry in self.entries)


@dataclass(frozen=True)
class Calendar:
    """The days asked for, and whether there were more departures than it shows."""

    days: tuple[DayOfDepartures, ...]
    is_cut: bool


def load_calendar(
    first: date, days: int, *, product: int | None, place: str, with_guests: bool, now: datetime
) -> Calendar:
    """Return the departures of ``days`` days that run or could: open, or with guests."""
    last = first + (days - 1) * ONE_DAY
    rows: QuerySet[Departure] = Departure.objects.filter(local_date__range=(first, last))
    if product is not None:
        rows = rows.filter(option__product=product)
    if place:
        rows = rows.filter(option__product__place=place)
    found = list(
        as_of(rows, now=now)
        .select_related("option__product")
        .order_by("local_date", F("start_time").asc(nulls_first=True), "id")[: MOST_SHOWN + 1]
    )
    shown = found[:MOST_SHOWN]
    guests = count_guests([row.pk for row in shown]) if with_guests else {}
    names = name_resources([row.pk for row in shown])
    seats = _find_seats(shown, now=now)
    foretold = load_weather(shown, now=now)
    by_day: dict[date, list[CalendarEntry]] = defaultdict(list)
    for row in shown:
        counted = guests.get(row.pk, (0, 0))
        by_day[row.local_date].append(
            CalendarEntry(
                row,
                *counted,
                resources=names.get(row.pk, ()),
                seats=seats.get(DepartureId(row.pk)),
                weather=foretold.get(row.pk),
            )
        )
    return Calendar(
        days=tuple(
            DayOfDepartures(day, tuple(by_day[day]))
            for day in (first + offset * ONE_DAY for offset in range(days))
        ),
        is_cut=len(found) > MOST_SHOWN,
    )


def count_guests(departures: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return how many people are confirmed on each departure, and how many tickets are used.

    The places of bookings are in the index of departures; tickets are counted departure by
    departure and only where guests may have come: all tickets of a week are too many to join.
    """
    sold = Booking.objects.filter(status__in=["CONFIRMED", "REDEEMED"], test_mode=False)
    guests = dict(
        sold.filter(departure__in=departures)
        .order_by()
        .values_list("departure")
        .annotate(guests=Sum("places"))
    )
    used = (
        UnitItem.objects.filter(
            booking__departure=OuterRef("pk"),
            booking__status__in=["CONFIRMED", "REDEEMED"],
            booking__test_mode=False,
        )
        .order_by()
        .annotate(used=Func(F("redeemed_at"), function="count"))
        .values("used")
    )
    near = Departure.objects.filter(pk__in=departures, starts_at__lte=Now() + CHECK_IN_AHEAD)
    checked_in = dict(near.order_by().values_list("pk").annotate(used=Subquery(used)))
    return {pk: (guests.get(pk, 0), checked_in.get(pk, 0)) for pk in departures}


def _find_seats(departures: Iterable[Departure], *, now: datetime) -> dict[DepartureId, int]:
    """Return how many guests the boats of each departure take."""
    ids = [DepartureId(row.pk) for row in departures if row.has_resources]
    return run_now(resources.find_seats(ids, now=now, store=stores.resources())) if ids else {}


def name_resources(departures: list[int]) -> dict[int, tuple[str, ...]]:
    """Return the guides, boats and equipment of each departure by name."""
    named: dict[int, tuple[str, ...]] = defaultdict(tuple)
    assigned = Assignment.objects.filter(departure__in=departures)
    for departure, name in assigned.order_by("resource__kind", "resource__name").values_list(
        "departure", "resource__name"
    ):
        named[departure] += (name,)
    return named
