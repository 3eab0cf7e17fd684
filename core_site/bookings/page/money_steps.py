"""Steps of a booking's timeline beside the changes of its row: payments and desk exemptions."""

from collections import Counter
from collections.abc import Iterator

from django.contrib.auth.models import User
from django.http import HttpRequest

from core_site.admin_kit.money_format import money
from core_site.bookings.admin_columns import HIDDEN
from core_site.bookings.models import Booking
from core_site.bookings.page.step import Step
from core_site.payments.ledger_page import VIEW
from core_site.personal_data import may_see_personal_data
from core_site.row_history import EMPTY, FieldChange
from shared_domain.bookings import Channel
from shared_domain.payments import EntryKind

#: Entries that are read, the oldest first, so that the sums are right; a ledger has a few.
ENTRIES_READ = 200

_WORDS = {
    EntryKind.RECEIVED: ("Payment received", "Received"),
    EntryKind.REFUNDED: ("Money refunded", "Refunded"),
    EntryKind.WRITTEN_OFF: ("Debt written off", "Written off"),
}


def load_payment_steps(request: HttpRequest, booking: Booking) -> Iterator[Step]:
    """Yield a step for each ledger entry, with the sum of its kind before and after it.

    A staff user who may not see payments gets none.
    """
    if not request.user.has_perm(VIEW):
        return
    sums: Counter[EntryKind] = Counter()
    for entry in booking.payments.select_related("recorded_by").order_by("id")[:ENTRIES_READ]:
        kind = EntryKind(entry.kind)
        what, label = _WORDS[kind]
        before = sums[kind]
        sums[kind] += entry.amount_minor if entry.reverses_id is None else -entry.amount_minor
        change = FieldChange(
            label.lower(), label, money(before, entry.currency), money(sums[kind], entry.currency)
        )
        yield Step(
            at=entry.recorded_at,
            what=what if entry.reverses_id is None else f"Reversed: {what.lower()}",
            status="",
            who=f"Staff: {entry.recorded_by}",
            request_id="",
            fields=(change,),
        )


def load_exemption_steps(request: HttpRequest, booking: Booking) -> Iterator[Step]:
    """Yield a step for a sale over capacity or after the cut-off, with the reason."""
    if booking.channel == Channel.API:
        return
    for exemption in booking.exemptions.select_related("staff_user"):
        fields = []
        if exemption.capacity_before != exemption.capacity_after:
            capacities = str(exemption.capacity_before), str(exemption.capacity_after)
            fields.append(FieldChange("capacity", "Capacity of the departure", *capacities))
        if exemption.is_after_cutoff:
            fields.append(FieldChange("cutoff", "Booking cut-off", "passed", "ignored"))
        reason = exemption.reason if may_see_personal_data(request) else HIDDEN
        fields.append(FieldChange("reason", "Reason", EMPTY, reason))
        yield Step(
            at=exemption.created_at,
            what="Sold by an exemption of the desk",
            status="",
            who=_name(exemption.staff_user),
            request_id="",
            fields=tuple(fields),
        )


def _name(user: User | None) -> str:
    return f"Staff: {user}" if user else "Staff, since removed"
