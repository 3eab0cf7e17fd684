"""The documents of a booking: a page for each ticket, or one voucher for all guests.

They are in the language of the guest's mails.
"""

from datetime import datetime

from core_site.admin_kit.money_format import money
from core_site.bookings.changes.effects import party_in_words
from core_site.documents import Document, DocumentColumn, load_sender, qr_code_content
from core_site.messages.letters.formats import LetterFormats
from core_site.messages.letters.translations import WORDING
from shared_domain.bookings import Booking, UnitItem, pickup_in_words
from shared_domain.messages import choose_language


class _Wording:
    """The words, dates and times of a booking's documents."""

    def __init__(self, booking: Booking) -> None:
        choice = choose_language(booking.contact.locales)
        self.facts = WORDING[choice.language]["facts"]
        self.printed = WORDING[choice.language]["document"]
        self.formats = LetterFormats(choice)


def build_tickets(booking: Booking, *, shows_guest: bool, now: datetime) -> Document:
    """Return a document with a page for each ticket that has a code and is not redeemed.

    Raises:
        ValueError: the booking has no such ticket.
    """
    items = [item for item in booking.unit_items if item.ticket_code and not item.redeemed_at]
    if not items:
        raise ValueError("the booking has no ticket to print")
    document = _begin(booking, "ticket", now)
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
    wording = _Wording(booking)
    document = _begin(booking, "voucher", now)
    document.facts(
        [
            *describe_visit(booking, booking.contact.name, shows_guest=shows_guest),
            (wording.facts["party"], party_in_words(booking)),
            (wording.facts["reference"], booking.supplier_reference),
        ]
    )
    document.qr_code(
        qr_code_content(booking.voucher_code), caption=spaced_code(booking.voucher_code)
    )
    document.paragraph(wording.printed["show_voucher"])
    titles = [("number", 2), ("admits", 2), ("guest", 3)]
    document.table(
        [DocumentColumn(wording.printed[title], width) for title, width in titles],
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


def _begin(booking: Booking, kind: str, now: datetime) -> Document:
    printed = _Wording(booking).printed
    title = printed[kind]
    if booking.test_mode:
        title = printed["test"].format(title=title)
    subtitle = f"{booking.product.internal_name}, {booking.option.internal_name}"
    return Document(title, subtitle=subtitle, sender=load_sender(), now=now)


def _add_ticket(document: Document, booking: Booking, item: UnitItem, *, shows_guest: bool) -> None:
    name = item.contact.name or booking.contact.name
    wording = _Wording(booking)
    price = (
        [(wording.facts["price"], money(item.price.retail_minor, item.price.currency))]
        if item.price
        else []
    )
    document.facts(
        [
            *describe_visit(booking, name, shows_guest=shows_guest),
            (wording.printed["admits"], item.unit.internal_name),
            (wording.printed["number"], item.supplier_reference),
            *price,
        ]
    )
    code = item.ticket_code or ""
    document.qr_code(qr_code_content(code), caption=spaced_code(code))
    document.paragraph(wording.printed["show_ticket"])


def describe_visit(
    booking: Booking, name: str | None, *, shows_guest: bool
) -> list[tuple[str, object]]:
    """Return who comes, when, and where and when they are picked up, as facts of a document.

    Names and pick-ups are left out without ``shows_guest``: they say where a guest lives.
    """
    wording = _Wording(booking)
    guest, pickup = (name, pickup_in_words(booking)) if shows_guest else ("", "")
    facts = [
        (wording.printed["guest"], guest),
        (wording.facts["when"], wording.formats.start(booking.departure, booking.product)),
        (wording.facts["pickup"], pickup),
    ]
    return [(label, text) for label, text in facts if text]
