"""The panel of a booking's references, codes and moments."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from core_site.bookings.models import Booking
from core_site.catalog.time_format import format_moment

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
    "uuid": "UUID",
}


def load_details(request: HttpRequest, booking: Booking) -> dict[str, Any]:
    return {"facts": [(_label(name), _shown(booking, name)) for name in _filled_in(booking)]}


def _filled_in(booking: Booking) -> list[str]:
    return [name for name in _COLUMNS if getattr(booking, name) not in (None, "")]


def _label(name: str) -> str:
    label = _LABELS.get(name, name.replace("_", " "))
    return label[:1].upper() + label[1:]


def _shown(booking: Booking, name: str) -> str:
    if name == "channel":
        return booking.get_channel_display()
    value = getattr(booking, name)
    if isinstance(value, datetime):
        return format_moment(value, booking.product.time_zone)
    return str(value)
