"""A booking as it stands in an export: flat, so that it is a line of CSV as well as of JSON."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared_domain.bookings import BookingStatus, Contact, Refund


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedBooking:
    """A booking with its status at the time of the export, and the codes of what was booked.

    ``unit_codes`` has one for each ticket. Amounts are in minor units of ``currency``. ``repr()``
    shows the uuid only, since other fields may name a guest.
    """

    uuid: UUID
    test_mode: bool
    reseller_reference: str | None
    supplier_reference: str
    status: BookingStatus
    created_at: datetime
    updated_at: datetime
    hold_ends_at: datetime | None
    confirmed_at: datetime | None
    redeemed_at: datetime | None
    cancelled_at: datetime | None
    cancellation_refund: Refund | None
    cancellation_reason: str | None
    product_code: str
    option_code: str
    availability_id: str | None
    local_date: date | None
    unit_codes: tuple[str, ...]
    contact: Contact
    notes: str | None
    pickup_hotel: str | None
    pickup_time: str | None
    currency: str
    original_minor: int
    retail_minor: int
    net_minor: int | None
    refund_retail_minor: int | None
    refund_net_minor: int | None
    user_id: UUID | None

    def __repr__(self) -> str:
        return f"ExportedBooking(uuid={self.uuid})"
