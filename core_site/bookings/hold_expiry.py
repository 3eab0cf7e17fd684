"""Expiry of holds and pending bookings for the ORM, as ``Booking.expires_at`` defines it."""

from datetime import datetime, timedelta

from django.db.models import Q

from core_site.bookings.models import Booking
from shared_domain.bookings import BookingStatus

#: How long before its expiry a hold is listed as ending soon.
SOON = timedelta(minutes=30)

_EXPIRING = [status.value for status in BookingStatus if status.after_expiry is not status]


def has_expired(now: datetime) -> Q:
    """Return the condition for holds and pending bookings past their expiry.

    A hold expires at ``hold_expires_at`` or, as a PENDING booking does, at its departure's booking
    cut-off. A booking whose expiry is stored does not match, since it has another status by then.
    """
    return Q(status=BookingStatus.ON_HOLD.value, hold_expires_at__lte=now) | Q(
        status__in=_EXPIRING, departure__booking_cutoff_at__lte=now
    )


def ends_soon(now: datetime) -> Q:
    """Return the condition for running holds that expire within ``SOON`` from now."""
    soon = now + SOON
    ends = Q(hold_expires_at__lte=soon) | Q(departure__booking_cutoff_at__lte=soon)
    # A range of the index of holds by expiry, which may also hold many expired, unreleased holds.
    runs = Q(status=BookingStatus.ON_HOLD.value, hold_expires_at__gt=now)
    is_sold = Q(departure=None) | Q(departure__booking_cutoff_at__gt=now)
    return runs & ends & is_sold


def expires_at(booking: Booking) -> datetime | None:
    """Return when a hold or PENDING booking expires; None for others."""
    cutoff = booking.departure.booking_cutoff_at if booking.departure else None
    status = BookingStatus(booking.status)
    return status.expires_at(hold_expires_at=booking.hold_expires_at, cutoff=cutoff)
