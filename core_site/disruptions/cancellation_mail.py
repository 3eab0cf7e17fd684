"""E-mail a guest whose booking was cancelled with its departure."""

import logging

from django.core.mail import EmailMessage
from django.utils import timezone

from core_site import stores
from core_site.admin_kit.money_format import money
from core_site.bookings.models import Booking, GuestMail
from core_site.bookings.ticket_email import deliver, mail_to_guest
from core_site.bookings.time_format import format_start
from shared_domain import bookings, disruptions
from shared_domain.bookings import BookingStatus
from shared_domain.disruptions import DisruptionRowId
from shared_domain.run_now import run_now

logger = logging.getLogger(__name__)


def send_cancellation_mail(row_id: DisruptionRowId) -> None:
    """Send the mail of one row, in the caller's transaction, if it is due.

    Raises:
        MailServerAway: the mail server could not be reached.
        SMTPRecipientsRefused, SMTPSenderRefused, SMTPDataError, SMTPNotSupportedError: it refused
            this mail.
    """
    store, now = stores.disruptions(), timezone.now()
    notice = run_now(disruptions.lock_cancellation_notice(row_id, store=store))
    if notice is None:
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
        row = Booking.objects.get(pk=notice.booking_id)
        mail = cancellation_mail(booking, message=notice.message)
        deliver(row, mail, GuestMail.Kind.CANCELLED, recipient or "")
    elif notice.is_given_up(now=now):
        logger.error(
            "the guest of %s was never told of the cancellation: mail was refused for %s",
            booking.supplier_reference,
            bookings.NOTICE_RETRY_PERIOD,
        )
    run_now(disruptions.settle_cancellation_notice(row_id, is_sent=is_wanted, store=store))


def cancellation_mail(booking: bookings.Booking, *, message: str) -> EmailMessage:
    """Return the mail: what was cancelled, why, and what comes back."""
    cancellation = booking.cancellation
    refund_minor = 0 if cancellation is None else cancellation.refunded.retail_minor
    return mail_to_guest(
        booking,
        subject="Cancelled:",
        template="disruptions/cancelled.txt",
        with_codes=False,
        start=booking.departure and format_start(booking.departure, booking.product),
        message=message,
        refund=money(refund_minor, booking.price.currency) if refund_minor else "",
    )
