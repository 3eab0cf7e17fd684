"""Messages to the guest as steps of a booking's timeline: kind, contact and outcome."""

from collections.abc import Iterator

from django.http import HttpRequest

from core_site.bookings.models import Booking
from core_site.bookings.page.step import Step
from core_site.messages.models import Message
from core_site.personal_data import may_see_personal_data
from shared_domain.contact_data import email_key
from shared_domain.messages import MessageOutcome

VIEW = "guest_messages.view_message"

#: Messages that are read, the newest first.
MESSAGES_READ = 50

_NAMES = {
    MessageOutcome.WAITING.value: "Message to be sent",
    MessageOutcome.SENT.value: "Message accepted by the mail server",
    MessageOutcome.KEPT.value: "Message kept, not sent",
    MessageOutcome.REFUSED.value: "Message not accepted by the mail server",
    MessageOutcome.DROPPED.value: "Message no longer needed",
}


def load_message_steps(request: HttpRequest, booking: Booking) -> Iterator[Step]:
    """Yield a step for each message, at the moment since which its outcome stands.

    The address is for staff who may see personal data; others read whose it is.
    """
    if not request.user.has_perm(VIEW):
        return
    shows_guest = may_see_personal_data(request)
    rows = Message.objects.filter(booking=booking).defer("body", "words", "subject")
    for message in rows.order_by("-id")[:MESSAGES_READ]:
        yield Step(
            at=message.stands_since,
            what=_NAMES[message.outcome],
            status="",
            who="Job: messages",
            request_id="",
            said=_describe(message, booking, shows_guest=shows_guest),
        )


def _describe(message: Message, booking: Booking, *, shows_guest: bool) -> str:
    """Return ``Confirmation in German, to the guest: The mail server cannot be reached``."""
    language = f" in {message.get_language_display()}" if message.language else ""
    address = f" ({message.recipient})" if shows_guest and message.recipient else ""
    reason = f": {message.get_reason_display()}" if message.reason else ""
    return (
        f"{message.get_kind_display()}{language}, {_name_role(message, booking)}{address}{reason}"
    )


def _name_role(message: Message, booking: Booking) -> str:
    """Return which contact of the booking, as it is now, an address belongs to."""
    own = booking.contact.get("emailAddress")
    if not message.recipient or (own and email_key(own) == email_key(message.recipient)):
        return "to the guest"
    return "to another address"
