"""Expiry of holds and pending bookings for the ORM, as ``Booking.expires_at`` defines it."""

from datetime import datetime, timedelta

from django.db.models import Q

from core_site.bookings.models import Booking
from shared_domain.bookings import BookingStatus

#: A partner who wants the places has this long to confirm.
SOON = timedelta(minutes=30)

_EXPIRING = [status.value for status in BookingStatus if status.after_expiry is not status]


def has_expired(now: datetime) -> Q:
    """Return the condition on bookings that have expired, whether or not that is stored.

    A hold by its own time; a hold and a PENDING booking by their departure's booking cut-off.
    """
    return Q(status=BookingStatus.ON_HOLD.value, hold_expires_at__lte=now) | Q(
        status__in=_EXPIRING, departure__booking_cutoff_at__lte=now
    )


def ends_soon(now: datetime) -> Q:
    """Return the condition on holds that run, and expire within ``SOON`` from now."""
    soon = now + SOON
    ends = Q(hold_expires_at__lte=soon) | Q(departure__booking_cutoff_at__lte=soon)
    # A range of the index of holds by expiry: lapsed ones wait there in any number to be released.
    runs = Q(status=BookingStatus.ON_HOLD.value, hold_expires_at__gt=now)
    is_sold = Q(departure=None) | Q(departure__booking_cutoff_at__gt=now)
    return runs & ends & is_sold


def expires_at(booking: Booking) -> datetime | None:
    """Return when a hold or PENDING booking expires; None for others."""
    cutoff = booking.departure.booking_cutoff_at if booking.departure else None
    status = BookingStatus(booking.status)
    return status.expires_at(hold_expires_at=booking.hold_expires_at, cutoff=cutoff)
