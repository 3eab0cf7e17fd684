"""Release holds that have run out; nobody waits for it, since readers never count them."""

from datetime import datetime

from shared_domain.availability import DepartureId
from shared_domain.bookings.store import BookingStore


async def departures_with_lapsed_holds(
    *, now: datetime, limit: int, store: BookingStore
) -> list[DepartureId | None]:
    """Return departures whose holds have run out; None stands for holds without a departure."""
    return await store.departures_with_lapsed_holds(now=now, limit=limit)


async def release_lapsed_holds(
    departure_id: DepartureId | None, *, now: datetime, store: BookingStore
) -> None:
    """Mark a departure's lapsed holds EXPIRED and free their places. Safe to run twice.

    One transaction per departure: so it never holds two locks that somebody else wants in the
    other order.
    """
    if departure_id is None:
        await store.expire_undated_holds(now=now)
    else:
        await store.availability.lock(departure_id, now=now)
