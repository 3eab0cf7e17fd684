"""Refusals of bookings: of reservations, changes, searches and redemptions.

BookingRefused
 ├── BookingNotFound
 ├── UuidTaken
 ├── HoldExpired
 ├── AvailabilityMissing
 ├── AgreementMissing
 ├── UnitItemsMissing
 ├── BookingUserNotFound
 ├── CurrencyKept
 ├── PartyRefused
 ├── SoldOut
 ├── HoldLimitReached
 ├── DepartureClosed
 ├── ContactIncomplete
 ├── InvalidDetails
 ├── NotCancellable
 ├── WrongStatus
 ├── TooManyBookings
 ├── SearchTooLarge
 ├── NotAcceptable            staff
 ├── NotRedeemable            staff
 ├── WrongDay                 staff
 ├── RedemptionFinal          staff
 ├── TicketsGone              staff
 └── NothingToSend            staff

A ticket is named by its position in the list that was sent, counted from 0.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum

from shared_domain.availability import PartyLimit
from shared_domain.bookings.status import BookingStatus
from shared_domain.catalog import ContactField, CutoffDescription
from shared_domain.contact_data import TextFlaw
from shared_domain.refusals import Refused, RefusedToStaff


class BookingAction(StrEnum):
    """A refused action, as a participle: "it can no longer be cancelled"."""

    CONFIRM = "confirmed"
    EXTEND = "extended"
    CHANGE = "changed"
    MOVE = "moved"
    CANCEL = "cancelled"
    RELEASE = "released"
    ACCEPT = "accepted"
    REJECT = "rejected"


class BookingRefused(Refused):
    """A request about a booking that is refused; nothing has changed."""


@dataclass(eq=False)
class BookingNotFound(BookingRefused):
    """No such booking, or another partner's: callers cannot tell which."""

    uuid: str


@dataclass(eq=False)
class UuidTaken(BookingRefused):
    """The caller used the uuid before, with other content."""

    uuid: str


@dataclass(eq=False)
class HoldExpired(BookingRefused):
    """The hold ran out before it was confirmed."""

    uuid: str


class AvailabilityMissing(BookingRefused):
    """The product is only sold for a chosen date."""


class AgreementMissing(BookingRefused):
    """A partner would add to a confirmed booking what the supplier has not agreed to.

    The supplier decides on each booking of a product without instant confirmation.
    """


@dataclass(eq=False)
class CurrencyKept(BookingRefused):
    """A booking keeps its ``currency``, in which its prices are frozen.

    ``offered`` are the currencies of the product that it is rebooked to, one of which has to be
    requested, or only its own, where the guest has paid or was charged in that; None where the
    booking stays in its slot, which changes no currency.
    """

    currency: str
    offered: tuple[str, ...] | None = None


class UnitItemsMissing(BookingRefused):
    """The request has no tickets; a booking needs at least one."""


@dataclass(frozen=True, slots=True)
class TicketUuidRepeated:
    """Two tickets carry the same uuid; ``ticket`` is the later one."""

    ticket: int


@dataclass(frozen=True, slots=True)
class UnitAges:
    """The ages, both included, that a unit is for."""

    unit_code: str
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class NoTicketForUser:
    """No ticket is for the age of the booking's user, which is not repeated: it is personal."""

    units: tuple[UnitAges, ...]


@dataclass(eq=False)
class PartyRefused(BookingRefused):
    """The tickets violate a rule of the option, the slot or a unit; ``reason`` is the rule.

    Two tickets with one uuid are refused by it as well, and tickets none of which is for the age of
    the booking's user.
    """

    reason: PartyLimit | TicketUuidRepeated | NoTicketForUser


class BookingUserNotFound(BookingRefused):
    """The request names a user that the partner does not have in this mode."""


@dataclass(eq=False)
class SoldOut(BookingRefused):
    """Fewer places are left than the party takes."""

    places: int
    vacancies: int


@dataclass(eq=False)
class HoldLimitReached(BookingRefused):
    """The hold would exceed the partner's share of the departure; it has ``held`` on hold already.

    The partner has to confirm or cancel some of its holds first.
    """

    held: int
    capacity: int
    max_percent: int


class DepartureClosed(BookingRefused):
    """The slot is closed, or past its booking cut-off."""


@dataclass(frozen=True, slots=True)
class MissingContactField:
    """A contact field that is required, of the booking or of a ticket."""

    field: ContactField
    ticket: int | None = None


@dataclass(eq=False)
class ContactIncomplete(BookingRefused):
    """Contact fields that the option or a unit requires are missing; there is at least one."""

    missing: tuple[MissingContactField, ...]


@dataclass(frozen=True, slots=True)
class TextPath:
    """Where a text is in a request: in the booking, in a ticket, or in the contact of either.

    ``position`` counts from 0 within a field that is a list, as locales are.
    """

    name: str
    ticket: int | None = None
    is_of_contact: bool = False
    position: int | None = None


@dataclass(eq=False)
class InvalidDetails(BookingRefused):
    """A name, an address, a note or another text is not what its field takes.

    What was sent is not repeated, as it may be a guest's.
    """

    field: TextPath
    flaw: TextFlaw


@dataclass(eq=False)
class NotCancellable(BookingRefused):
    """The booking can no longer be cancelled or changed: past its cut-off, used, or over."""

    action: BookingAction
    status: BookingStatus
    is_partly_redeemed: bool
    cutoff: CutoffDescription


@dataclass(eq=False)
class WrongStatus(BookingRefused):
    """The booking's status does not allow this; ``needed`` is the one that would.

    ``undecided_until`` is the moment by which staff had to decide on a PENDING booking, if that is
    why it is REJECTED.
    """

    action: BookingAction
    status: BookingStatus
    needed: BookingStatus
    undecided_until: datetime | None = None


@dataclass(eq=False)
class TooManyBookings(BookingRefused):
    """The search matches more bookings than one answer may hold."""

    limit: int


@dataclass(eq=False)
class SearchTooLarge(BookingRefused):
    """The bookings that the search matches have more tickets in all than one answer may hold."""

    limit: int


@dataclass(eq=False)
class NotAcceptable(BookingRefused, RefusedToStaff):
    """Staff cannot accept a PENDING booking: its departure is closed, or too full for it."""

    is_open: bool
    capacity: int | None
    reserved: int


class RedemptionProblem(Enum):
    """Why a ticket does not admit, or why its redemption cannot be undone."""

    TEST_BOOKING = "its codes are those of a test"
    NOT_CONFIRMED = "the booking is not confirmed"
    NOT_OF_THIS_BOOKING = "the booking has no such ticket"
    USED_BEFORE = "the ticket was used before"
    NOT_USED = "the ticket was not used"
    NONE_USED = "no ticket of the booking was used"
    USED_TOO_LONG_AGO = "the ticket was used more than a day ago"


@dataclass(eq=False)
class NotRedeemable(BookingRefused, RefusedToStaff):
    """The ticket does not admit; ``ticket`` is its reference, where one is at fault."""

    problem: RedemptionProblem
    status: BookingStatus
    ticket: str | None = None


@dataclass(eq=False)
class WrongDay(BookingRefused, RefusedToStaff):
    """The ticket is for another day, by the product's own clock; staff may insist."""

    valid_on: date
    today: date
    time_zone: str


@dataclass(eq=False)
class RedemptionFinal(BookingRefused, RefusedToStaff):
    """The redemption cannot be undone; ``ticket`` is its reference, where one is at fault."""

    problem: RedemptionProblem
    ticket: str | None = None


@dataclass(eq=False)
class NothingToSend(BookingRefused, RefusedToStaff):
    """There are no valid tickets (``status``), or no e-mail address to send them to."""

    status: BookingStatus


@dataclass(eq=False)
class TicketsGone(BookingRefused, RefusedToStaff):
    """Tickets that staff chose are no longer in the booking, or they are all that it has."""

    action: BookingAction
