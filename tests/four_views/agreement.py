"""What must be the same in all four views of a booking, and what each must say."""

from datetime import UTC, datetime
from typing import Any

from django.test import Client

from core_site.bookings.models import Booking, MoveNotice
from shared_domain.time_zones import zone
from tests.four_views.views import (
    GuestsView,
    PartnersView,
    StaffsView,
    guests_view,
    minor_units,
    money,
    month_of,
    partners_view,
    staffs_view,
    statement_line,
)
from tests.harness.clients import OctoClient

#: How the page names a refund.
REFUNDS = {"FULL": "In full", "PARTIAL": "In part", "NONE": "None"}


def check_that_views_agree(partner: OctoClient, staff: Client, uuid: str) -> PartnersView:
    """Read a booking in its four views, and hold each against the others."""
    row = Booking.objects.select_related("departure").get(uuid=uuid)
    by_partner = partners_view(partner, uuid)
    by_staff = staffs_view(staff, row)
    _check_the_page(by_partner, by_staff)
    _check_the_refund(by_partner, by_staff)
    line = statement_line(staff, str(partner.key), _month(by_partner, row), uuid)
    _check_the_statement(by_partner, by_staff, line, _month(by_partner, row))
    _check_the_mail(by_partner, guests_view(row.supplier_reference), row)
    return by_partner


def _check_the_page(by_partner: PartnersView, by_staff: StaffsView) -> None:
    shown = by_staff.facts
    assert by_staff.status == by_partner.status.replace("_", " ").capitalize()
    start = by_partner.starts_at
    if start is None:
        assert shown["When"] == "any day"
    else:
        is_a_day = by_partner.is_of_a_whole_day
        day_or_time = f"{start:%Y-%m-%d}" if is_a_day else f"{start:%Y-%m-%d %H:%M}"
        assert shown["When"].startswith(day_or_time), (shown["When"], start)
        assert by_partner.zone in shown["When"]
        # The offset is the one that the zone has at that moment.
        assert start.astimezone(zone(by_partner.zone)).isoformat() == start.isoformat()
    currency = by_partner.currency
    amounts = [by_partner.amount(name) for name in ("original", "retail", "net")]
    assert by_staff.prices == [money(amount, currency) for amount in amounts]
    assert [ticket["Ticket"] for ticket in by_staff.tickets] == by_partner.tickets
    items = by_partner.answer["unitItems"]
    for ticket, item in zip(by_staff.tickets, items, strict=True):
        is_used = item["utcRedeemedAt"] is not None
        assert (ticket.get("Redeemed", "–") not in ("", "–")) == is_used, ticket
        if "pricing" in item:
            assert ticket["Price"] == money(item["pricing"]["retail"], currency)
        assert item["status"] == ("REDEEMED" if is_used else by_partner.status)
    if by_partner.status == "REDEEMED":
        assert by_partner.used_tickets == by_partner.tickets
    if by_partner.status not in ("CONFIRMED", "REDEEMED"):
        assert by_partner.codes == set()


def _check_the_refund(by_partner: PartnersView, by_staff: StaffsView) -> None:
    if by_partner.refund is None:
        assert not by_staff.facts.keys() & {"Refund", "Cancelled by"}
        assert by_partner.status != "CANCELLED"
        return
    shown = by_staff.facts["Refund"]
    assert by_staff.facts["Cancelled by"]
    assert shown.startswith(f"{REFUNDS[by_partner.refund]}: ")
    retail, currency = by_partner.amount("retail"), by_partner.currency
    was_paid = by_partner.answer["utcConfirmedAt"] is not None
    if by_partner.refund == "FULL":
        in_full = f"{money(retail, currency)} back to the guest"
        assert shown == f"In full: {in_full if was_paid else 'nothing was paid'}"
        return
    given_back = minor_units(shown)
    assert shown.endswith(" back to the guest")
    assert given_back == 0 if by_partner.refund == "NONE" else 0 < given_back < retail
    if "pricing" in by_partner.answer["unitItems"][0]:
        assert given_back == sum(minor_units(ticket["Refund"]) for ticket in by_staff.tickets)


def _check_the_statement(
    by_partner: PartnersView, by_staff: StaffsView, line: Any, month: str
) -> None:
    was_confirmed = by_partner.answer["utcConfirmedAt"] is not None
    is_charged = by_partner.refund in ("PARTIAL", "NONE")
    is_billed = by_partner.status in ("CONFIRMED", "REDEEMED") or (
        by_partner.status == "CANCELLED" and (was_confirmed or is_charged)
    )
    assert (line is not None) == is_billed, (by_partner.answer["status"], line)
    if line is None:
        assert by_staff.facts["Statement"] == "not billed"
        return
    start = by_partner.starts_at
    net, currency = by_partner.amount("net"), by_partner.currency
    assert (line["status"], line["refund"]) == (by_partner.status, by_partner.refund)
    assert line["travelDate"] == (None if start is None else f"{start:%Y-%m-%d}")
    assert line["productId"] == by_partner.answer["productId"]
    assert line["supplierReference"] == by_partner.answer["supplierReference"]
    assert (line["netMinor"], line["currency"]) == (net, currency)
    owed = {None: net, "FULL": 0, "NONE": net}.get(by_partner.refund, line["owedMinor"])
    assert line["owedMinor"] == owed
    if by_partner.refund == "PARTIAL":
        # The same share of either price, but for the rounding of each.
        kept = 1 - minor_units(by_staff.facts["Refund"]) / by_partner.amount("retail")
        assert abs(owed - net * kept) <= 1
    assert by_staff.facts["Statement"] == f"{money(owed, currency)} in {month}"


def _check_the_mail(by_partner: PartnersView, by_guest: GuestsView | None, row: Booking) -> None:
    """A guest who was sent tickets, and waits for no others, has those that admit, and when."""
    if by_guest is None or owes_mail(row) or by_partner.status != "CONFIRMED":
        return
    assert by_guest.codes == by_partner.codes
    start = by_partner.starts_at
    if start is None:
        assert by_guest.when == "on any day you like"
        return
    assert f"{start:%A}, {start.day} {start:%B %Y}" in by_guest.when
    if not by_partner.is_of_a_whole_day:
        assert f"{start:%H:%M}" in by_guest.when


def owes_mail(row: Booking) -> bool:
    """True while the worker has a mail to send about the booking."""
    has_moved = MoveNotice.objects.filter(booking=row, due_at__isnull=False).exists()
    return row.tickets_due_at is not None or has_moved


def _month(by_partner: PartnersView, row: Booking) -> str:
    """Return the month in which a statement has the booking, if any has."""
    if by_partner.starts_at is not None:
        return month_of(by_partner.starts_at.date())
    moment = by_partner.answer["utcConfirmedAt"] or _cancelled_at(by_partner)
    if moment is None:
        return month_of(datetime.now(UTC).date())
    return month_of(datetime.fromisoformat(moment).astimezone(zone(by_partner.zone)).date())


def _cancelled_at(by_partner: PartnersView) -> str | None:
    cancellation = by_partner.answer["cancellation"]
    return None if cancellation is None else str(cancellation["utcCancelledAt"])
