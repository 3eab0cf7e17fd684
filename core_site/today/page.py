"""The context of the admin's index page; each part needs its permission."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from core_site.catalog.local_days import LocalToday, supplier_today
from core_site.today.days import departures_url, load_days, load_next
from core_site.today.sales import load_sales
from core_site.today.tiles import load_figures


def load_today(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the parts of Today that the staff user may see to the context; Unfold calls it."""
    now = timezone.now()
    context["title"] = "Today"
    context["figures"] = load_figures(request, now=now)
    if request.user.has_perm("catalog.view_departure"):
        local_today = LocalToday.at(now)
        context["days"] = load_days(request, local_today)
        context["next_departures"] = load_next(request, local_today)
        context["more_departures"] = departures_url(time="ahead", places="taken")
    if request.user.has_perm("statements.view_revenue"):
        context["sales"] = load_sales(supplier_today(now))
    return context
