"""A partner's own cancellation, and the message about it that the partner has asked for."""

from datetime import datetime
from uuid import UUID

from shared_domain import bookings
from shared_domain.bookings import Booking, BookingId, BookingStore
from shared_domain.messages.model import MessageKind, may_write_to_guest
from shared_domain.messages.services import MessageStore, queue_message
from shared_domain.partners import Access

#: Why the message about a cancellation is queued: once for a booking, by partner or staff.
CANCELLED = "cancelled"


async def cancel_for_partner(
    uuid: UUID,
    *,
    reason: str | None,
    force: bool,
    access: Access,
    now: datetime,
    store: BookingStore,
    outbox: MessageStore,
) -> Booking:
    """Cancel a booking for its partner and queue the guest's message, in the caller's transaction.

    Only a guest of a confirmed booking whose partner asked for e-mails is written to: the supplier
    has told no other guest of the booking. Safe to repeat, as ``bookings.cancel_booking`` is; a
    repeat queues nothing, so that a guest whom staff chose not to tell stays untold.

    Raises:
        BookingNotFound, NotCancellable, InvalidDetails: see ``bookings.cancel_booking``.
    """
    booking = await bookings.cancel_booking(
        uuid, reason=reason, force=force, access=access, now=now, store=store
    )
    if _is_news(booking, now=now) and may_write_to_guest(booking, is_direct=False):
        await queue_message(
            BookingId(booking.id or 0),
            MessageKind.CANCELLATION,
            cause=CANCELLED,
            now=now,
            store=outbox,
        )
    return booking


def _is_news(booking: Booking, *, now: datetime) -> bool:
    """True when this call has cancelled a confirmed booking; a repeat finds an earlier moment."""
    cancellation = booking.cancellation
    was_confirmed = booking.confirmed_at is not None
    return was_confirmed and cancellation is not None and cancellation.cancelled_at == now
