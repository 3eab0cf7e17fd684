"""The message to a guest whose booking was cancelled with its departure, by a disruption."""

import logging

from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from core_site.disruptions.models import DisruptedBooking
from core_site.messages.letters.letter import Additions
from core_site.messages.sending.delivery import OutgoingMessage, deliver, find_attempt, give_up
from core_site.messages.sending.queue import Attempted, is_postponed
from shared_domain import bookings, disruptions
from shared_domain.bookings import BookingId, BookingStatus
from shared_domain.disruptions import DisruptionRowId
from shared_domain.messages import DueElsewhere, MessageKind
from shared_domain.run_now import run_now

logger = logging.getLogger(__name__)


def send_cancellation_notice(row_id: DisruptionRowId) -> None:
    """Send the message that a disruption's row queued, in the caller's transaction, if it is due.

    Raises:
        Everything that ``deliver`` raises.
    """
    store, now = stores.disruptions(), timezone.now()
    notice = run_now(disruptions.lock_cancellation_notice(row_id, store=store))
    if notice is None or is_postponed(notice.booking_id, DueElsewhere.DISRUPTION):
        return
    booking = run_now(
        bookings.get_booking(
            notice.booking_uuid, access=notice.access, now=now, store=stores.bookings()
        )
    )
    recipient = booking.contact.email_address
    is_wanted = (
        recipient is not None
        and booking.status is BookingStatus.CANCELLED
        and not notice.is_given_up(now=now)
    )
    if is_wanted:
        outgoing = OutgoingMessage(
            row=Booking.objects.get(pk=notice.booking_id),
            booking=booking,
            kind=MessageKind.CANCELLATION,
            recipient=recipient or "",
            cause=f"{DueElsewhere.DISRUPTION} {row_id}",
            additions=Additions(words=notice.message),
            logged=find_attempt(notice.booking_id, DueElsewhere.DISRUPTION),
        )
        deliver(outgoing)
    elif notice.is_given_up(now=now):
        logger.error(
            "the guest of %s was never told of the cancellation: mail was refused for %s",
            booking.supplier_reference,
            bookings.NOTICE_RETRY_PERIOD,
        )
        row = Booking.objects.get(pk=notice.booking_id)
        give_up(row, MessageKind.CANCELLATION, DueElsewhere.DISRUPTION)
    run_now(disruptions.settle_cancellation_notice(row_id, is_sent=is_wanted, store=store))


def cancellation_attempt(row_id: DisruptionRowId) -> Attempted | None:
    line = DisruptedBooking.objects.filter(pk=row_id).only("booking_id").first()
    if line is None:
        return None
    return BookingId(line.booking_id), MessageKind.CANCELLATION, DueElsewhere.DISRUPTION.value
