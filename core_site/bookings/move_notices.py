"""E-mail the guests of a departure that has moved; see Note [At least once] in ``ticket_email``."""

import logging

from django.core.mail import EmailMessage
from django.utils import timezone

from core_site import stores
from core_site.bookings import guest_mail
from core_site.bookings.models import Booking, GuestMail
from core_site.bookings.ticket_email import deliver, mail_to_guest
from core_site.bookings.time_format import format_after, format_before
from shared_domain import bookings
from shared_domain.bookings import BookingId, MoveNotice
from shared_domain.run_now import run_now

logger = logging.getLogger(__name__)


def send_move_notice(booking_id: BookingId) -> None:
    """Send a booking's notice of a move, in the caller's transaction, if it is due.

    Without an address, or when the booking has ended, there is nothing to say: it is settled.

    Raises:
        MailServerAway: the mail server could not be reached.
        SMTPRecipientsRefused, SMTPSenderRefused, SMTPDataError: it refused this mail.
    """
    notices, now = stores.move_notices(), timezone.now()
    notice = run_now(bookings.lock_move_notice(booking_id, store=notices))
    if notice is None:
        return
    booking = run_now(
        bookings.get_booking(notice.uuid, access=notice.access, now=now, store=stores.bookings())
    )
    is_wanted = notice.is_wanted(booking, now=now)
    if is_wanted:
        row = Booking.objects.get(pk=booking_id)
        if guest_mail.room_at(row, now=now) > now:
            return  # It stays due, and is tried again every minute.
        recipient = booking.contact.email_address or ""
        deliver(row, move_mail(booking, notice), GuestMail.Kind.NEW_TIME, recipient)
    elif notice.is_given_up(now=now):
        logger.error(
            "the guest of %s was never told the new time: mail was refused for %s",
            booking.supplier_reference,
            bookings.NOTICE_RETRY_PERIOD,
        )
    run_now(bookings.settle_move_notice(booking_id, is_sent=is_wanted, store=notices))


def move_mail(booking: bookings.Booking, notice: MoveNotice) -> EmailMessage:
    """Return the mail with the old and new time, and the tickets where there are any."""
    departure, before = booking.departure, notice.before
    if departure is None:
        raise ValueError(f"{booking.supplier_reference} has no departure that could have moved")
    return mail_to_guest(
        booking,
        subject="New time for",
        template="bookings/moved.txt",
        message=notice.message,
        before=format_before(before, booking.product),
        after=format_after(departure, booking.product),
        keeps_its_start=not before.opening_hours
        and before.wall_clock == (departure.local_date, departure.start_time, departure.fold),
        keeps_its_moment=before.starts_at == departure.starts_at,
    )
