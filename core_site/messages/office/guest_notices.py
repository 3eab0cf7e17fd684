"""Tell the guest of what staff do on a booking's page, in the transaction that does it."""

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
    """Return whether the supplier writes to this guest; those of most partners hear from them."""
    is_direct = row.partner.kind == PartnerKind.DIRECT.value
    return messages.may_write_to_guest(booking, is_direct=is_direct)


def tell_of_cancellation(row: Booking, *, words: str) -> None:
    """Owe the guest the letter about a cancellation; once, however often it is asked for."""
    owe = messages.owe_message(
        BookingId(row.pk),
        MessageKind.CANCELLATION,
        cause=messages.CANCELLED,
        words=words,
        now=timezone.now(),
        store=stores.messages(),
    )
    run_now(owe)


def tell_of_move(row: Booking, before: bookings.Booking, after: bookings.Booking) -> None:
    """Owe the guest the letter about a new time, if there is one and the supplier writes to them.

    It has the tickets in it, and takes the place of the letter about a change.
    """
    if may_tell_guest(row, before):
        notices = stores.move_notices()
        run_now(bookings.owe_move_notice(before, after, now=timezone.now(), store=notices))


def send_to_another(row: Booking, resent: bookings.Booking, recipient: str | None) -> None:
    """Owe another recipient the confirmation, where the guest's own letter is due as well."""
    if recipient in (None, resent.tickets_recipient, resent.contact.email_address):
        return
    waiting = Message.objects.filter(
        booking=row, recipient=recipient, outcome=MessageOutcome.WAITING.value
    )
    if waiting.filter(kind=MessageKind.CONFIRMATION.value).exists():
        return  # The same form was sent twice.
    owe = messages.owe_message(
        BookingId(row.pk),
        MessageKind.CONFIRMATION,
        cause=f"resent {uuid4()}",
        recipient=recipient or "",
        now=timezone.now(),
        store=stores.messages(),
    )
    run_now(owe)
