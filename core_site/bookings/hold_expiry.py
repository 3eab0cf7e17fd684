"""Expiry of holds and pending bookings for the ORM, as ``Booking.expires_at`` defines it."""

from datetime import datetime, timedelta

from django.db.models import Q

from core_site.bookings.models import Booking

#: A partner who wants the places has this long to confirm.
SOON = timedelta(minutes=30)

_STANDING_FOR_A_TIME = ["ON_HOLD", "PENDING"]


def has_expired(now: datetime) -> Q:
    """Return the condition on bookings that have expired, whether or not that is stored.

    A hold by its own time; a hold and a PENDING booking by their departure's booking cut-off.
    """
    return Q(status="ON_HOLD", hold_expires_at__lte=now) | Q(
        status__in=_STANDING_FOR_A_TIME, departure__booking_cutoff_at__lte=now
    )


def ends_soon(now: datetime) -> Q:
    """Return the condition on holds that run, and expire within ``SOON`` from now."""
    soon = now + SOON
    ends = Q(hold_expires_at__lte=soon) | Q(departure__booking_cutoff_at__lte=soon)
    return Q(status="ON_HOLD") & ends & ~has_expired(now)


def expires_at(booking: Booking) -> datetime | None:
    """Return when a hold or PENDING booking expires; None for others."""
    if booking.status not in _STANDING_FOR_A_TIME:
        return None
    cutoff = booking.departure.booking_cutoff_at if booking.departure else None
    return min(filter(None, (booking.hold_expires_at, cutoff)), default=None)
