"""The head of a booking's page: guest, status, product, time of travel, party and price."""

from collections import Counter
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince, timeuntil

from core_site.admin_kit.money_format import money
from core_site.bookings.admin_columns import (
    HIDDEN,
    STATUS_COLOURS,
    current_status,
    format_contact_name,
    name_deadline,
    stands_until,
    travels_at,
)
from core_site.bookings.hold_expiry import expires_at
from core_site.bookings.models import Booking
from core_site.personal_data import may_see_personal_data

#: In characters and in lines: a note of less is shown whole, on a telephone too.
LONG_NOTE, MANY_LINES = 300, 8


def load_head(request: HttpRequest, booking: Booking) -> dict[str, Any]:
    """Return the context of the template ``bookings/page/head.html``."""
    status = current_status(booking)
    shows_guest = may_see_personal_data(request)
    name = format_contact_name(booking.contact) if shows_guest else HIDDEN
    return {
        "guest": "Guest without a name" if name == "–" else name,
        "telephone": booking.contact.get("phoneNumber") if shows_guest else None,
        "email": booking.contact.get("emailAddress") if shows_guest else None,
        "status": status,
        "status_colour": STATUS_COLOURS.get(status, "default"),
        "deadline": name_deadline(booking),
        "stands_until": stands_until(booking) if expires_at(booking) else None,
        "product": booking.product.internal_name,
        "product_url": page_url(request, booking.product),
        "option": booking.option.internal_name,
        "travels_at": travels_at(booking),
        "departure_url": page_url(request, booking.departure),
        "distance": _distance(booking),
        "notes": _notes(booking) if shows_guest else [],
        "party": describe_party(booking),
        "places": booking.places,
        "price": money(booking.retail_minor, booking.currency),
        "partner": str(booking.partner),
        "partner_url": page_url(request, booking.partner),
    }


def _notes(booking: Booking) -> list[tuple[str, str, bool]]:
    """Return what the guest asked for and what staff noted: first of all that is read aloud.

    Each with whether it is long, and scrolls by itself: the buttons are beneath it.
    """
    notes = {
        "Notes": booking.notes,
        "Notes of the guest": booking.contact.get("notes"),
        "Internal note": booking.internal_note,
    }
    return [(label, text, _is_long(text)) for label, text in notes.items() if text]


def _is_long(text: str) -> bool:
    return len(text) > LONG_NOTE or text.count("\n") >= MANY_LINES


def describe_party(booking: Booking) -> str:
    """Return ``2 × Adult, 1 × Child``, in the order of the tickets."""
    units = Counter(item.unit.internal_name for item in booking.unit_items.all())
    return ", ".join(f"{count} × {unit}" for unit, count in units.items()) or "no tickets"


def page_url(request: HttpRequest, row: Model | None) -> str | None:
    """Return the address of a row's page in the admin; None without the permission to see it."""
    if row is None or not admin.site._registry[type(row)].has_view_permission(request, row):
        return None
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def _distance(booking: Booking) -> str:
    """Return how far off the departure is, in its largest unit: ``in 3 days``, ``2 hours ago``."""
    if booking.departure is None:
        return ""
    now, starts_at = timezone.now(), booking.departure.starts_at
    if starts_at > now:
        return f"in {timeuntil(starts_at, now, depth=1)}"
    return f"{timesince(starts_at, now, depth=1)} ago"
