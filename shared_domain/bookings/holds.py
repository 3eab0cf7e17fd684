"""Holds: how long one lasts, how much a partner may hold, and how expired ones are released.

**How long.** Never past the partner's ceiling (``Partner.max_hold_minutes``), nor past the booking
cut-off of the departure. The ceiling counts from the creation of the hold: if it counted from each
extension, a partner could keep places for days without a sale and give them back when it is too
late to sell them to another one.

**How much.** A partner's running holds on a departure together take at most
``Partner.max_held_percent`` of its capacity; without that bound, a partner that holds anew again
and again could keep a departure from all others. The first hold is always allowed, whatever it
takes: a boat is also sold as a whole. CONFIRMED, PENDING and expired bookings do not count,
freesale has no limit, and tests are counted apart. Availability applies the same rule: a slot of
which the partner cannot hold more is SOLD_OUT to it.

**Expiry.** Readers compute it (``Booking.expires_at``), so nothing depends on when the worker
stores it.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from shared_domain.availability import (
    LIVE_STOCK,
    Departure,
    DepartureId,
    HeldShare,
    share_unavailable_reason,
)
from shared_domain.bookings.errors import BookingAction, DepartureClosed, WrongStatus
from shared_domain.bookings.model import Booking
from shared_domain.bookings.party import raise_if_unavailable
from shared_domain.bookings.requests import DEFAULT_HOLD_MINUTES
from shared_domain.bookings.status import BookingStatus
from shared_domain.bookings.store import BookingStore, HoldLimits
from shared_domain.catalog import ProductNotFound

#: Holds without a departure that one transaction releases; it takes about a second.
MOST_UNDATED = 500


def initial_expiry(
    minutes: int | None, *, departure: Departure | None, max_minutes: int, now: datetime
) -> datetime:
    """Return when a hold made now ends; minutes above the ceiling are cut silently (OCTO, 3.3)."""
    latest = _latest_expiry(now, departure, max_minutes)
    # Capped first: a huge number of minutes would overflow the sum.
    asked_for = now + timedelta(minutes=min(minutes or DEFAULT_HOLD_MINUTES, max_minutes))
    return min(asked_for, latest)


def extend_hold(
    booking: Booking, minutes: int | None, *, max_minutes: int, now: datetime
) -> Booking:
    """Return this hold with ``minutes`` added (30 by default), as far as the ceiling allows.

    They count from the present expiry, so an extension never shortens a hold (OCTO, 3.5); a hold
    that lasts as long as it may, or longer because the ceiling was lowered since, comes back
    unchanged.

    A hold is a promise for the time that was given. Staff who close the departure, switch the
    product off or take the partner's terms away stop new sales and leave the promise: the hold may
    be confirmed until it ends. More time would be a new promise, so it is refused.

    Raises:
        WrongStatus: it is not ON_HOLD (any more).
        DepartureClosed: its departure was closed.
        ProductNotFound: its product was switched off, or the partner's terms are gone.
    """
    status = booking.status_at(now)
    if status is not BookingStatus.ON_HOLD or booking.hold_expires_at is None:
        raise WrongStatus(BookingAction.EXTEND, status, needed=BookingStatus.ON_HOLD)
    if booking.departure is not None and not booking.departure.is_open:
        raise DepartureClosed
    if not booking.product.is_active:
        raise ProductNotFound(booking.product.code)
    latest = _latest_expiry(booking.created_at, booking.departure, max_minutes)
    added = timedelta(minutes=min(minutes or DEFAULT_HOLD_MINUTES, max_minutes))
    expires_at = min(booking.hold_expires_at + added, latest)
    if expires_at <= booking.hold_expires_at:
        return booking
    return replace(booking, hold_expires_at=expires_at, updated_at=now)


def cap_at_cutoff(booking: Booking) -> Booking:
    """Return this booking; a hold then expires at its slot's booking cut-off at the latest."""
    if booking.status is not BookingStatus.ON_HOLD:
        return booking
    return replace(booking, hold_expires_at=booking.expires_at)


def _latest_expiry(created_at: datetime, departure: Departure | None, max_minutes: int) -> datetime:
    ceiling = created_at + timedelta(minutes=max_minutes)
    return min(ceiling, departure.booking_cutoff_at) if departure else ceiling


async def check_hold_share(
    before: Booking | None,
    after: Booking,
    *,
    limits: HoldLimits,
    now: datetime,
    store: BookingStore,
) -> None:
    """Check that a new or changed hold keeps the partner within its share; nothing is stored.

    The departure of ``after`` is locked, so that no other hold on it can appear meanwhile.

    Raises:
        HoldLimitReached: this hold and the partner's others on the departure exceed the share.
    """
    if not might_exceed_share(before, after, max_percent=limits.max_percent):
        return
    check_places_held(
        after,
        other_places_held=await store.other_places_held(after, now=now),
        max_percent=limits.max_percent,
    )


def might_exceed_share(before: Booking | None, after: Booking, *, max_percent: int) -> bool:
    """Return whether the partner's holds have to be counted to decide on this hold.

    False when it takes no more places than before, and when all places taken on the departure,
    by any partner, are within the share. So most reservations do not count the partner's holds.
    """
    departure = after.departure
    if after.status is not BookingStatus.ON_HOLD or departure is None or departure.capacity is None:
        return False
    earlier = before.departure if before is not None else None
    stays = before is not None and earlier is not None and earlier.id == departure.id
    more = after.places - (before.places if before is not None and stays else 0)
    return more > 0 and 100 * (departure.reserved + more) > max_percent * departure.capacity


def check_places_held(hold: Booking, *, other_places_held: int, max_percent: int) -> None:
    """Refuse a hold by which the partner would hold more of the departure than its share.

    A partner without other running holds is never refused.

    Raises:
        HoldLimitReached: ``other_places_held``, the places of the partner's other running holds on
            the departure, and those of this hold exceed the share.
    """
    share = HeldShare(other_places_held, max_percent)
    raise_if_unavailable(share_unavailable_reason(hold.departure, places=hold.places, share=share))


async def departures_with_expired_holds(
    *, now: datetime, limit: int, store: BookingStore
) -> list[DepartureId | None]:
    """Return departures with bookings that have expired; None stands for undated holds."""
    return await store.departures_with_expired_holds(now=now, limit=limit)


async def release_expired_holds(
    departure_id: DepartureId | None,
    *,
    now: datetime,
    store: BookingStore,
    most_undated: int = MOST_UNDATED,
) -> bool:
    """Mark a departure's expired holds EXPIRED and undecided bookings REJECTED; free their places.

    Return whether there may be more: of holds without a departure, whose number no capacity limits,
    at most ``most_undated`` are released at once. Safe to repeat. To be run in one transaction per
    departure, so that it never holds two locks that another transaction takes in the other order.
    """
    if departure_id is None:
        return await store.expire_undated_holds(now=now, most=most_undated) == most_undated
    await store.availability.lock(departure_id, stock=LIVE_STOCK, now=now)
    return False
