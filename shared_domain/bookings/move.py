"""Move a booking to another departure of its option, by the supplier's decision."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from shared_domain.availability import (
    AvailabilityNotFound,
    Departure,
    announced_start,
    slot_unavailable_reason,
    stock_for,
    to_departure_times,
)
from shared_domain.bookings.errors import BookingAction, BookingNotFound, NotCancellable
from shared_domain.bookings.model import Booking
from shared_domain.bookings.move_notices.services import MoveNoticeStore
from shared_domain.bookings.party import raise_if_unavailable
from shared_domain.bookings.pickups import keep_pickup_time
from shared_domain.bookings.places import with_updated_departure
from shared_domain.bookings.reservation import last_moment_of_sale
from shared_domain.bookings.status import BookingStatus
from shared_domain.bookings.store import BookingStore
from shared_domain.events import EventType
from shared_domain.partners import Access

_MOVABLE = frozenset({BookingStatus.PENDING, BookingStatus.CONFIRMED})


async def move_booking(
    uuid: UUID,
    availability_id: str,
    *,
    message: str,
    access: Access,
    now: datetime,
    store: BookingStore,
    notices: MoveNoticeStore,
) -> Booking:
    """Move a booking to another slot of its option at its price, with a notice to its guest.

    The supplier decides, so no cut-off counts, and the price stays whatever the other slot costs.
    The other slot must be open, not begun, and have the places; for a booking that is not confirmed
    it must be on sale, since that would lapse at its cut-off. Tickets and codes stay valid. A
    booking that is there already comes back unchanged, so this is safe to repeat.

    Raises:
        BookingNotFound, AvailabilityNotFound: one of them is gone, or of another option.
        NotCancellable: the booking is used, or over.
        DepartureClosed, SoldOut: the other slot cannot take it.
    """
    booking = await store.get_locked(uuid, access, now=now)
    if booking is None:
        raise BookingNotFound(str(uuid))
    old = booking.departure
    if old is not None and old.availability_id == availability_id:
        return booking
    if booking.status_at(now) not in _MOVABLE or booking.is_partly_redeemed or old is None:
        raise NotCancellable(
            BookingAction.MOVE,
            booking.status_at(now),
            booking.is_partly_redeemed,
            booking.option.cutoff_description,
        )
    target = await _lock_target(booking, old, availability_id, now, store)
    judged_at = last_moment_of_sale(target) if _ignores_cutoff(booking, target, now) else now
    raise_if_unavailable(slot_unavailable_reason(target, places=booking.places, now=judged_at))
    moved = replace(
        booking,
        departure=target,
        pickup_time=keep_pickup_time(booking, before=old, after=target),
        updated_at=now,
    )
    place = booking.product.zone
    await store.save(
        moved,
        before=booking,
        event=EventType.MOVED,
        details={
            "timeZone": booking.product.time_zone,
            "oldLocalStart": announced_start(old, place).isoformat(),
            "newLocalStart": announced_start(target, place).isoformat(),
        },
    )
    if booking.id is not None:
        await notices.queue(booking.id, to_departure_times(old), message=message, now=now)
    return with_updated_departure(booking, moved)


def _ignores_cutoff(booking: Booking, target: Departure, now: datetime) -> bool:
    """True for a confirmed booking while the target has not begun, or its day has not closed."""
    is_late = target.booking_cutoff_at <= now < target.cutoffs_count_from
    return is_late and booking.status is BookingStatus.CONFIRMED


async def _lock_target(
    booking: Booking, old: Departure, availability_id: str, now: datetime, store: BookingStore
) -> Departure:
    """Lock both departures, the lower id first as in every transaction; return the target."""
    stock = stock_for(booking.access)
    slots = await store.availability.by_availability_ids(
        booking.option.id, [availability_id], stock=stock, now=now
    )
    target = None
    needed = sorted({old.id, *(slot.id for slot in slots)})
    await store.availability.lock_resources(needed)
    for departure_id in needed:
        locked = await store.availability.lock(departure_id, stock=stock, now=now)
        target = target if departure_id == old.id else locked
    if target is None:
        raise AvailabilityNotFound(availability_id)
    return target
