"""The message to a guest whose departure's time differs from the one the guest was told."""

import logging

from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from core_site.messages.letters.letter import Additions
from core_site.messages.sending.delivery import OutgoingMessage, deliver, find_attempt, give_up
from core_site.messages.sending.queue import Attempted, is_postponed
from shared_domain import bookings
from shared_domain.bookings import BookingId
from shared_domain.messages import DueElsewhere, MessageKind
from shared_domain.run_now import run_now

logger = logging.getLogger(__name__)


def send_move_notice(booking_id: BookingId) -> None:
    """Send a booking's notice of a move, in the caller's transaction, if it is due.

    If the guest has no address, or the booking has ended, the notice is settled without a message.
    The message contains tickets that are due as well, so that the guest gets only one.

    Raises:
        Everything that ``deliver`` raises.
    """
    notices, now = stores.move_notices(), timezone.now()
    notice = run_now(bookings.lock_move_notice(booking_id, store=notices))
    if notice is None or is_postponed(booking_id, DueElsewhere.MOVE):
        return
    store = stores.bookings()
    booking = run_now(bookings.get_booking(notice.uuid, access=notice.access, now=now, store=store))
    is_wanted = notice.is_wanted(booking, now=now)
    if is_wanted:
        row = Booking.objects.get(pk=booking_id)
        outgoing = OutgoingMessage(
            row=row,
            booking=booking,
            kind=MessageKind.MOVE,
            recipient=booking.contact.email_address or "",
            cause=f"{DueElsewhere.MOVE} {notice.due_at}",
            additions=Additions(before=notice.before, words=notice.message),
            logged=find_attempt(booking_id, DueElsewhere.MOVE),
        )
        deliver(outgoing)
        if row.tickets_due_at is not None and row.tickets_recipient in (None, outgoing.recipient):
            run_now(bookings.mark_tickets_sent(row.uuid, access=row.access, now=now, store=store))
    elif notice.is_given_up(booking, now=now):
        logger.error(
            "the guest of %s was never told the new time: mail was refused for %s",
            booking.supplier_reference,
            bookings.NOTICE_RETRY_PERIOD,
        )
        give_up(Booking.objects.get(pk=booking_id), MessageKind.MOVE, DueElsewhere.MOVE)
    run_now(bookings.settle_move_notice(booking_id, is_sent=is_wanted, store=notices))


def move_attempt(booking_id: BookingId) -> Attempted:
    return booking_id, MessageKind.MOVE, DueElsewhere.MOVE.value
