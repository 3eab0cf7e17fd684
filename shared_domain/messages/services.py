"""Services on messages to guests: store a due one, find those due, and record each attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from shared_domain.availability import DepartureId
from shared_domain.bookings import BookingId
from shared_domain.messages.model import (
    REMINDER_NOTICE,
    RETRY_PERIOD,
    MessageId,
    MessageKind,
    MessageOutcome,
    MessageReason,
    QueuedMessage,
    next_attempt_at,
    reminder_cause,
    reminder_due_at,
)
from shared_domain.time_zones import zone

#: How far ahead departures are looked at: the day before begins at most so long before a start.
_LOOK_AHEAD = timedelta(hours=64)

#: Bookings that are looked at, and reminders that are written, at a time.
BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderCandidate:
    """A confirmed booking whose departure is soon, and whose guest was not reminded of that day."""

    booking_id: BookingId
    local_date: date
    time_zone: str
    starts_at: datetime
    confirmed_at: datetime

    def is_due(self, *, now: datetime) -> bool:
        """True from the day before the departure until ``REMINDER_NOTICE`` before its start.

        False for a booking that was confirmed after the reminder became due.
        """
        due_at = reminder_due_at(self.local_date, zone(self.time_zone))
        return max(due_at, self.confirmed_at) == due_at <= now < self.starts_at - REMINDER_NOTICE


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedNotes:
    """How many notes to a departure are due: to guests, and of test bookings, which are kept."""

    guests: int
    tests: int


class MessageStore(Protocol):
    """The store of messages that these services need; ``sql_store`` implements it."""

    async def queue(
        self,
        booking_id: BookingId,
        kind: MessageKind,
        *,
        cause: str,
        recipient: str,
        words: str,
        note_id: int | None,
        now: datetime,
    ) -> MessageId | None: ...

    async def queue_for_departure(
        self, departure_id: DepartureId, *, note_id: int, cause: str, now: datetime
    ) -> QueuedNotes: ...

    async def due(self, *, now: datetime, limit: int) -> list[tuple[MessageId, str]]: ...

    async def lock(self, message_id: MessageId) -> QueuedMessage | None:
        """Lock a message and its booking; None when it is settled, or another worker has it."""
        ...

    async def reminder_candidates(
        self, *, after: BookingId, now: datetime, until: datetime, limit: int
    ) -> list[ReminderCandidate]: ...

    async def count_attempts(self, booking_id: BookingId, kind: MessageKind, cause: str) -> int: ...

    async def store_attempt(
        self,
        booking_id: BookingId,
        kind: MessageKind,
        cause: str,
        *,
        outcome: MessageOutcome,
        reason: MessageReason,
        due_at: datetime | None,
        now: datetime,
    ) -> None: ...

    async def settle_stale(self, *, given_up_before: datetime, now: datetime) -> None: ...


async def queue_message(
    booking_id: BookingId,
    kind: MessageKind,
    *,
    cause: str,
    recipient: str = "",
    words: str = "",
    note_id: int | None = None,
    now: datetime,
    store: MessageStore,
) -> MessageId | None:
    """Store a due message to the guest, in the caller's transaction, and return its id.

    None when there is one for this booking, kind and cause already, so that a repeat is safe. An
    empty ``recipient`` stands for the guest.
    """
    return await store.queue(
        booking_id, kind, cause=cause, recipient=recipient, words=words, note_id=note_id, now=now
    )


async def queue_departure_note(
    departure_id: DepartureId, *, note_id: int, now: datetime, store: MessageStore
) -> QueuedNotes:
    """Store a due note to each guest of a departure with an e-mail address; return how many.

    A guest with several bookings gets one.
    """
    cause = f"note {note_id}"
    return await store.queue_for_departure(departure_id, note_id=note_id, cause=cause, now=now)


async def queue_reminders(*, now: datetime, store: MessageStore) -> int:
    """Store a due reminder to each guest who travels the next day, one for each travel day.

    Return how many were stored.
    """
    after, queued = BookingId(0), 0
    while True:
        found = await store.reminder_candidates(
            after=after, now=now, until=now + _LOOK_AHEAD, limit=BATCH
        )
        for candidate in found:
            if candidate.is_due(now=now):
                made = await store.queue(
                    candidate.booking_id,
                    MessageKind.REMINDER,
                    cause=reminder_cause(candidate.local_date),
                    recipient="",
                    words="",
                    note_id=None,
                    now=now,
                )
                queued += made is not None
        if len(found) < BATCH:
            return queued
        after = found[-1].booking_id


async def due_messages(
    *, now: datetime, limit: int, store: MessageStore
) -> Sequence[tuple[MessageId, str]]:
    """Return the id and the booking's reference of each due message, the oldest first."""
    return await store.due(now=now, limit=limit)


async def lock_message(message_id: MessageId, *, store: MessageStore) -> QueuedMessage | None:
    """Return a due message, locked with its booking until the transaction ends.

    None when it is settled, or when another worker has it.
    """
    return await store.lock(message_id)


async def record_attempt(
    booking_id: BookingId,
    kind: MessageKind,
    *,
    cause: str,
    reason: MessageReason,
    until: datetime | None = None,
    now: datetime,
    store: MessageStore,
) -> None:
    """Store that a message was not accepted, and when to try again.

    That is at ``until`` where it is given. Otherwise the wait doubles with each refusal; there is
    none after an unreachable server or a limit of messages, which say nothing about this message,
    and do not count as attempts.
    """
    attempts = await store.count_attempts(booking_id, kind, cause)
    waits = reason in (MessageReason.LIMIT, MessageReason.SERVER_AWAY)
    due_at = until
    if due_at is None:
        due_at = now if waits else next_attempt_at(attempts + 1, now=now)
    await store.store_attempt(
        booking_id,
        kind,
        cause,
        outcome=MessageOutcome.WAITING if waits else MessageOutcome.REFUSED,
        reason=reason,
        due_at=due_at,
        now=now,
    )


async def settle_stale_attempts(*, now: datetime, store: MessageStore) -> None:
    """Settle the rows of messages due elsewhere (``DueElsewhere``) that are not due there any more.

    No attempt follows. Tickets are no longer due after ``RETRY_PERIOD``.
    """
    await store.settle_stale(given_up_before=now - RETRY_PERIOD, now=now)
