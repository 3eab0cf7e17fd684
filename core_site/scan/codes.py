"""Look-up of the booking that a scanned or typed code belongs to, and of the ticket it admits."""

from dataclasses import dataclass
from uuid import UUID

from core_site.bookings.models import Booking, UnitItem
from core_site.documents import scanned_code
from shared_domain import bookings

#: In characters, longer than any URL of the scan page.
LONGEST_SCAN = 300


@dataclass(frozen=True)
class Found:
    """The booking of a code, and its ticket; None for a voucher or a booking's reference: all."""

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
    row = Booking.objects.filter(voucher_code=code).first()
    return _find_by_reference(code) if row is None else Found(row, None)


def _find_by_reference(code: str) -> Found | None:
    """Return the booking of a reference, or its ticket of a ticket's number: ``PT-…-2``."""
    booking_reference, ticket = bookings.parse_reference(code) or (code, None)
    row = Booking.objects.filter(supplier_reference=booking_reference).first()
    if row is None:
        return None
    if ticket is None:
        return Found(row, None, is_by_reference=True)
    item = row.unit_items.filter(supplier_reference=ticket).first()
    return None if item is None else Found(row, item.uuid, is_by_reference=True)
