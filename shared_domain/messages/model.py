"""Messages to guests: their kinds, who gets them, when they are due and when they are given up."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import NewType
from uuid import UUID

from shared_domain.bookings import Booking, BookingId, BookingStatus
from shared_domain.partners import Access

MessageId = NewType("MessageId", int)

#: A message that the mail server refuses is tried this long.
RETRY_PERIOD = timedelta(days=2)

#: The wait after a failed attempt doubles from the first to the last of these.
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=2)

#: Reminders leave at this time of the day before, on the clock of the place.
_REMINDER_TIME = time(10)

#: Later than this before the start, a reminder would only be read afterwards.
REMINDER_NOTICE = timedelta(hours=2)


class MessageKind(StrEnum):
    """The kind of a message; the values are stored, and older than the names."""

    CONFIRMATION = "TICKETS"
    CHANGE = "CHANGED"
    MOVE = "NEW_TIME"
    CANCELLATION = "CANCELLED"
    REMINDER = "REMINDER"
    NOTE = "NOTE"


class MessageOutcome(StrEnum):
    WAITING = "WAITING"
    SENT = "SENT"
    KEPT = "KEPT"
    REFUSED = "REFUSED"
    DROPPED = "DROPPED"


class MessageReason(StrEnum):
    """Why a message has not been accepted; the mail server's own words may name the guest."""

    NONE = ""
    RECIPIENT = "RECIPIENT"
    SENDER = "SENDER"
    CONTENT = "CONTENT"
    UNSUPPORTED = "UNSUPPORTED"
    SERVER_AWAY = "SERVER_AWAY"
    LIMIT = "LIMIT"
    ERROR = "ERROR"


class DueElsewhere(StrEnum):
    """Causes that are due by a row or column elsewhere, and logged from the first attempt on."""

    TICKETS = "tickets"
    MOVE = "move"
    DISRUPTION = "disruption"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedMessage:
    """A message that is due: about which booking, to whom, and what staff add to it.

    An empty ``recipient`` is the guest's own address at the time of sending. ``words`` are those of
    staff to this guest; ``repr()`` hides both.
    """

    id: MessageId
    booking_id: BookingId
    booking_uuid: UUID
    access: Access
    kind: MessageKind
    owed_at: datetime
    recipient: str
    words: str
    note_id: int | None

    def __repr__(self) -> str:
        return f"OwedMessage(id={self.id}, kind={self.kind.name})"

    def is_given_up(self, *, now: datetime) -> bool:
        """True when the message was tried for long enough."""
        return now >= self.owed_at + RETRY_PERIOD


def may_write_to_guest(booking: Booking, *, is_direct: bool) -> bool:
    """True when the supplier writes to this guest: its own, or one whose partner asked for it.

    A partner asks by ``emailReceipt``; the guests of other partners hear from their partner.
    """
    return bool(booking.contact.email_address) and (is_direct or booking.email_receipt)


def is_needless(kind: MessageKind, booking: Booking, *, now: datetime) -> bool:
    """True when what a message of this kind says is no longer so."""
    status = booking.status_at(now)
    if kind is MessageKind.CANCELLATION:
        return status is not BookingStatus.CANCELLED
    if kind is MessageKind.NOTE:
        return status not in (BookingStatus.CONFIRMED, BookingStatus.PENDING)
    if kind is MessageKind.REMINDER:
        departure = booking.departure
        return (
            status is not BookingStatus.CONFIRMED
            or departure is None
            or departure.cutoffs_count_from <= now
        )
    return status not in (BookingStatus.CONFIRMED, BookingStatus.REDEEMED)


def next_attempt_at(attempts: int, *, now: datetime) -> datetime:
    """Return when to try again after so many failed attempts."""
    doublings = min(attempts - 1, 10)
    return now + min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)


def reminder_due_at(local_date: date, place: tzinfo) -> datetime:
    """Return when the reminder of a departure leaves: the day before, by the clock of the place."""
    return datetime.combine(local_date - timedelta(days=1), _REMINDER_TIME, tzinfo=place)
