"""The admin's first page: what staff need to know today, in a handful of cheap queries."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, DateField, ExpressionWrapper, F, Q, QuerySet, Sum, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from core_site.bookings.models import Booking
from core_site.catalog.local_days import FARTHEST_CLOCK, today_and_later
from core_site.catalog.models import Departure

#: Departures listed by name; the rest is a click away.
NEXT_SHOWN = 12

#: The worker sends within a minute; who has waited this long has a problem.
TICKETS_LATE_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number with what it means and where to go from it."""

    title: str
    value: int
    note: str
    link: str
    is_urgent: bool = False


@dataclass(frozen=True, kw_only=True)
class DayLoad:
    """A day's departures: how many run and how full they are."""

    title: str
    departures: int
    reserved: int
    capacity: int
    link: str

    @property
    def percent(self) -> int:
        return round(100 * self.reserved / self.capacity) if self.capacity else 0


def today(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the first page whatever this person may see."""
    now = timezone.now()
    context["title"] = "Today"
    if request.user.has_perm("catalog.view_departure"):
        context["days"] = _days(now)
        context["next_departures"] = _next_departures(now)
    if request.user.has_perm("bookings.view_booking"):
        context["figures"] = _figures(now)
    return context


def _days(now: datetime) -> list[DayLoad]:
    """Return today and tomorrow, by the clock of each product."""
    tomorrow = ExpressionWrapper(F("local_today") + Value(1), output_field=DateField())
    running = Departure.objects.filter(Q(is_open=True) | Q(reserved__gt=0))
    around = today_and_later(running, now=now).filter(
        starts_at__lt=now + FARTHEST_CLOCK + timedelta(days=2)
    )
    sums = around.order_by().aggregate(
        **_sums("today", Q(local_date=F("local_today"))),
        **_sums("tomorrow", Q(local_date=tomorrow)),
    )
    days = ((timezone.localdate(now), "today"), (_after(timezone.localdate(now)), "tomorrow"))
    return [
        DayLoad(
            title=name.capitalize(),
            departures=sums[f"{name}_departures"],
            reserved=sums[f"{name}_reserved"] or 0,
            capacity=sums[f"{name}_capacity"] or 0,
            link=_departures_of(day),
        )
        for day, name in days
    ]


def _sums(name: str, day: Q) -> dict[str, Any]:
    limited = day & Q(capacity__isnull=False)
    return {
        f"{name}_departures": Count("pk", filter=day),
        f"{name}_reserved": Sum("reserved", filter=limited),
        f"{name}_capacity": Sum("capacity", filter=limited),
    }


def _next_departures(now: datetime) -> QuerySet[Departure]:
    return (
        Departure.objects.filter(starts_at__gt=now, reserved__gt=0)
        .select_related("option__product")
        .order_by("starts_at", "id")[:NEXT_SHOWN]
    )


def _figures(now: datetime) -> list[Figure]:
    is_running = Q(status="ON_HOLD", hold_expires_at__gt=now)
    owed = Booking.objects.filter(tickets_due_at__isnull=False)
    late = Q(tickets_due_at__lt=now - TICKETS_LATE_AFTER)
    tickets = owed.order_by().aggregate(all=Count("pk"), late=Count("pk", filter=late))
    pending = Booking.objects.filter(status="PENDING").order_by().count()
    return [
        Figure(
            title="Bookings to decide",
            value=pending,
            note="pending: accept or reject them",
            link=_bookings(status="PENDING"),
            is_urgent=pending > 0,
        ),
        Figure(
            title="Holds running",
            value=Booking.objects.filter(is_running).order_by().count(),
            note="places kept for partners",
            link=_bookings(status="ON_HOLD"),
        ),
        Figure(
            title="Tickets to send",
            value=tickets["all"],
            note=f"{tickets['late']} of them late" if tickets["late"] else "all in time",
            link=_bookings(tickets="due"),
            is_urgent=tickets["late"] > 0,
        ),
    ]


def _bookings(**query: str) -> str:
    return f"{reverse('admin:bookings_booking_changelist')}?{urlencode(query)}"


def _departures_of(day: date) -> str:
    query = urlencode({"local_date_from": day.isoformat(), "local_date_to": day.isoformat()})
    return f"{reverse('admin:catalog_departure_changelist')}?{query}"


def _after(day: date) -> date:
    return day + timedelta(days=1)
