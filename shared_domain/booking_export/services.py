"""The service that exports a partner's bookings in parts."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared_domain.booking_export.errors import ExportCursorUnknown
from shared_domain.booking_export.model import ExportedBooking
from shared_domain.bookings import BookingFilter
from shared_domain.partners import Access

#: Bookings that are in memory at once: few, since a process serves other callers between two parts.
BOOKINGS_AT_ONCE = 100


class ExportStore(Protocol):
    """The store of exports that this service needs; ``sql_store`` implements it."""

    async def position(self, uuid: UUID, access: Access) -> int | None:
        """Return the position of a booking of the partner in the order of exports, or None."""
        ...

    async def open(
        self, search: BookingFilter, access: Access, *, after: int, now: datetime
    ) -> None:
        """Open the cursor on the matching bookings that come after a position."""
        ...

    async def fetch(self, limit: int) -> list[ExportedBooking] | None:
        """Return the cursor's next bookings, None at its end."""
        ...


async def export_bookings(
    search: BookingFilter,
    *,
    access: Access,
    after: UUID | None = None,
    now: datetime,
    store: ExportStore,
) -> AsyncIterator[list[ExportedBooking]]:
    """Yield the partner's bookings that match, in the order in which they were made, in parts.

    ``after`` is the last booking of an export that was broken off. The caller's transaction sees
    one snapshot, so that all parts are of the same moment.

    Raises:
        ExportCursorUnknown: ``after`` is no booking of the partner's.
        InvalidDetails: a reference that is searched for is not what its field takes.
    """
    position = 0
    if after is not None:
        found = await store.position(after, access)
        if found is None:
            raise ExportCursorUnknown
        position = found
    await store.open(search, access, after=position, now=now)
    while (part := await store.fetch(BOOKINGS_AT_ONCE)) is not None:
        yield part
