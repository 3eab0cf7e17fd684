"""The documents of a booking: a page for each ticket, or one voucher for all guests."""

from datetime import datetime

from core_site.admin_kit.money_format import money
from core_site.bookings.changes.effects import party_in_words
from core_site.bookings.time_format import format_start
from core_site.documents import Document, DocumentColumn, load_sender, qr_code_content
from shared_domain.bookings import Booking, UnitItem, pickup_in_words


def build_tickets(booking: Booking, *, shows_guest: bool, now: datetime) -> Document:
    """Return a document with a page for each ticket that has a code and is not redeemed.

    Raises:
        ValueError: the booking has no such ticket.
    """
    items = [item for item in booking.unit_items if item.ticket_code and not item.redeemed_at]
    if not items:
        raise ValueError("the booking has no ticket to print")
    document = _begin(booking, _title("Ticket", booking), now)
    for number, item in enumerate(items):
        if number:
            document.new_page()
        _add_ticket(document, booking, item, shows_guest=shows_guest)
    return document


def build_voucher(booking: Booking, *, shows_guest: bool, now: datetime) -> Document:
    """Return the voucher of the whole party, with its tickets listed.

    Raises:
        ValueError: the booking has no voucher code.
    """
    if not booking.voucher_code:
        raise ValueError("the booking has no voucher")
    document = _begin(booking, _title("Voucher", booking), now)
    document.facts(
        [
            *describe_visit(booking, booking.contact.name, shows_guest=shows_guest),
            ("Party", party_in_words(booking)),
            ("Booking", booking.supplier_reference),
        ]
    )
    document.qr_code(
        qr_code_content(booking.voucher_code), caption=spaced_code(booking.voucher_code)
    )
    document.paragraph("Show this code when you arrive: it admits the whole party.")
    document.table(
        [DocumentColumn("Ticket", 2), DocumentColumn("For", 2), DocumentColumn("Guest", 3)],
        [
            (
                item.supplier_reference,
                item.unit.internal_name,
                (item.contact.name or "") if shows_guest else "",
            )
            for item in booking.unit_items
        ],
    )
    return document


def spaced_code(code: str) -> str:
    """Return a code in groups of four, to be read aloud: ``7Q4M 2K9X RA7Q 4M2K``."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


def _begin(booking: Booking, title: str, now: datetime) -> Document:
    subtitle = f"{booking.product.internal_name}, {booking.option.internal_name}"
    return Document(title, subtitle=subtitle, sender=load_sender(), now=now)


def _add_ticket(document: Document, booking: Booking, item: UnitItem, *, shows_guest: bool) -> None:
    name = item.contact.name or booking.contact.name
    price = [("Price", money(item.price.retail_minor, item.price.currency))] if item.price else []
    document.facts(
        [
            *describe_visit(booking, name, shows_guest=shows_guest),
            ("Admits", item.unit.internal_name),
            ("Ticket", item.supplier_reference),
            *price,
        ]
    )
    code = item.ticket_code or ""
    document.qr_code(qr_code_content(code), caption=spaced_code(code))
    document.paragraph("Show this code when you arrive. It admits once.")


def _title(kind: str, booking: Booking) -> str:
    return f"{kind} (test, does not admit)" if booking.test_mode else kind


def describe_visit(
    booking: Booking, name: str | None, *, shows_guest: bool
) -> list[tuple[str, object]]:
    """Return who comes, when, and where and when they are picked up, as facts of a document.

    Names and pick-ups are left out without ``shows_guest``: they say where somebody lives.
    """
    guest, pickup = (name, pickup_in_words(booking)) if shows_guest else ("", "")
    facts = [("Guest", guest), ("When", _when(booking)), ("Pick-up", pickup)]
    return [(label, text) for label, text in facts if text]


def _when(booking: Booking) -> str:
    if booking.departure is None:
        return "on any day you like"
    return format_start(booking.departure, booking.product)
