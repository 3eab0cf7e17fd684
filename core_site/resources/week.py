"""The page *My week*: the departures of the signed-in guide, day by day."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from core_site.catalog.local_days import supplier_today
from core_site.catalog.models import Departure
from core_site.catalog.time_format import format_start
from core_site.departure_calendar.calendar import count_guests
from core_site.disruptions.disrupted import CLOSED_BY, DISRUPTED_BY
from core_site.guide.links import expires_at, make_link
from core_site.resources.models import Assignment, Resource

#: Departures that the page names; a guide has fewer in a week.
MOST_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class WorkLine:
    """One departure of the guide's day; ``guide_url`` is empty once guides' links have expired."""

    departure: Departure
    starts: str
    guests: int
    others: str
    #: Why it is sold no more; empty while it is.
    closed: str
    guide_url: str


@dataclass(frozen=True, kw_only=True)
class WorkDay:
    date: date
    is_today: bool
    lines: tuple[WorkLine, ...]


def answer_my_week(request: HttpRequest) -> HttpResponse:
    """Render the week of the resource that belongs to the staff user, with no days if none does."""
    if not request.user.has_perm("resources.see_own_week"):
        raise PermissionDenied
    resource = Resource.objects.filter(staff_user=request.user.pk).first()
    today = supplier_today(timezone.now())
    monday = _monday(request.GET.get("week", ""), today)
    context = {
        **admin.site.each_context(request),
        "title": "My week",
        "resource": resource,
        "days": () if resource is None else load_week(resource, monday, today=today),
        "monday": monday,
        "sunday": monday + timedelta(days=6),
        "before": (monday - timedelta(days=7)).isoformat(),
        "after": (monday + timedelta(days=7)).isoformat(),
        "may_open": request.user.has_perm("catalog.view_departure"),
    }
    return render(request, "resources/week.html", context)


def load_week(resource: Resource, monday: date, *, today: date) -> tuple[WorkDay, ...]:
    """Return the seven days from ``monday`` with the resource's departures, by four queries."""
    others = Assignment.objects.exclude(resource=resource).select_related("resource")
    rows = list(
        Departure.objects.filter(
            assignments__resource=resource,
            local_date__range=(monday, monday + timedelta(days=6)),
        )
        .annotate(disrupted_by=DISRUPTED_BY)
        .select_related("option__product")
        .prefetch_related(Prefetch("assignments", others, to_attr="other_assignments"))
        .order_by("starts_at", "id")[:MOST_SHOWN]
    )
    guests = count_guests([row.pk for row in rows])
    lines: dict[date, list[WorkLine]] = {}
    for row in rows:
        line = WorkLine(
            departure=row,
            starts=format_start(row, row.option.product.time_zone),
            guests=guests[row.pk][0],
            others=", ".join(str(one.resource) for one in row.other_assignments),
            closed="" if row.is_open else CLOSED_BY.get(row.disrupted_by, "closed to sale"),
            guide_url=make_link(row) if timezone.now() < expires_at(row) else "",
        )
        lines.setdefault(row.local_date, []).append(line)
    days = (monday + timedelta(days=number) for number in range(7))
    return tuple(
        WorkDay(date=day, is_today=day == today, lines=tuple(lines.get(day, ()))) for day in days
    )


def _monday(text: str, today: date) -> date:
    """Return the Monday of the week that was asked for, or of this one."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = today
    # Python's dates end with the year 9999, and the page links to the weeks around this one.
    day = min(max(day, date(2000, 1, 3)), date(9998, 12, 1))
    return day - timedelta(days=day.weekday())
