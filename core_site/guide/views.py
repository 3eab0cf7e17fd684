"""The view behind a guide's link: the manifest, its polls and its buttons."""

import pghistory
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core_site.catalog.models import Departure
from core_site.guide.links import find_departure
from core_site.manifest.actions import Order
from core_site.manifest.departure_admin import PART_HEADER, answer_poll, load_page, page_number
from core_site.manifest.page import Viewer
from core_site.staff_messages import staff_message
from core_site.weather.of_departures import load_weather
from shared_domain.availability import DepartureId
from shared_domain.refusals import Refused

GUIDE = Viewer(sees_guests=True, may_act=True, may_open_bookings=False)

#: What the manifest says beside a mark that was made here.
BY = "guide"

#: The URL is a secret: no cache stores the page, and no other page gets the URL as the referrer.
_HEADERS = {
    "Cache-Control": "no-store, private",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


# CSRF protection is not needed: the credential is in the URL, and browsers do not send it along.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def guide_view(request: HttpRequest, token: str) -> HttpResponse:
    """Show the manifest of the link's departure, answer its polls, and carry out its buttons."""
    response = _answer(request, token)
    for name, value in _HEADERS.items():
        response.headers[name] = value
    return response


def _answer(request: HttpRequest, token: str) -> HttpResponse:
    departure = find_departure(token, now=timezone.now())
    if departure is None:
        return render(request, "guide/no_link.html", status=404)
    refusal = _carry_out(request, departure) if request.method == "POST" else ""
    if PART_HEADER in request.headers:
        return answer_poll(
            request, departure, GUIDE, template="manifest/live.html", refusal=refusal, is_form=False
        )
    if request.method == "POST" and not refusal:
        return HttpResponseRedirect(f"{request.path}?parties={page_number(request)}")
    page = load_page(departure, GUIDE, url=request.path, number=page_number(request))
    weather = load_weather([departure], now=page.now).get(departure.pk)
    context = {"page": page, "refusal": refusal, "weather": weather}
    return render(request, "guide/manifest.html", context)


def _carry_out(request: HttpRequest, departure: Departure) -> str:
    """Carry out a button of the manifest, and return the refusal; empty if there is none."""
    try:
        order = Order.parse(request.POST.get("do", ""))
        with pghistory.context(guide_link=str(departure)):
            order.carry_out(DepartureId(departure.pk), by=BY, noting=lambda party: None)
    except Refused as refusal:
        return f"{staff_message(refusal).text}."
    return ""
