"""The messages of a booking, as a panel of its page."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from core_site.bookings.admin_columns import HIDDEN
from core_site.bookings.models import Booking
from core_site.catalog.time_format import format_moment
from core_site.messages.models import Message
from core_site.personal_data import may_see_personal_data
from shared_domain.messages import MessageOutcome

#: Messages that the panel shows; the list of messages has the rest.
SHOWN = 10

#: Outcomes that staff should look at.
_LOOKS = {
    MessageOutcome.REFUSED.value: "refused",
    MessageOutcome.WAITING.value: "waiting",
    MessageOutcome.SENT.value: "sent",
}


def load_messages(request: HttpRequest, booking: Booking) -> dict[str, Any] | None:
    if not request.user.has_perm("guest_messages.view_message"):
        return None
    rows = list(
        Message.objects.filter(booking=booking).defer("body", "words").order_by("-id")[:SHOWN]
    )
    zone = booking.product.time_zone
    shows_guest = may_see_personal_data(request)
    may_resend = request.user.has_perm("bookings.change_booking")
    due = booking.tickets_due_at
    is_listed = any(row.due_at is not None and row.cause == "tickets" for row in rows)
    return {
        "messages": [
            {
                "kind": row.get_kind_display(),
                "outcome": row.get_outcome_display(),
                "look": _LOOKS.get(row.outcome, ""),
                "reason": row.get_reason_display() if row.reason else "",
                "language": row.get_language_display() if row.language else "",
                "to": (row.recipient if shows_guest else HIDDEN) if row.recipient else "",
                "at": format_moment(row.stands_since, zone),
                "url": reverse("admin:guest_messages_message_change", args=[row.pk]),
                "again": may_resend
                and reverse("admin:guest_messages_message_send_again", args=[row.pk]),
            }
            for row in rows
        ],
        "tickets_due_at": due and not is_listed and format_moment(due, zone),
    }
