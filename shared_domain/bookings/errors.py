"""Why a booking is turned down.

BookingRefused
 ├── BookingNotFound
 ├── UuidTaken
 ├── HoldExpired
 ├── AvailabilityMissing
 ├── UnitItemsMissing
 ├── CurrencyKept
 ├── PartyRefused
 │    └── UnaccompaniedUnit
 ├── SoldOut
 ├── HoldLimitReached
 ├── DepartureClosed
 ├── NotAcceptable
 ├── ContactIncomplete
 ├── InvalidDetails
 ├── NotCancellable
 ├── WrongStatus
 ├── NotRedeemable
 │    └── WrongDay
 ├── RedemptionFinal
 ├── NothingToSend
 ├── IdempotencyKeyReused
 └── TooManyBookings
"""

from collections.abc import Sequence
from datetime import date

from shared_domain.refusals import Refused


class BookingRefused(Refused):
    """A change to a booking, or a question about one, that is turned down."""


class BookingNotFound(BookingRefused):
    """No such booking, or another partner's: callers cannot tell which."""

    def __init__(self, uuid: str) -> None:
        super().__init__("uuid is not one of your bookings", field="uuid", value=uuid)


class UuidTaken(BookingRefused):
    """The caller used the uuid before, with other content."""

    def __init__(self, uuid: str) -> None:
        super().__init__(
            "uuid was already used with other content; send a new uuid for a new booking",
            field="uuid",
            value=uuid,
        )


class HoldExpired(BookingRefused):
    """The hold ran out before it was confirmed."""

    def __init__(self, uuid: str) -> None:
        super().__init__("uuid is a hold that has expired; reserve again", field="uuid", value=uuid)


class AvailabilityMissing(BookingRefused):
    """The product is only sold for a chosen date."""

    def __init__(self) -> None:
        super().__init__(
            "availabilityId is required for this product; POST /availability lists them",
            field="availabilityId",
        )


class CurrencyKept(BookingRefused):
    """A booking keeps its currency unless a rebooking asks for another one."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="currency")


class UnitItemsMissing(BookingRefused):
    """A booking of nothing."""

    def __init__(self) -> None:
        super().__init__("unitItems must hold at least one item", field="unitItems")


class PartyRefused(BookingRefused):
    """The number of tickets breaks a limit of the option, the slot or a unit."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="unitItems")


class UnaccompaniedUnit(PartyRefused):
    """A unit that can only be booked together with another one."""

    def __init__(self, unit_code: str, companions: Sequence[str]) -> None:
        super().__init__(
            f"unitItems: {unit_code} must be booked together with {' or '.join(companions)}"
        )


class SoldOut(BookingRefused):
    """Fewer places are left than the party takes."""

    def __init__(self, *, places: int, vacancies: int) -> None:
        super().__init__(
            f"availabilityId has {vacancies} places left and unitItems take {places}",
            field="availabilityId",
        )


class HoldLimitReached(BookingRefused):
    """The partner holds so much of the departure already that it must decide on that first."""

    def __init__(self, *, held: int, capacity: int, max_percent: int) -> None:
        super().__init__(
            f"availabilityId cannot be held for more: {held} of its {capacity} places are on hold "
            f"for you already, and at most {max_percent} % may be at once; confirm or cancel a "
            "hold first",
            field="availabilityId",
        )


class DepartureClosed(BookingRefused):
    """The slot is closed, or past its booking cut-off."""

    def __init__(self) -> None:
        super().__init__(
            "availabilityId is closed, or past its utcCutoffAt; choose another one",
            field="availabilityId",
        )


class NotAcceptable(BookingRefused):
    """Staff cannot accept a PENDING booking: its departure is closed, or too full for it."""

    def __init__(self, why: str) -> None:
        super().__init__(f"uuid cannot be accepted: {why}", field="uuid")


class ContactIncomplete(BookingRefused):
    """Contact fields that the option or a unit requires are missing."""

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__(f"required to confirm, and missing: {', '.join(fields)}", field=fields[0])


class InvalidDetails(BookingRefused):
    """A name, an address, a note or another text is not what its field takes.

    ``wanted`` says what would be right, in words that follow the field; what was sent is not
    repeated, as it may be a guest's.
    """

    def __init__(self, field: str, wanted: str) -> None:
        super().__init__(f"{field} {wanted}", field=field)


class NotCancellable(BookingRefused):
    """The booking is final: past its cut-off, used, or over."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="uuid")


class WrongStatus(BookingRefused):
    """The booking's status does not allow this."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="uuid")


class NotRedeemable(BookingRefused):
    """The ticket does not admit: a test, not confirmed, used before, or for another day."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class WrongDay(NotRedeemable):
    """The ticket is for another day, by the product's own clock; staff may insist."""

    def __init__(self, valid_on: date, *, today: date, time_zone: str) -> None:
        super().__init__(
            f"these tickets are for {valid_on:%A, %d %B %Y}; "
            f"there, by the clock of {time_zone}, it is {today:%A, %d %B %Y}"
        )


class RedemptionFinal(BookingRefused):
    """The redemption cannot be undone: the ticket was not used, or more than a day ago."""


class NothingToSend(BookingRefused):
    """There are no tickets, or nobody to send them to."""


class IdempotencyKeyReused(BookingRefused):
    """The booking has answered another request under this idempotency key."""

    def __init__(self) -> None:
        super().__init__(
            "Idempotency-Key was sent before with another request for this booking; "
            "send each request with a key of its own, and the same key only to repeat it",
            field="Idempotency-Key",
        )


class TooManyBookings(BookingRefused):
    """The search matches more bookings than one answer may hold."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"more than {limit} bookings match; narrow the search, for instance by localDate",
            field="localDateStart",
        )
