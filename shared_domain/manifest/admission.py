"""Admit guests by their tickets: redeem them, and lift the no-show marks of those who came."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared_domain import bookings
from shared_domain.bookings import Booking, BookingId, BookingStore
from shared_domain.partners import Access


class NoShowStore(Protocol):
    """The marks on tickets; ``sql_store`` implements it."""

    async def lift_no_shows(
        self, booking_id: BookingId, ticket_uuids: Collection[UUID]
    ) -> Sequence[str]:
        """Take the no-show marks off these tickets, and return the references that had one."""
        ...


@dataclass(frozen=True, slots=True)
class Admission:
    """The booking with its tickets redeemed, and the tickets that had been marked as no-show."""

    booking: Booking
    lifted: tuple[str, ...]


async def admit_guests(
    uuid: UUID,
    item_uuids: frozenset[UUID] | None,
    *,
    on_any_day: bool = False,
    access: Access,
    now: datetime,
    store: BookingStore,
    marks: NoShowStore,
) -> Admission:
    """Redeem tickets as ``bookings.redeem_booking`` does, and lift their no-show marks.

    A guest who came after all is no no-show. The mark is deleted, as it would otherwise reappear
    when the redemption is undone; the history keeps both. A mark as late stays.

    Raises:
        All refusals of ``redeem_booking``.
    """
    booking = await bookings.redeem_booking(
        uuid, item_uuids, on_any_day=on_any_day, access=access, now=now, store=store
    )
    if booking.id is None:
        raise LookupError("a stored booking has an id")
    admitted = [item.uuid for item in booking.unit_items if item.redeemed_at == now]
    return Admission(booking, tuple(await marks.lift_no_shows(booking.id, admitted)))
