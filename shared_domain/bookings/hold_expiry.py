"""Note what time has ended: holds that have run out, and PENDING bookings left undecided.

Nothing depends on when it is noted, since readers go by ``Booking.expires_at``.
"""

from datetime import datetime

from shared_domain.availability import LIVE_STOCK, DepartureId
from shared_domain.bookings.store import BookingStore


async def departures_with_expired_holds(
    *, now: datetime, limit: int, store: BookingStore
) -> list[DepartureId | None]:
    """Return departures with bookings that have expired; None stands for holds without one."""
    return await store.departures_with_expired_holds(now=now, limit=limit)


async def release_expired_holds(
    departure_id: DepartureId | None, *, now: datetime, store: BookingStore
) -> None:
    """Mark a departure's expired holds EXPIRED and undecided bookings REJECTED; free their places.

    Safe to run twice. One transaction per departure: so it never holds two locks that another
    transaction wants in the other order.
    """
    if departure_id is None:
        await store.expire_undated_holds(now=now)
    else:
        await store.availability.lock(departure_id, stock=LIVE_STOCK, now=now)
