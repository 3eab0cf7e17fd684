"""The departures of some days in order of time, with guests, boats and weather, by nine queries.

A page shows a limited number: a week the first departures of each day, a day one page of them.
Guests are counted over all departures.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, Func, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Now

from core_site.admin_kit.viewer_zone import with_zone
from core_site.bookings.models import Booking, UnitItem
from core_site.catalog import validation
from core_site.catalog.departure_states import DepartureState, add_seats, find_limit, with_states
from core_site.catalog.models import Departure
from core_site.resources.models import Assignment
from core_site.weather.of_departures import WeatherLine, load_weather

#: Departures of which guests are counted; of more, staff choose a product, a place or a day.
MOST_COUNTED = 1_500

#: Departures that a week shows of each day; a link leads to the others.
SHOWN_IN_A_WEEK = 40

#: Departures on one page of a day.
SHOWN_OF_A_DAY = 100

ONE_DAY = timedelta(days=1)

#: No guest is checked in for a departure further ahead.
CHECK_IN_AHEAD = timedelta(days=2)


@dataclass(frozen=True)
class CalendarEntry:
    """A departure in the calendar, with its guests, resources and weather."""

    row: Any
    guests: int
    checked_in: int
    resources: tuple[str, ...] = ()
    weather: WeatherLine | None = None

    @property
    def capacity(self) -> int | None:
        """The places for sale: the departure's limit, or that of its boats where it is lower."""
        return find_limit(self.row)

    @property
    def state(self) -> str:
        return str(self.row.state_now)

    @property
    def times(self) -> str:
        """The time on the wall clock of the place, or a line for each of its opening hours.

        The zone follows unless it is the viewer's.
        """
        hours = (
            "\n".join(validation.format_periods(self.row.opening_hours))
            if self.row.start_time is None
            else f"{self.row.start_time:%H:%M}"
        )
        return with_zone(hours, self.row.option.product.time_zone)

    @property
    def departure(self) -> int:
        return int(self.row.pk)

    @property
    def schedule(self) -> int | None:
        """The id of the schedule that planned the departure; None where there is none to change."""
        schedule: int | None = self.row.schedule_id
        return schedule

    @property
    def conditions(self) -> frozenset[str]:
        """The names of the conditions that hold, by which ``actions.py`` selects actions."""
        holds = {
            "ahead": not self.is_over,
            "open": self.row.is_open,
            "closed": not self.row.is_open,
            "guests": self.guests > 0,
            "scheduled": self.schedule is not None,
        }
        return frozenset(name for name, is_true in holds.items() if is_true)

    @property
    def condition_names(self) -> str:
        return " ".join(sorted(self.conditions))

    @property
    def load(self) -> str:
        if self.capacity is None:
            return f"{self.row.taken:,}"
        return f"{self.row.taken:,}/{self.capacity:,}"

    @property
    def percent(self) -> int:
        if self.capacity is None:
            return 0
        return min(100, round(100 * self.row.taken / self.capacity)) if self.capacity else 100

    @property
    def look(self) -> str:
        """The state as a CSS class."""
        return self.state.replace(" ", "-")

    @property
    def is_over(self) -> bool:
        return bool(self.row.state_now == DepartureState.PAST.value)


@dataclass(frozen=True)
class DayOfDepartures:
    """One local date with the departures that are shown of it.

    ``guests`` are of confirmed bookings and, like ``departures``, counted over the whole day.
    """

    day: date
    entries: tuple[CalendarEntry, ...]
    departures: int
    guests: int

    @property
    def not_shown(self) -> int:
        return self.departures - len(self.entries)


@dataclass(frozen=True)
class Calendar:
    """The days asked for, and whether there were more departures than it counts.

    ``page`` of ``pages`` are parts of a single day; a week has one.
    """

    days: tuple[DayOfDepartures, ...]
    is_cut: bool
    page: int = 1
    pages: int = 1


@dataclass(frozen=True, slots=True)
class _Found:
    """A departure of the days asked for, before it is known whether the page shows it."""

    pk: int
    day: date
    ends_at: datetime


def load_calendar(
    first: date,
    days: int,
    *,
    product: int | None,
    place: str,
    with_guests: bool,
    now: datetime,
    page: int = 1,
) -> Calendar:
    """Return the departures of ``days`` days; of a single day those of one ``page``.

    A page that does not exist is the nearest that does.
    """
    last = first + (days - 1) * ONE_DAY
    found = _find(first, last, product=product, place=place)
    counted = found[:MOST_COUNTED]
    by_day: dict[date, list[_Found]] = defaultdict(list)
    for departure in counted:
        by_day[departure.day].append(departure)
    pages = 1
    if days == 1:
        pages = max(1, -(-len(counted) // SHOWN_OF_A_DAY))
        page = min(max(page, 1), pages)
        shown = counted[(page - 1) * SHOWN_OF_A_DAY : page * SHOWN_OF_A_DAY]
    else:
        shown = [row for rows in by_day.values() for row in choose_shown(rows, now=now)]
    guests = count_guests([row.pk for row in counted]) if with_guests else {}
    entries = _load_entries([row.pk for row in shown], guests, now=now)
    return Calendar(
        days=tuple(
            DayOfDepartures(
                day,
                # A departure without guests may be deleted between the two queries.
                entries=tuple(
                    entries[row.pk] for row in shown if row.day == day and row.pk in entries
                ),
                departures=len(by_day[day]),
                guests=sum(guests.get(row.pk, (0, 0))[0] for row in by_day[day]),
            )
            for day in (first + offset * ONE_DAY for offset in range(days))
        ),
        is_cut=len(found) > MOST_COUNTED,
        page=page if days == 1 else 1,
        pages=pages,
    )


def choose_shown(departures: Sequence[_Found], *, now: datetime) -> list[_Found]:
    """Return what a week shows of a day: the next to leave, then the last that are over."""
    if len(departures) <= SHOWN_IN_A_WEEK:
        return list(departures)
    ahead = [row for row in departures if row.ends_at > now][:SHOWN_IN_A_WEEK]
    over = [row for row in departures if row.ends_at <= now]
    chosen = {row.pk for row in ahead + over[len(over) - (SHOWN_IN_A_WEEK - len(ahead)) :]}
    return [row for row in departures if row.pk in chosen]


def _find(first: date, last: date, *, product: int | None, place: str) -> list[_Found]:
    """Return the departures in the order of the page, at most one more than are counted."""
    rows: QuerySet[Departure] = Departure.objects.filter(local_date__range=(first, last))
    if product is not None:
        rows = rows.filter(option__product=product)
    if place:
        rows = rows.filter(option__product__place=place)
    ordered = rows.order_by("local_date", F("start_time").asc(nulls_first=True), "id")
    return [
        _Found(*row)
        for row in ordered.values_list("pk", "local_date", "ends_at")[: MOST_COUNTED + 1]
    ]


def _load_entries(
    departures: list[int], guests: Mapping[int, tuple[int, int]], *, now: datetime
) -> dict[int, CalendarEntry]:
    rows = Departure.objects.filter(pk__in=departures).select_related("option__product")
    shown = list(with_states(rows, now=now))
    names = name_resources(departures)
    add_seats(shown, now=now)
    forecasts = load_weather(shown, now=now)
    return {
        row.pk: CalendarEntry(
            row,
            *guests.get(row.pk, (0, 0)),
            resources=names.get(row.pk, ()),
            weather=forecasts.get(row.pk),
        )
        for row in shown
    }


def count_guests(departures: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return the confirmed guests of each departure, and those checked in, by its id.

    Both are people, of whom a family's ticket admits several. Who is checked in is counted only for
    departures that start within ``CHECK_IN_AHEAD``, departure by departure, since a join of all
    tickets of a week would be slow.
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
            redeemed_at__isnull=False,
        )
        .order_by()
        .annotate(people=Func(F("unit__pax_count"), function="sum"))
        .values("people")
    )
    near = Departure.objects.filter(pk__in=departures, starts_at__lte=Now() + CHECK_IN_AHEAD)
    checked_in = dict(near.order_by().values_list("pk").annotate(used=Subquery(used)))
    return {pk: (guests.get(pk, 0), checked_in.get(pk) or 0) for pk in departures}


def name_resources(departures: list[int]) -> dict[int, tuple[str, ...]]:
    """Return the names of each departure's resources: guides, boats, vehicles and equipment."""
    named: dict[int, tuple[str, ...]] = defaultdict(tuple)
    assigned = Assignment.objects.filter(departure__in=departures)
    for departure, name in assigned.order_by("resource__kind", "resource__name").values_list(
        "departure", "resource__name"
    ):
        named[departure] += (name,)
    return named
