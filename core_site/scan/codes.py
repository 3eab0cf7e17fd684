"""The booking behind a code that was scanned or typed, and which of its tickets the code admits."""

from dataclasses import dataclass
from uuid import UUID

from core_site.bookings.models import Booking, UnitItem
from core_site.documents import scanned_code

#: Longer than any address of ours with a code.
LONGEST_SCAN = 300


@dataclass(frozen=True)
class Found:
    """A booking, and the one ticket that its code admits, or None: all, by voucher or reference."""

    row: Booking
    ticket_uuid: UUID | None
    is_by_reference: bool = False

    @property
    def item_uuids(self) -> frozenset[UUID] | None:
        return None if self.ticket_uuid is None else frozenset({self.ticket_uuid})


def find(scanned: str) -> Found | None:
    """Return what a code belongs to; None for an unknown or an unreadable one."""
    code = scanned_code(scanned[:LONGEST_SCAN])
    if not code:
        return None
    item = UnitItem.objects.filter(ticket_code=code).select_related("booking").first()
    if item is not None:
        return Found(item.booking, item.uuid)
    for name in ("voucher_code", "supplier_reference"):
        row = Booking.objects.filter(**{name: code}).first()
        if row is not None:
            return Found(row, None, is_by_reference=name == "supplier_reference")
    return None
