"""The page ``/admin/departures/``: a day or a week, for staff who may see departures."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from core_site.catalog.local_days import supplier_today
from core_site.catalog.models import Product
from core_site.departure_calendar.actions import Action, actions_for
from core_site.departure_calendar.calendar import MOST_COUNTED, CalendarEntry, load_calendar

#: Products and places that the filters offer.
MOST_OFFERED = 500

WEEK, DAY = "week", "day"
_DAYS = {WEEK: 7, DAY: 1}

#: Days that have another on both sides.
_FIRST, _LAST = date(1970, 1, 1), date(9000, 1, 1)


@require_GET
def departures(request: HttpRequest) -> HttpResponse:
    """Show the departures of a day or a week; malformed parameters of the query are ignored."""
    if not request.user.has_perm("catalog.view_departure"):
        raise PermissionDenied
    now = timezone.now()
    view = request.GET.get("view", WEEK)
    view = view if view in _DAYS else WEEK
    rows = Product.objects.order_by("internal_name")
    products = list(rows.values("id", "internal_name", "place", "time_zone")[:MOST_OFFERED])
    places = sorted({product["place"] for product in products} - {""})
    product = _read_id(request.GET.get("product", ""))
    place = request.GET.get("place", "")
    place = place if place in places else ""
    today = supplier_today(now, _time_zones(products, product, place))
    asked = _read_day(request.GET.get("date", "")) or today
    first = asked - timedelta(days=asked.weekday()) if view == WEEK else asked
    calendar = load_calendar(
        first,
        _DAYS[view],
        product=product,
        place=place,
        with_guests=request.user.has_perm("bookings.view_booking"),
        now=now,
        page=_read_id(request.GET.get("page", "")) or 1,
    )
    actions = actions_for(request)
    step = timedelta(days=_DAYS[view])
    kept = {"product": product or "", "place": place}
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Calendar",
        "calendar": calendar,
        "most_counted": MOST_COUNTED,
        "view": view,
        "first": first,
        "last": first + step - timedelta(days=1),
        "asked": asked,
        "today": today,
        "products": products,
        "places": places,
        "product": product,
        "place": place,
        "page_address": _address(view, asked, kept) + "&page=",
        "earlier": _address(view, first - step, kept),
        "later": _address(view, first + step, kept),
        "now_address": _address(view, today, kept),
        "day_address": _address(DAY, today if first <= today < first + step else first, kept),
        "week_address": _address(WEEK, asked, kept),
        "kept": urlencode(kept),
        "actions": actions,
        "days": [
            (day, [(entry, _links(entry, actions) if view == DAY else ()) for entry in day.entries])
            for day in calendar.days
        ],
        "may_disrupt": request.user.has_perm("disruptions.run_disruption"),
        "may_see_bookings": request.user.has_perm("bookings.view_booking"),
    }
    return render(request, "departure_calendar/page.html", context)


def _links(entry: CalendarEntry, actions: Iterable[Action]) -> list[tuple[Action, str]]:
    """Return what can be done with a departure, each with its address."""
    return [
        (action, action.address(entry))
        for action in actions
        if action.conditions <= entry.conditions
    ]


def _time_zones(
    products: Iterable[Mapping[str, Any]], product: int | None, place: str
) -> list[str]:
    """Return the zones of the products that are shown, by whose clock today is today."""
    return [
        row["time_zone"]
        for row in products
        if (product is None or row["id"] == product) and (not place or row["place"] == place)
    ]


def _address(view: str, day: date, kept: dict[str, Any]) -> str:
    return "?" + urlencode({"view": view, "date": day.isoformat(), **kept})


def _read_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST <= day <= _LAST else None


def _read_id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
