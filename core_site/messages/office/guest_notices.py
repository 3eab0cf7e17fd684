"""Queue messages to the guest about actions of staff on a booking, in the action's transaction."""

from uuid import uuid4

from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from core_site.messages.models import Message
from shared_domain import bookings, messages
from shared_domain.bookings import BookingId
from shared_domain.messages import MessageKind, MessageOutcome
from shared_domain.partners import PartnerKind
from shared_domain.run_now import run_now


def may_tell_guest(row: Booking, booking: bookings.Booking) -> bool:
    """Return whether the supplier writes to this guest; guests of resellers hear from these."""
    is_direct = row.partner.kind == PartnerKind.DIRECT.value
    return messages.may_write_to_guest(booking, is_direct=is_direct)


def tell_of_cancellation(row: Booking, *, words: str) -> None:
    """Queue the message about a cancellation; repeated calls queue it once."""
    queue = messages.queue_message(
        BookingId(row.pk),
        MessageKind.CANCELLATION,
        cause=messages.CANCELLED,
        words=words,
        now=timezone.now(),
        store=stores.messages(),
    )
    run_now(queue)


def tell_of_move(row: Booking, before: bookings.Booking, after: bookings.Booking) -> None:
    """Queue the message about a new time, if the time differs and the supplier writes to the guest.

    It contains the tickets, and replaces the message about a change.
    """
    if may_tell_guest(row, before):
        notices = stores.move_notices()
        run_now(bookings.queue_move_notice(before, after, now=timezone.now(), store=notices))


def send_to_another(row: Booking, resent: bookings.Booking, recipient: str | None) -> None:
    """Queue the confirmation to another recipient; the guest gets it as the booking's own."""
    if recipient in (None, resent.contact.email_address):
        return
    waiting = Message.objects.filter(
        booking=row, recipient=recipient, outcome=MessageOutcome.WAITING.value
    )
    if waiting.filter(kind=MessageKind.CONFIRMATION.value).exists():
        return  # The same form was sent twice.
    queue = messages.queue_message(
        BookingId(row.pk),
        MessageKind.CONFIRMATION,
        cause=f"resent {uuid4()}",
        recipient=recipient or "",
        now=timezone.now(),
        store=stores.messages(),
    )
    run_now(queue)
