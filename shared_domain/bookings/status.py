"""The status of a booking, by OCTO's names."""

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


_TAKING_PLACES = frozenset(
    {
        BookingStatus.ON_HOLD,
        BookingStatus.PENDING,
        BookingStatus.CONFIRMED,
        BookingStatus.REDEEMED,
    }
)
