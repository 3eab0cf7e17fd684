"""The departures of Today: the load of today and tomorrow, and the next departures."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.timesince import timeuntil

from core_site.bookings.models import Booking
from core_site.catalog.departure_states import (
    RUNS,
    STATE_COLOURS,
    DepartureState,
    add_seats,
    find_limit,
    with_states,
)
from core_site.catalog.local_days import LocalToday
from core_site.catalog.models import Departure
from core_site.catalog.time_format import format_start
from core_site.departure_calendar.calendar import count_guests, name_resources

#: Departures listed by name; the rest is a click away.
NEXT_SHOWN = 8

#: Guests are the people of bookings that stand for good; holds only keep places.
_STANDS = Q(status__in=["CONFIRMED", "REDEEMED"], test_mode=False)


@dataclass(frozen=True, kw_only=True)
class DayLoad:
    """The number of departures of a day, and of their places, taken places and guests.

    ``dates`` has several dates if products are in different time zones. ``limited`` counts the
    taken places of departures that have a capacity. ``guests`` is None without the permission to
    see bookings.
    """

    title: str
    dates: tuple[date, ...]
    departures: int
    taken: int
    limited: int
    capacity: int
    guests: int | None
    link: str

    @property
    def percent(self) -> int:
        return round(100 * self.limited / self.capacity) if self.capacity else 0

    @property
    def without_limit(self) -> int:
        return self.taken - self.limited


@dataclass(frozen=True, kw_only=True)
class NextDeparture:
    """One of the next departures with places taken, by guests or by holds."""

    row: Any
    date: str
    #: With the zone, where it is not the viewer's.
    time: str
    starts_in: str
    guests: int | None
    resources: tuple[str, ...]

    @property
    def limit(self) -> int | None:
        return find_limit(self.row)

    @property
    def colour(self) -> str:
        return STATE_COLOURS[DepartureState(self.row.state_now)]


def load_days(request: HttpRequest, local_today: LocalToday) -> list[DayLoad]:
    """Return the load of today and of tomorrow, in the time zone of each product."""
    with_guests = request.user.has_perm("bookings.view_booking")
    return [
        _load_day(title, local_today, ahead=ahead, with_guests=with_guests)
        for ahead, title in enumerate(("Today", "Tomorrow"))
    ]


def load_next(request: HttpRequest, local_today: LocalToday) -> list[NextDeparture]:
    """Return the next departures with places taken; days of opening hours until they close."""
    now = local_today.now
    rows = list(_find_next(local_today))
    add_seats(rows, now=now)
    ids = [row.pk for row in rows]
    with_guests = request.user.has_perm("bookings.view_booking")
    guests = count_guests(ids) if with_guests else {}
    may_see_resources = request.user.has_perm("resources.view_resource")
    resources = name_resources(ids) if may_see_resources else {}
    shown = []
    for row in rows:
        day, _, hours = format_start(row, row.option.product.time_zone).partition(" ")
        # A day of opening hours begins at midnight, which tells no guide when to be there.
        ahead = "" if row.opening_hours else _say_ahead(row.starts_at, now)
        shown.append(
            NextDeparture(
                row=row,
                date=day,
                time=hours,
                starts_in=ahead,
                guests=guests.get(row.pk, (0, 0))[0] if with_guests else None,
                resources=resources.get(row.pk, ()),
            )
        )
    return shown


def _say_ahead(starts_at: datetime, now: datetime) -> str:
    """Return how far ahead a start is: ``in 3 hours``, or ``now`` for less than a minute."""
    if starts_at - now < timedelta(minutes=1):
        return "now"
    return f"in {timeuntil(starts_at, now, depth=1)}"


def departures_url(**query: str) -> str:
    return f"{reverse('admin:catalog_departure_changelist')}?{urlencode(query)}"


def _load_day(title: str, local_today: LocalToday, *, ahead: int, with_guests: bool) -> DayLoad:
    departures = with_states(Departure.objects.order_by(), now=local_today.now).filter(RUNS)
    sums = local_today.filter_departures(departures, ahead=ahead).aggregate(
        rows=Count("pk"),
        all_taken=Sum("taken", default=0),
        limited=Sum("taken", filter=Q(capacity__isnull=False), default=0),
        all_capacity=Sum("capacity", default=0),
    )
    return DayLoad(
        title=title,
        dates=tuple(local_today.local_dates(ahead=ahead)),
        departures=sums["rows"],
        taken=sums["all_taken"],
        limited=sums["limited"],
        capacity=sums["all_capacity"],
        guests=_count_guests_of_day(local_today, ahead=ahead) if with_guests else None,
        link=departures_url(time=title.lower(), runs="yes"),
    )


def _count_guests_of_day(local_today: LocalToday, *, ahead: int) -> int:
    of_day = local_today.filter_departures(Departure.objects.order_by(), ahead=ahead)
    booked = Booking.objects.filter(_STANDS, departure__in=of_day.values("pk"))
    return int(booked.aggregate(places=Sum("places", default=0))["places"])


def _find_next(local_today: LocalToday) -> QuerySet[Departure]:
    departures = with_states(Departure.objects.all(), now=local_today.now)
    is_to_come = Q(starts_at__gt=local_today.now) | ~Q(opening_hours=[])
    to_come: QuerySet[Any] = local_today.today_and_later(departures)
    return (
        to_come.filter(is_to_come, taken__gt=0)
        .exclude(state_now=DepartureState.PAST.value)
        .select_related("option__product")
        .order_by("starts_at", "id")[:NEXT_SHOWN]
    )
