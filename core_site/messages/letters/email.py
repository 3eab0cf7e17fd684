"""A letter as an e-mail: as plain text and as HTML, with the QR codes of its tickets attached."""

from collections.abc import Iterator
from email.utils import parseaddr
from hashlib import sha256
from io import BytesIO

import segno
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from core_site.catalog.models import Supplier
from core_site.documents import qr_code_content
from core_site.messages.letters.letter import Letter
from shared_domain import bookings
from shared_domain.catalog import DeliveryFormat
from shared_domain.contact_data import InvalidText, mailbox_for_smtp


def write_email(
    letter: Letter,
    booking: bookings.Booking,
    *,
    recipient: str,
    supplier: Supplier | None,
    cause: str,
) -> EmailMultiAlternatives:
    """Return the e-mail of a letter; e-mails for the same ``cause`` have the same Message-ID.

    A mailbox shows two e-mails with one Message-ID as one. So a guest sees one message although it
    was sent again after a worker died between the mail server's "accepted" and the commit.
    """
    context = {"letter": letter}
    mail = EmailMultiAlternatives(
        subject=letter.subject,
        body=render_to_string("guest_messages/letter.txt", context),
        to=[find_mailbox(recipient)],
        reply_to=_reply_to(supplier),
        headers={
            "Message-ID": _message_id(str(booking.uuid), cause, recipient),
            "Content-Language": letter.language,
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(render_to_string("guest_messages/letter.html", context), "text/html")
    if letter.codes and DeliveryFormat.QRCODE in booking.product.delivery_formats:
        for name, code in _codes(booking):
            mail.attach(f"{name}.png", _qr_code(code), "image/png")
    return mail


def find_mailbox(address: str) -> str:
    """Return an address with its domain in ASCII, which every mail server accepts.

    An address that was stored before ``contact_data`` and breaks its rules is returned unchanged,
    since a repaired one might belong to another person. If it cannot be sent, only this mail fails.
    """
    try:
        return mailbox_for_smtp(address)[0]
    except InvalidText:
        return address


def _message_id(*parts: str) -> str:
    digest = sha256("\n".join(parts).encode()).hexdigest()[:40]
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return f"<{digest}@{address.rpartition('@')[2] or 'localhost'}>"


def _reply_to(supplier: Supplier | None) -> list[str] | None:
    # An address with letters beyond ASCII before the @ would keep the mail from other servers;
    # it stands in the text.
    if supplier is None or not supplier.email:
        return None
    mailbox = find_mailbox(supplier.email)
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
