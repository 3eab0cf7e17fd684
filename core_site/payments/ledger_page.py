"""The panel of a booking's page with its ledger of payments."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from core_site import stores
from core_site.admin_kit.money_format import money
from core_site.bookings.models import Booking
from core_site.catalog.time_format import format_moment
from core_site.payments.forms import METHODS, describe_balance
from core_site.personal_data import may_see_personal_data
from shared_domain import payments
from shared_domain.payments import EntryKind, Ledger
from shared_domain.run_now import run_now

VIEW, RECEIVE, REFUND = "payments.view_entry", "payments.add_entry", "payments.refund_entry"

_METHODS = dict(METHODS)

_KINDS = {
    EntryKind.RECEIVED: "Received",
    EntryKind.REFUNDED: "Refunded",
    EntryKind.WRITTEN_OFF: "Written off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry in the table; ``reverse_url`` is empty if it cannot be reversed."""

    at: str
    what: str
    amount: str
    method: str
    reference: str
    note: str
    who: str
    is_void: bool
    reverse_url: str


def load_ledger(booking: Booking) -> Ledger:
    """Return the ledger of a booking as of now."""
    return run_now(
        payments.get_ledger(
            booking.uuid, access=booking.access, now=timezone.now(), store=stores.payments()
        )
    )


def ledger_url(booking_id: int) -> str:
    """Return the URL of the ledger on the booking's page."""
    return f"{reverse('admin:bookings_booking_change', args=[booking_id])}#panel-payments"


def ledger_panel(request: HttpRequest, booking: Booking) -> dict[str, Any] | None:
    """Return the panel's context; None for a staff user who may not see payments."""
    if not request.user.has_perm(VIEW):
        return None
    ledger = load_ledger(booking)
    balance = ledger.balance
    lines = list(_lines(request, ledger, booking.product.time_zone))
    return {
        "tone": _tone(ledger),
        "said": describe_balance(balance),
        "sums": list(_sums(ledger)),
        "explanation": _explain(ledger),
        "lines": lines,
        "may_reverse": any(line.reverse_url for line in lines),
        "buttons": list(_buttons(request, booking, ledger)),
    }


def _tone(ledger: Ledger) -> str:
    balance = ledger.balance
    if balance.refund_due_minor:
        return "danger"
    return "warning" if balance.due_minor else "success"


def _sums(ledger: Ledger) -> Iterator[tuple[str, str]]:
    balance = ledger.balance
    yield "Charged to the guest", money(balance.charged_minor, balance.currency)
    yield "Received", money(balance.received_minor, balance.currency)
    for name, amount in (
        ("Refunded", balance.refunded_minor),
        ("Written off", balance.written_off_minor),
    ):
        if amount:
            yield name, money(amount, balance.currency)


def _explain(ledger: Ledger) -> str:
    """Return why the guest is charged what they are, where that is not the price."""
    if ledger.sale.test_mode:
        return "A test booking: nothing is charged, and no payment is taken."
    if not ledger.sale.is_direct:
        return (
            "The guest pays the reseller, whom the monthly statement bills. What is taken here "
            "is the guest's money, until it is refunded."
        )
    return ""


def _lines(request: HttpRequest, ledger: Ledger, zone_name: str) -> Iterator[Line]:
    names = _load_names(entry.recorded_by for entry in ledger.entries)
    shows_notes = may_see_personal_data(request)
    for entry in reversed(ledger.entries):
        is_reversal = entry.reverses is not None
        is_reversed = entry.id is not None and ledger.find_reversal(entry.id) is not None
        can_reverse = not (is_reversal or is_reversed) and request.user.has_perm(REFUND)
        what = _KINDS[entry.kind]
        yield Line(
            at=format_moment(entry.recorded_at, zone_name),
            what=f"Reversal: {what.lower()}" if is_reversal else what,
            amount=money(entry.effect_minor, entry.currency),
            method=_METHODS.get(entry.method.value, "") if entry.method else "–",
            reference=entry.reference,
            note=entry.note if shows_notes or not entry.note else "••••••",
            who=names.get(entry.recorded_by, "–"),
            is_void=is_reversal or is_reversed,
            reverse_url=reverse("admin:payments_reverse", args=[entry.id]) if can_reverse else "",
        )


def _load_names(staff: Iterable[int]) -> dict[int, str]:
    users = User.objects.filter(pk__in=set(staff))
    return {user.pk: user.get_full_name() or user.get_username() for user in users}


def _buttons(
    request: HttpRequest, booking: Booking, ledger: Ledger
) -> Iterator[tuple[str, str, str]]:
    """Yield label, address and variant of what this staff user can record now."""
    balance = ledger.balance
    if ledger.sale.test_mode:
        return
    if request.user.has_perm(RECEIVE):
        variant = "primary" if balance.due_minor else "default"
        yield "Record payment", reverse("admin:payments_receive", args=[booking.pk]), variant
    if not request.user.has_perm(REFUND):
        return
    if balance.held_minor:
        variant = "primary" if balance.refund_due_minor else "default"
        yield "Refund", reverse("admin:payments_refund", args=[booking.pk]), variant
    if balance.due_minor:
        yield "Write off", reverse("admin:payments_write_off", args=[booking.pk]), "default"
