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

#: What the causes of reminders begin with; ``sql_store.REMINDER_CANDIDATES`` looks for them.
_REMINDER_CAUSE = "travel on "

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
    """Causes of messages that are due by a row or column elsewhere; logged here when attempted."""

    TICKETS = "tickets"
    MOVE = "move"
    DISRUPTION = "disruption"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedMessage:
    """A due message: its booking, its kind, its recipient, and a text that staff add to it.

    An empty ``recipient`` stands for the guest's own address at the time of sending. ``words`` is
    the text by staff; ``repr()`` hides both.
    """

    id: MessageId
    booking_id: BookingId
    booking_uuid: UUID
    access: Access
    kind: MessageKind
    cause: str
    owed_at: datetime
    recipient: str
    words: str
    note_id: int | None

    def __repr__(self) -> str:
        return f"QueuedMessage(id={self.id}, kind={self.kind.name})"

    def is_given_up(self, *, now: datetime) -> bool:
        """True when the message was tried for ``RETRY_PERIOD``."""
        return now >= self.owed_at + RETRY_PERIOD

    def is_of_another_day(self, booking: Booking) -> bool:
        """True for a reminder of a day on which the booking no longer travels.

        One that staff send again is of the day that the booking then has.
        """
        day = booking.departure.local_date if booking.departure else None
        is_automatic = self.cause.startswith(_REMINDER_CAUSE)
        return is_automatic and (day is None or self.cause != reminder_cause(day))


def may_write_to_guest(booking: Booking, *, is_direct: bool) -> bool:
    """True when the supplier sends this guest e-mails: its own guest, or at the partner's request.

    A partner requests them by ``emailReceipt``; other partners inform their guests themselves.
    """
    return bool(booking.contact.email_address) and (is_direct or booking.email_receipt)


def is_needless(kind: MessageKind, booking: Booking, *, now: datetime) -> bool:
    """True when a message of this kind about the booking has become untrue or too late."""
    status = booking.status_at(now)
    if kind is MessageKind.CANCELLATION:
        return status is not BookingStatus.CANCELLED
    if kind is MessageKind.NOTE:
        return status not in (
            BookingStatus.CONFIRMED,
            BookingStatus.PENDING,
            BookingStatus.REDEEMED,
        )
    if kind is MessageKind.REMINDER:
        departure = booking.departure
        return (
            status is not BookingStatus.CONFIRMED
            or departure is None
            or departure.cutoffs_count_from <= now
        )
    return status not in (BookingStatus.CONFIRMED, BookingStatus.REDEEMED)


def next_attempt_at(attempts: int, *, now: datetime) -> datetime:
    """Return the time of the next attempt after ``attempts`` failed ones; the wait doubles."""
    doublings = min(attempts - 1, 10)
    return now + min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)


def reminder_cause(local_date: date) -> str:
    """Return the cause of the reminder of a departure on this day: there is one for each day."""
    return f"{_REMINDER_CAUSE}{local_date.isoformat()}"


def reminder_due_at(local_date: date, place: tzinfo) -> datetime:
    """Return when the reminder of a departure is sent: the day before, in local time."""
    return datetime.combine(local_date - timedelta(days=1), _REMINDER_TIME, tzinfo=place)
