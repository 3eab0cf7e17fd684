"""Export of a partner's bookings, of any number, from one snapshot of the database.

``export_bookings`` reads through a server-side cursor, in the order in which bookings were made,
some at a time. The caller provides a transaction that sees one snapshot, and limits its duration:
as long as a snapshot is held, PostgreSQL keeps every row version that was replaced since.
"""

from shared_domain.booking_export.errors import ExportCursorUnknown
from shared_domain.booking_export.model import ExportedBooking
from shared_domain.booking_export.services import BOOKINGS_AT_ONCE, ExportStore, export_bookings
from shared_domain.bookings import BookingFilter, BookingStatus, Refund

__all__ = [
    "BOOKINGS_AT_ONCE",
    # What an export is asked with, and what its bookings hold.
    "BookingFilter",
    "BookingStatus",
    "ExportCursorUnknown",
    "ExportStore",
    "ExportedBooking",
    "Refund",
    "export_bookings",
]
