"""The panel of a booking's references, codes and moments."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from core_site.bookings.models import Booking
from core_site.catalog.time_format import format_moment
from core_site.personal_data import may_see_personal_data
from core_site.users.models import User

#: Columns in the order of the panel; one without a value is left out.
_COLUMNS = (
    "supplier_reference",
    "reseller_reference",
    "voucher_code",
    "channel",
    "created_at",
    "hold_expires_at",
    "confirmed_at",
    "sale_date",
    "tickets_due_at",
    "tickets_sent_at",
    "redeemed_at",
    "cancelled_at",
    "user_id",
    "uuid",
)

#: What the columns are called where staff have another word than the table.
_LABELS = {
    "supplier_reference": "Our reference",
    "reseller_reference": "Partner's reference",
    "created_at": "Made",
    "hold_expires_at": "Held until",
    "confirmed_at": "Confirmed",
    "sale_date": "Day of sale",
    "tickets_due_at": "Tickets due since",
    "tickets_sent_at": "Tickets sent",
    "redeemed_at": "Redeemed",
    "cancelled_at": "Cancelled",
    "user_id": "Partner's user",
    "uuid": "UUID",
}


def load_details(request: HttpRequest, booking: Booking) -> dict[str, Any]:
    facts = [(_label(name), _shown(request, booking, name)) for name in _filled_in(booking)]
    return {"facts": facts}


def _filled_in(booking: Booking) -> list[str]:
    return [name for name in _COLUMNS if getattr(booking, name) not in (None, "")]


def _label(name: str) -> str:
    label = _LABELS.get(name, name.replace("_", " "))
    return label[:1].upper() + label[1:]


def _shown(request: HttpRequest, booking: Booking, name: str) -> str:
    if name == "user_id" and booking.user_id is not None:
        return _link_to_user(request, booking.user_id)
    if name == "channel":
        return booking.get_channel_display()
    value = getattr(booking, name)
    if isinstance(value, datetime):
        return format_moment(value, booking.product.time_zone)
    return str(value)


def _link_to_user(request: HttpRequest, user_id: UUID) -> str:
    """Return the user's e-mail address or id, as a link for staff who may see users."""
    user = User.objects.filter(pk=user_id).only("id", "email").first()
    if user is None:
        return "Deleted user"
    name = user.email if may_see_personal_data(request) else str(user.pk)
    if not request.user.has_perm("users.view_user"):
        return name
    return format_html(
        '<a href="{}">{}</a>', reverse("admin:users_user_change", args=[user.pk]), name
    )
