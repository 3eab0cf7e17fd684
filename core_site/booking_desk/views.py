"""The view of the booking desk: staff choose product, day, slot and party, and make a booking.

One URL serves everything: GET opens the page, POST shows it again with the choices made so far, and
POST with one of the two buttons makes the booking. A guest's details are never in a URL.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from core_site.booking_desk import page
from core_site.booking_desk.choices import Choices, choose_departure, read_choices
from core_site.booking_desk.guest_form import GuestForm
from core_site.booking_desk.offers import (
    PRODUCTS_SHOWN,
    Offered,
    find_offer,
    find_products,
    sellers,
)
from core_site.booking_desk.sale import (
    CONFIRM,
    HOLD,
    OVERSELL,
    has_made_a_booking,
    sell,
    takes_payments,
)
from core_site.catalog.models import Departure
from core_site.partners.models import Partner
from core_site.staff_messages import staff_message
from shared_domain.bookings import Channel
from shared_domain.partners import PartnerKind
from shared_domain.refusals import Refused

SELL = "bookings.sell_booking"
#: The session's key of the last channel, with which the next booking's form begins.
LAST_CHANNEL = "desk_channel"

#: The request header by which the page's script fetches the form without the rest of the page.
PART_OF_PAGE = "X-Desk-Part"


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def desk(request: HttpRequest) -> HttpResponse:
    """Show the desk, or make the booking that its form asks for."""
    if not request.user.has_perm(SELL):
        raise PermissionDenied
    now = timezone.now()
    choices = _choices(request)
    known = sellers()
    seller = next((one for one in known if one.pk == choices.seller), known[0] if known else None)
    if seller is None:
        return render(request, "booking_desk/no_seller.html", _site(request))
    offered, refusal = _offer(choices, seller, now)
    is_sale = request.POST.get("do") in (CONFIRM, HOLD)
    form = GuestForm(
        request.POST if request.method == "POST" else None,
        initial={"channel": request.session.get(LAST_CHANNEL, Channel.TELEPHONE.value)},
        option=offered.option if offered else None,
        tickets=offered.units_of_tickets if offered else [],
    )
    if is_sale:
        sold = sell(request, form, choices, seller, offered)
        if sold is not None:
            request.session[LAST_CHANNEL] = form.cleaned_data["channel"]
            return sold
        # Load the offer again: others may have taken places meanwhile.
        offered, refusal = _offer(choices, seller, timezone.now())
        if has_made_a_booking(choices, seller):
            choices = replace(choices, uuid=uuid4())
        form.mark_errors()
    may_oversell = request.user.has_perm(OVERSELL)
    products = find_products(seller, choices.search)
    context = {
        **_site(request),
        "choices": choices,
        "sellers": known,
        "seller": seller,
        "is_reseller": seller.kind == PartnerKind.RESELLER.value,
        "has_direct": any(one.kind == PartnerKind.DIRECT.value for one in known),
        "products": products[:PRODUCTS_SHOWN],
        "has_more_products": len(products) > PRODUCTS_SHOWN,
        "refusal": refusal,
        "offered": offered,
        "form": form,
        "shows_errors": is_sale,
        "may_oversell": may_oversell,
        "takes_payments": takes_payments(request, seller),
        "summary": page.summarise(offered, seller, may_oversell=may_oversell),
        **(_parts(offered, may_oversell, now) if offered else {}),
    }
    is_part = PART_OF_PAGE in request.headers
    template = "booking_desk/form.html" if is_part else "booking_desk/desk.html"
    return render(request, template, context, status=400 if is_sale else 200)


def _site(request: HttpRequest) -> dict[str, Any]:
    return {**admin.site.each_context(request), "title": "Booking desk"}


def _choices(request: HttpRequest) -> Choices:
    if request.method == "POST":
        return read_choices(request.POST.dict())
    pk = request.GET.get("departure", "")
    if pk.isdecimal() and len(pk) <= 18:
        named = Departure.objects.select_related("option__product").filter(pk=pk).first()
        if named is not None:
            return choose_departure(named)
    return read_choices(request.GET.dict())


def _offer(choices: Choices, seller: Partner, now: datetime) -> tuple[Offered | None, str]:
    """Return the offer of the chosen product and an empty text; or None and the refusal."""
    if not choices.product:
        return None, ""
    try:
        return find_offer(choices, seller, now=now), ""
    except Refused as refused:
        return None, f"{staff_message(refused).text}."


def _parts(offered: Offered, may_oversell: bool, now: datetime) -> dict[str, Any]:
    before, after = page.neighbours(offered)
    return {
        "days": list(page.day_cells(offered, may_oversell=may_oversell, now=now)),
        "month_before": before,
        "month_after": after,
        "slots": list(page.slot_rows(offered, may_oversell=may_oversell)),
        "units": list(page.unit_rows(offered)),
    }
