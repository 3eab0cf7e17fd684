"""The admin's index page: figures of today, the load of two days, and the next departures."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from core_site.admin_kit.changelist import BoundedPaginator
from core_site.bookings.admin_columns import late_tickets, owed_tickets, with_status
from core_site.bookings.models import Booking
from core_site.catalog.departure_states import RUNS, DepartureState, as_of
from core_site.catalog.local_days import LocalToday
from core_site.catalog.models import Departure
from core_site.catalog.time_format import format_start
from core_site.payments.admin import refunds_due
from core_site.payments.models import Account
from shared_domain.bookings import BookingStatus

#: Departures listed by name; the rest is a click away.
NEXT_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A count of rows, with a note and a link to the list of them."""

    title: str
    counted: BoundedPaginator
    note: str
    link: str
    is_urgent: bool = False

    @property
    def value(self) -> int:
        return self.counted.count


@dataclass(frozen=True, kw_only=True)
class DayLoad:
    """How many departures run on a day, and how many of their places are taken.

    ``dates`` has several dates where products are in different time zones. ``limited`` are the
    places taken on departures that have a capacity.
    """

    title: str
    dates: tuple[date, ...]
    departures: int
    taken: int
    limited: int
    capacity: int
    link: str

    @property
    def percent(self) -> int:
        return round(100 * self.limited / self.capacity) if self.capacity else 0

    @property
    def without_limit(self) -> int:
        return self.taken - self.limited


@dataclass(frozen=True, kw_only=True)
class NextDeparture:
    """One of the next departures that have guests."""

    row: Departure

    @property
    def starts(self) -> str:
        return format_start(self.row, self.row.option.product.time_zone)


def today(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the context of the index page what the staff user may see; Unfold calls it."""
    now = timezone.now()
    context["title"] = "Today"
    if request.user.has_perm("catalog.view_departure"):
        local_today = LocalToday.at(now)
        context["days"] = [
            _day("Today", local_today, ahead=0),
            _day("Tomorrow", local_today, ahead=1),
        ]
        context["next_departures"] = [NextDeparture(row=row) for row in _next(local_today)]
        context["more_departures"] = _departures(time="ahead", places="taken")
    if request.user.has_perm("bookings.view_booking"):
        context["figures"] = _figures(now)
    if request.user.has_perm("payments.view_account"):
        context["figures"] = [*context.get("figures", ()), _refunds_due()]
    return context


def _day(title: str, local_today: LocalToday, *, ahead: int) -> DayLoad:
    departures = as_of(Departure.objects.order_by(), now=local_today.now).filter(RUNS)
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
        link=_departures(time=title.lower(), runs="yes"),
    )


def _next(local_today: LocalToday) -> QuerySet[Departure]:
    """Return the next departures with guests; a day of opening hours counts until it closes."""
    departures = as_of(Departure.objects.all(), now=local_today.now)
    is_to_come = Q(starts_at__gt=local_today.now) | ~Q(opening_hours=[])
    to_come: QuerySet[Any] = local_today.today_and_later(departures)
    return (
        to_come.filter(is_to_come, taken__gt=0)
        .exclude(state_now=DepartureState.PAST.value)
        .select_related("option__product")
        .order_by("starts_at", "id")[:NEXT_SHOWN]
    )


def _figures(now: datetime) -> list[Figure]:
    rows = Booking.objects.all()
    pending = _count_bounded(with_status(rows, BookingStatus.PENDING, now=now))
    holds = _count_bounded(with_status(rows, BookingStatus.ON_HOLD, now=now))
    owed, late = _count_bounded(owed_tickets(rows)), _count_bounded(late_tickets(rows, now=now))
    return [
        Figure(
            title="Bookings to decide",
            counted=pending,
            note="pending: accept or reject them",
            link=_bookings(status="PENDING"),
            is_urgent=pending.count > 0,
        ),
        Figure(
            title="Holds running",
            counted=holds,
            note="places kept for partners",
            link=_bookings(status="ON_HOLD"),
        ),
        Figure(
            title="Tickets to send",
            counted=owed,
            note=f"{late.format_count} of them late" if late.count else "all in time",
            link=_bookings(tickets="due"),
            is_urgent=late.count > 0,
        ),
    ]


def _refunds_due() -> Figure:
    counted = _count_bounded(refunds_due(Account.objects.all()))
    return Figure(
        title="Refunds due",
        counted=counted,
        note="guests wait for their money" if counted.count else "nothing is owed to guests",
        link=f"{reverse('admin:payments_account_changelist')}?state=refund",
        is_urgent=counted.count > 0,
    )


def _count_bounded(rows: QuerySet[Any]) -> BoundedPaginator:
    """Return a paginator that counts only as far as the list does to which the figure links."""
    return BoundedPaginator(rows, per_page=1)


def _bookings(**query: str) -> str:
    return f"{reverse('admin:bookings_booking_changelist')}?{urlencode(query)}"


def _departures(**query: str) -> str:
    return f"{reverse('admin:catalog_departure_changelist')}?{urlencode(query)}"
