"""The status of a booking, by OCTO's names."""

from datetime import datetime
from enum import StrEnum


class BookingStatus(StrEnum):
    ON_HOLD = "ON_HOLD"
    CONFIRMED = "CONFIRMED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    REDEEMED = "REDEEMED"
    PENDING = "PENDING"
    REJECTED = "REJECTED"

    @property
    def takes_places(self) -> bool:
        """True while the booking counts on its departure."""
        return self in _TAKING_PLACES

    @property
    def after_expiry(self) -> "BookingStatus":
        """The status after expiry: only holds and PENDING bookings expire.

        A hold is EXPIRED, a PENDING booking REJECTED: partners' programs wait for one of two
        answers to PENDING (OCTO, section 6), and EXPIRED is a hold that they let run out.
        """
        match self:
            case BookingStatus.ON_HOLD:
                return BookingStatus.EXPIRED
            case BookingStatus.PENDING:
                return BookingStatus.REJECTED
        return self

    def expires_at(
        self, *, hold_expires_at: datetime | None, cutoff: datetime | None
    ) -> datetime | None:
        """Return when a booking in this status expires; None for never.

        A hold ends with its own time, and at the latest with its slot's booking cut-off, which may
        have been moved since. A PENDING booking ends with the cut-off: the partner's guest must
        know by then. One without a date never does, nor does any other status.
        """
        match self:
            case BookingStatus.ON_HOLD:
                return min(filter(None, (hold_expires_at, cutoff)), default=None)
            case BookingStatus.PENDING:
                return cutoff
        return None


_TAKING_PLACES = frozenset(
    {
        BookingStatus.ON_HOLD,
        BookingStatus.PENDING,
        BookingStatus.CONFIRMED,
        BookingStatus.REDEEMED,
    }
)
