"""E-mail the tickets of a booking to its guest, at least once.

Note [At least once]: a booking's row is locked (and skipped by every other worker) while its mail
is handed over; then ``tickets_due_at`` is cleared and the transaction commits. A worker that dies
between the mail server's "accepted" and the commit leaves the booking due, and the guest gets the
same mail twice. The other order could lose it; a second copy of the same tickets does no harm.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from smtplib import (
    SMTPDataError,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
)

import segno
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone

from core_site import stores
from core_site.bookings import guest_mail
from core_site.bookings.models import Booking, GuestMail
from core_site.bookings.time_format import format_start
from core_site.catalog.models import Supplier
from core_site.documents import qr_code_content
from shared_domain import bookings
from shared_domain.catalog import DeliveryFormat
from shared_domain.contact_data import InvalidText, mailbox_for_smtp, shown_on_one_line
from shared_domain.run_now import run_now

#: An address that refuses mail is tried this long; staff may ask for the tickets again.
TRIED_FOR = timedelta(days=2)


#: What concerns one mail only; the next one may be sent.
OF_ONE_MAIL = (SMTPRecipientsRefused, SMTPSenderRefused, SMTPDataError, SMTPNotSupportedError)


class MailServerAway(Exception):
    """The mail server cannot be reached or did not answer in time; no mail can be sent."""


def due_bookings(*, now: datetime) -> Iterator[tuple[int, str]]:
    """Yield the id and reference of each booking whose tickets are due, the oldest first."""
    due = Booking.objects.filter(tickets_due_at__lte=now, tickets_due_at__gt=now - TRIED_FOR)
    yield from list(due.order_by("tickets_due_at").values_list("pk", "supplier_reference"))


def send_ticket_email(booking_id: int) -> None:
    """Send a booking's tickets, in the caller's transaction, if they are due.

    They wait when the booking or its partner has caused its share of mails (``guest_mail``).

    Raises:
        MailServerAway: the mail server could not be reached.
        SMTPRecipientsRefused, SMTPSenderRefused, SMTPDataError: it refused this mail.
        SMTPNotSupportedError: the address needs SMTPUTF8, which the mail server does not have.
    """
    row = (
        Booking.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk=booking_id, tickets_due_at__isnull=False)
        .only("uuid", "partner_id", "test_mode")
        .first()
    )
    if row is None:
        return  # Another worker has it, or had it.
    store, now = stores.bookings(), timezone.now()
    booking = run_now(bookings.get_booking(row.uuid, access=row.access, now=now, store=store))
    recipient = booking.tickets_address
    # Without an address there is no guest to wait for: the debt is settled.
    if recipient:
        until = guest_mail.room_at(row, now=now)
        if until > now:
            postpone = bookings.postpone_tickets(
                row.uuid, until=until, access=row.access, now=now, store=store
            )
            run_now(postpone)
            return
        mail = tickets_mail(booking)
        mail.to = [_mailbox(recipient)]
        deliver(row, mail, GuestMail.Kind.TICKETS, recipient)
    run_now(bookings.mark_tickets_sent(row.uuid, access=row.access, now=now, store=store))


def tickets_mail(booking: bookings.Booking) -> EmailMessage:
    """Return the mail with the booking's codes, as text and as QR codes to be scanned."""
    return mail_to_guest(
        booking,
        subject="Your tickets:",
        template="bookings/tickets.txt",
        start=booking.departure and format_start(booking.departure, booking.product),
    )


def mail_to_guest(
    booking: bookings.Booking,
    *,
    subject: str,
    template: str,
    with_codes: bool = True,
    **values: object,
) -> EmailMessage:
    """Return a mail about a booking, its codes attached as QR codes unless they admit no more.

    The name of the product ends the ``subject``; ``values`` are what else the template shows.
    """
    supplier = Supplier.objects.first()
    test = "[TEST] " if booking.test_mode else ""
    codes = list(_codes(booking)) if with_codes else []
    product_name = shown_on_one_line(booking.product.internal_name)
    context = {
        "booking": booking,
        "product_name": product_name,
        "option_name": shown_on_one_line(booking.option.internal_name),
        "supplier": supplier,
        "has_codes": bool(codes),
    }
    mail = EmailMessage(
        subject=f"{test}{subject} {product_name}",
        body=render_to_string(template, context | values),
        to=[_mailbox(booking.contact.email_address or "")],
        reply_to=_reply_to(supplier),
    )
    if DeliveryFormat.QRCODE in booking.product.delivery_formats:
        for name, code in codes:
            mail.attach(f"{name}.png", _qr_code(code), "image/png")
    return mail


def _mailbox(address: str) -> str:
    """Return an address with its domain in ASCII, as every mail server takes it.

    One from before ``contact_data`` that is no address by its rules is tried as it is: it may well
    belong to another person. What cannot stand in a header fails this mail only.
    """
    try:
        return mailbox_for_smtp(address)[0]
    except InvalidText:
        return address


def _reply_to(supplier: Supplier | None) -> list[str] | None:
    # An address with letters beyond ASCII before the @ would keep the mail from other servers;
    # it stands in the text.
    if supplier is None or not supplier.email:
        return None
    mailbox = _mailbox(supplier.email)
    return [mailbox] if mailbox.isascii() else None


def _codes(booking: bookings.Booking) -> Iterator[tuple[str, str]]:
    if booking.voucher_code:
        yield booking.supplier_reference, booking.voucher_code
    for item in booking.unit_items:
        if item.ticket_code:
            yield item.supplier_reference, item.ticket_code


def _qr_code(code: str) -> bytes:
    picture = BytesIO()
    segno.make_qr(qr_code_content(code)).save(picture, kind="png", scale=8)
    return picture.getvalue()


def deliver(row: Booking, mail: EmailMessage, kind: GuestMail.Kind, recipient: str) -> None:
    """Send a mail, or store it when it is about a test (``guest_mail``), and record which.

    Raises:
        MailServerAway, SMTPRecipientsRefused, SMTPSenderRefused, SMTPDataError,
        SMTPNotSupportedError: as ``hand_over``.
    """
    if guest_mail.is_kept(row, recipient):
        guest_mail.keep(row, kind, mail, recipient=recipient)
    else:
        hand_over(mail)
        guest_mail.record_sent(row, kind)


def hand_over(mail: EmailMessage) -> None:
    """Send a mail over SMTP; distinguish a server that is unavailable from one that refuses it."""
    try:
        mail.send()
    except OF_ONE_MAIL:
        raise
    except OSError as problem:
        # smtplib's errors about the connection and the socket's own ones are of this kind.
        raise MailServerAway(str(problem)) from problem
