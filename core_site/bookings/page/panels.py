"""The panels of a booking's page, in their order. To add one, see the package's docstring."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest

from core_site.admin_kit.change_pages.panels import LoadPanel, Panel
from core_site.admin_kit.money_format import money
from core_site.bookings.admin_columns import HIDDEN, contact_lines, format_contact_name
from core_site.bookings.models import Booking, UnitItem
from core_site.bookings.page.details import load_details
from core_site.bookings.page.timeline import load_timeline
from core_site.bookings.refund_texts import describe_refund, is_own_sale, name_initiators
from core_site.bookings.statement_line import describe_statement
from core_site.catalog.time_format import format_moment
from core_site.messages.office.panel import load_messages
from core_site.payments.ledger_page import ledger_panel
from core_site.personal_data import may_see_personal_data
from shared_domain.bookings import Initiator, Refund, pickup_in_words

#: Tickets of a page, so that it stays below 3,000 elements.
TICKETS_SHOWN = 200


def load_tickets(request: HttpRequest, booking: Booking) -> dict[str, Any]:
    """Return the tickets as rows of a table, without the columns that are empty for all of them.

    Of a large group the first ones, unless all are asked for in the address.
    """
    items = list(booking.unit_items.all())
    shown = items if request.GET.get("tickets") == "all" else items[:TICKETS_SHOWN]
    rows = [list(_ticket_cells(item, booking, request)) for item in shown]
    filled = [place for place in range(len(_TICKET_COLUMNS)) if any(row[place] for row in rows)]
    return {
        "columns": [_TICKET_COLUMNS[place] for place in filled],
        "rows": [[(*_TICKET_COLUMNS[place], row[place] or "") for place in filled] for row in rows],
        "total": len(items),
        "is_cut": len(shown) < len(items),
    }


#: Title and class of each column of the table of tickets. ``bk-says`` is understood without its
#: title, where the screen is narrow.
_TICKET_COLUMNS = (
    ("Ticket", "bk-says"),
    ("For", "bk-says"),
    ("Guest", "bk-says"),
    ("Code", "bk-code bk-says"),
    ("Redeemed", ""),
    ("Price", "bk-number bk-says"),
    ("Refund", "bk-number"),
)


def _ticket_cells(item: UnitItem, booking: Booking, request: HttpRequest) -> Iterator[str | None]:
    yield item.supplier_reference
    yield item.unit.internal_name
    name = format_contact_name(item.contact) if may_see_personal_data(request) else HIDDEN
    yield None if name == "–" else name
    yield item.ticket_code
    used_at = item.redeemed_at
    yield None if used_at is None else format_moment(used_at, booking.product.time_zone)
    yield None if item.retail_minor is None else money(item.retail_minor, booking.currency)
    refund = item.refund_retail_minor
    yield None if refund is None else money(refund, booking.currency)


def load_money(request: HttpRequest, booking: Booking) -> dict[str, Any]:
    amounts = {
        "Price for the guest": booking.retail_minor,
        "Before discounts": booking.original_minor,
        "The partner owes for it": booking.net_minor,
    }
    if booking.original_minor == booking.retail_minor:
        del amounts["Before discounts"]
    kept_minor = _kept_of_cancelled_tickets(booking)
    if kept_minor:
        amounts["Of it kept for cancelled tickets"] = kept_minor
    is_ours = is_own_sale(booking)
    if is_ours:  # No partner owes for it: the guest pays us.
        del amounts["The partner owes for it"]
    return {
        "amounts": [(label, money(amount, booking.currency)) for label, amount in amounts.items()],
        "refund": _describe_refund(booking),
        "cancelled_by": booking.cancellation_initiator
        and name_initiators(is_own_sale=is_ours)[Initiator(booking.cancellation_initiator)],
        "statement": "" if is_ours else describe_statement(booking),
    }


def _kept_of_cancelled_tickets(booking: Booking) -> int:
    """Return by how much the price is above that of the tickets, which have prices of their own."""
    prices = [item.retail_minor for item in booking.unit_items.all()]
    known = [price for price in prices if price is not None]
    return booking.retail_minor - sum(known) if prices and len(known) == len(prices) else 0


#: What of a contact stands at the top of the page, with the notes.
_IN_THE_HEAD = frozenset(
    {"fullName", "firstName", "lastName", "emailAddress", "phoneNumber", "notes"}
)


def load_contact(request: HttpRequest, booking: Booking) -> dict[str, Any]:
    if not may_see_personal_data(request):
        return {"hidden": HIDDEN}
    lines = contact_lines({
        key: value for key, value in booking.contact.items() if key not in _IN_THE_HEAD
    })  # fmt: skip
    texts = {
        "Pick-up": pickup_in_words(booking),
        "Why it was cancelled": booking.cancellation_reason,
    }
    return {
        "lines": lines,
        "texts": [(label, text) for label, text in texts.items() if text],
        "email_receipt": booking.email_receipt,
    }


def _panel(name: str, title: str, load: LoadPanel, *, is_wide: bool = False) -> Panel:
    return Panel(name, title, load, template=f"bookings/page/{name}.html", is_wide=is_wide)


PANELS: tuple[Panel, ...] = (
    _panel("tickets", "Tickets", load_tickets, is_wide=True),
    _panel("payments", "Payments", ledger_panel, is_wide=True),
    _panel("money", "Money", load_money),
    _panel("contact", "Guest", load_contact),
    _panel("messages", "Messages to the guest", load_messages),
    _panel("details", "References and times", load_details),
    _panel("timeline", "Timeline", load_timeline, is_wide=True),
)


def _describe_refund(booking: Booking) -> str:
    if booking.cancellation_refund is None or booking.refund_retail_minor is None:
        return ""
    return describe_refund(
        Refund(booking.cancellation_refund),
        booking.refund_retail_minor,
        booking.currency,
        was_paid=booking.confirmed_at is not None,
        is_own_sale=is_own_sale(booking),
    )
