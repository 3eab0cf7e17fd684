"""Look-up of the booking that a scanned or typed code belongs to, and of the ticket it admits."""

from dataclasses import dataclass
from uuid import UUID

from core_site.bookings.models import Booking, UnitItem
from core_site.documents import scanned_code

#: In characters, longer than any URL of the scan page.
LONGEST_SCAN = 300


@dataclass(frozen=True)
class Found:
    """The booking of a code, and its ticket; None for a voucher or reference: it admits all."""

    row: Booking
    ticket_uuid: UUID | None
    is_by_reference: bool = False

    @property
    def item_uuids(self) -> frozenset[UUID] | None:
        return None if self.ticket_uuid is None else frozenset({self.ticket_uuid})


def find(scanned: str) -> Found | None:
    """Return the booking of a scanned text; None if it holds no known code."""
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
