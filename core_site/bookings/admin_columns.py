"""Columns and filters of the booking's admin pages; guests only with ``view_personal_data``."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RadioFilter
from unfold.decorators import display

from core_site.admin_kit.language_names import name_language
from core_site.admin_kit.money_format import money_cell
from core_site.admin_kit.viewer_zone import format_instant
from core_site.bookings.hold_expiry import SOON, ends_soon, expires_at, has_expired
from core_site.bookings.models import Booking
from core_site.catalog.time_format import format_moment, format_start
from shared_domain.bookings import BookingStatus, Channel, Contact

#: The worker sends within a minute; a guest who has waited this long has a problem.
TICKETS_LATE_AFTER = timedelta(minutes=10)

#: What the list is sorted by for the time of travel.
TRAVELS_AT = "departure__starts_at"

#: Shown in place of guests' data to staff users without the permission.
HIDDEN = "••••••"

STATUS_COLOURS = {
    "On hold": "info",
    "Pending": "warning",
    "Confirmed": "success",
    "Redeemed": "primary",
    "Cancelled": "danger",
    "Rejected": "danger",
    "Expired": "default",
}

_FIELD_TITLES = {
    "fullName": "Name",
    "firstName": "First name",
    "lastName": "Last name",
    "emailAddress": "E-mail",
    "phoneNumber": "Telephone",
    "country": "Country",
    "postalCode": "Postal code",
    "locales": "Languages",
    "notes": "Notes",
}


def current_status(booking: Booking) -> str:
    """Return the status as of now, for display.

    An expired hold is "Expired" even before the worker has stored it.
    """
    status = BookingStatus(booking.status)
    ends_at = expires_at(booking)
    if ends_at is not None and ends_at <= timezone.now():
        status = status.after_expiry
    return status.value.replace("_", " ").capitalize()


def travels_at(booking: Booking) -> str:
    """Return when the booking travels, in the product's time zone, or "any day"."""
    if booking.departure is None:
        return "any day"
    return format_start(booking.departure, booking.product.time_zone)


def stands_until(booking: Booking) -> str:
    """Return when a hold or pending booking expires; a dash for other bookings.

    A pending booking that never expires stands until "it is decided".
    """
    ends_at = expires_at(booking)
    if ends_at is not None:
        return format_moment(ends_at, booking.product.time_zone)
    return "it is decided" if booking.status == BookingStatus.PENDING else "–"


def name_deadline(booking: Booking) -> str:
    """Return the title of ``stands_until``: when staff decide before, or when a hold ends."""
    return "Decide before" if booking.status == BookingStatus.PENDING else "Held until"


def format_contact_name(contact: dict[str, Any]) -> str:
    named = Contact(
        full_name=contact.get("fullName"),
        first_name=contact.get("firstName"),
        last_name=contact.get("lastName"),
    )
    return named.name or "–"


def contact_lines(contact: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the details that a contact has, each as a title and a text."""
    shown = contact | {"locales": ", ".join(map(_describe_language, contact.get("locales") or []))}
    return [(title, shown[key]) for key, title in _FIELD_TITLES.items() if shown.get(key)]


def _describe_language(tag: str) -> str:
    """Return a language by its name, with the tag that the dialog of changes takes."""
    name = name_language(tag)
    return tag if name == tag else f"{name} ({tag})"


def _one_line(text: str) -> SafeString:
    """Return a text as HTML that a narrow column truncates, with the whole text as its tooltip."""
    return format_html("<span class='portico-line' title='{}'>{}</span>", text, text)


class BookingColumns:
    @display(description="status", label=STATUS_COLOURS)
    def status_shown(self, booking: Booking) -> str:
        return current_status(booking)

    @display(description="booking", ordering="id")
    def reference(self, booking: Booking) -> str:
        test = " (test)" if booking.test_mode else ""
        return f"{booking.supplier_reference}{test}"

    @display(description="product")
    def sold(self, booking: Booking) -> SafeString:
        names = dict.fromkeys((booking.product.internal_name, booking.option.internal_name))
        return _one_line(", ".join(names))

    @display(description="travels at", ordering=TRAVELS_AT)
    def travels_at(self, booking: Booking) -> SafeString:
        return _one_line(travels_at(booking))

    @display(description="stands until")
    def stands_until(self, booking: Booking) -> str:
        return stands_until(booking)

    @display(description="guest")
    def guest(self, booking: Booking) -> SafeString:
        return _one_line(format_contact_name(booking.contact))

    @display(description="guest")
    def guest_hidden(self, booking: Booking) -> str:
        return HIDDEN

    @display(description="made", ordering="id")
    def made(self, booking: Booking) -> SafeString:
        # A day alone: by the viewer's clock, for a place far away may have tomorrow's.
        moment = format_instant(booking.created_at)
        return format_html("<span title='{}'>{}</span>", moment, moment.partition(" ")[0])

    @display(description="sold by", ordering="partner__name")
    def sold_by(self, booking: Booking) -> SafeString:
        """Return the partner; for a sale of the desk, the channel before it."""
        names = [str(booking.partner)]
        if booking.channel != Channel.API:
            names.insert(0, booking.get_channel_display())
        return _one_line(", ".join(names))

    @display(description="retail", ordering="retail_minor")
    def retail(self, booking: Booking) -> SafeString:
        return money_cell(booking.retail_minor, booking.currency)


class StatusFilter(RadioFilter):
    """Admin filter by the status as of now: a hold past its expiry counts as expired."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: object) -> Iterable[tuple[str, str]]:
        return [
            (status.value, status.value.replace("_", " ").capitalize()) for status in BookingStatus
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Booking]) -> QuerySet[Booking]:
        status = self.value()
        return queryset if status is None else with_status(queryset, status, now=timezone.now())


def with_status(bookings: QuerySet[Booking], status: str, *, now: datetime) -> QuerySet[Booking]:
    """Return the bookings that have this status as of now."""
    if BookingStatus(status).after_expiry != status:
        return bookings.filter(~has_expired(now), status=status)
    turned = [other for other in BookingStatus if other.after_expiry == status]
    return bookings.filter(Q(status=status) | has_expired(now) & Q(status__in=turned))


class HoldEndsFilter(RadioFilter):
    """Admin filter by how soon a running hold expires."""

    title = "hold ends"
    parameter_name = "hold_ends"

    def lookups(self, request: HttpRequest, model_admin: object) -> Iterable[tuple[str, str]]:
        return [("soon", f"Within {SOON.total_seconds() / 60:.0f} minutes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Booking]) -> QuerySet[Booking]:
        return queryset.filter(ends_soon(timezone.now())) if self.value() == "soon" else queryset


class TicketsFilter(RadioFilter):
    """Admin filter by whether the e-mail with the tickets is still due."""

    title = "tickets"
    parameter_name = "tickets"

    def lookups(self, request: HttpRequest, model_admin: object) -> Iterable[tuple[str, str]]:
        return [("due", "To be sent"), ("late", "To be sent, and late")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Booking]) -> QuerySet[Booking]:
        match self.value():
            case "due":
                return owed_tickets(queryset, now=timezone.now())
            case "late":
                return late_tickets(queryset, now=timezone.now())
        return queryset


def owed_tickets(bookings: QuerySet[Booking], *, now: datetime) -> QuerySet[Booking]:
    """Return the bookings whose e-mail with tickets is due, and whose departure is not over.

    A mail that no server accepted stays due for ever. Behind the travel, it is of no use.
    """
    is_ahead = Q(departure=None) | Q(departure__ends_at__gt=now)
    return bookings.filter(is_ahead, tickets_due_at__isnull=False)


def late_tickets(bookings: QuerySet[Booking], *, now: datetime) -> QuerySet[Booking]:
    """Return the bookings whose tickets have been due for longer than ``TICKETS_LATE_AFTER``."""
    return owed_tickets(bookings, now=now).filter(tickets_due_at__lt=now - TICKETS_LATE_AFTER)
