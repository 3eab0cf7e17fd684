"""How long a hold lasts: never past the partner's ceiling, nor past its slot's booking cut-off.

The ceiling (``Partner.max_hold_minutes``) is for the whole hold, counted from its creation. If it
were counted from each extension, a partner could keep places for days without a sale and give
them back when it is too late to sell them to anybody else.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared_domain.availability import Departure
from shared_domain.bookings.errors import DepartureClosed, WrongStatus
from shared_domain.bookings.model import Booking
from shared_domain.bookings.status import BookingStatus
from shared_domain.catalog import ProductNotFound

#: Source: OCTO, POST /bookings: "default 30".
DEFAULT_HOLD_MINUTES = 30


@dataclass(frozen=True, slots=True)
class HoldLimits:
    """What a partner may hold: for how long in all, and how much of a departure at once."""

    max_minutes: int
    max_percent: int


def initial_expiry(
    minutes: int | None, *, departure: Departure | None, max_minutes: int, now: datetime
) -> datetime:
    """Return when a hold made now ends; minutes above the ceiling are cut silently (OCTO, 3.3)."""
    latest = _latest_expiry(now, departure, max_minutes)
    # However many were asked for, the sum stays a moment that exists.
    asked_for = now + timedelta(minutes=min(minutes or DEFAULT_HOLD_MINUTES, max_minutes))
    return min(asked_for, latest)


def extend(booking: Booking, minutes: int | None, *, max_minutes: int, now: datetime) -> Booking:
    """Return this hold with ``minutes`` added (30 unless told), as far as the ceiling allows.

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
        raise WrongStatus(f"uuid is {status}; only a booking ON_HOLD can be extended")
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
    """Return this booking, its hold cut to the cut-off of the slot that it has moved to."""
    if booking.status is not BookingStatus.ON_HOLD:
        return booking
    return replace(booking, hold_expires_at=booking.expires_at)


def _latest_expiry(created_at: datetime, departure: Departure | None, max_minutes: int) -> datetime:
    ceiling = created_at + timedelta(minutes=max_minutes)
    return min(ceiling, departure.booking_cutoff_at) if departure else ceiling
