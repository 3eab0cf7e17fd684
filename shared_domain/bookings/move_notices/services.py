"""Notices to guests whose departure was moved: one e-mail each, sent at least once.

The transaction that moves a departure writes one notice for each live booking of it
(``availability.generate_departures``), and so does one that moves a booking to another departure
(``bookings.move_booking``). The worker sends the mail and settles the notice in one
transaction. A hold waits until it is confirmed: before that, no guest was promised a time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from shared_domain.availability import DepartureTimes, to_departure_times
from shared_domain.bookings.model import Booking, BookingId
from shared_domain.bookings.status import BookingStatus
from shared_domain.partners import Access

#: An address that refuses mail is tried this long.
NOTICE_RETRY_PERIOD = timedelta(days=2)

_TOLD = frozenset({BookingStatus.CONFIRMED, BookingStatus.PENDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveNotice:
    """A due e-mail to a guest who was last told ``before``, the former time of the departure.

    ``message`` is a text by staff beside the facts; blank where no staff user was asked.
    """

    booking_id: BookingId
    uuid: UUID
    access: Access
    due_at: datetime
    before: DepartureTimes
    message: str = ""

    def is_given_up(self, booking: Booking, *, now: datetime) -> bool:
        """True when the e-mail was tried for ``NOTICE_RETRY_PERIOD``.

        It is not tried before the booking is confirmed, and a hold may last for days.
        """
        tried_since = max(self.due_at, booking.confirmed_at or booking.updated_at)
        return now >= tried_since + NOTICE_RETRY_PERIOD

    def is_wanted(self, booking: Booking, *, now: datetime) -> bool:
        """True when the e-mail is to be sent: a valid booking, another time, an e-mail address.

        False when the departure has moved back to ``before``, and when the notice is given up.
        """
        departure = booking.departure
        return (
            departure is not None
            and booking.status_at(now) in _TOLD
            and bool(booking.contact.email_address)
            and self.before != to_departure_times(departure)
            and not self.is_given_up(booking, now=now)
        )


class MoveNoticeStore(Protocol):
    """The store of move notices that these services need."""

    async def due(self, *, now: datetime) -> list[tuple[BookingId, str]]: ...

    async def lock(self, booking_id: BookingId) -> MoveNotice | None: ...

    async def settle(self, booking_id: BookingId, *, is_sent: bool) -> None: ...

    async def queue(
        self, booking_id: BookingId, before: DepartureTimes, *, message: str, now: datetime
    ) -> None:
        """Store a due notice.

        One that is due already keeps its ``before``, which guests know, and its message unless
        there is a new one.
        """
        ...


async def queue_move_notice(
    before: Booking, after: Booking, *, now: datetime, store: MoveNoticeStore
) -> None:
    """Store a due notice about the new time, if a change has moved the booking's departure.

    Nothing is stored unless the booking is CONFIRMED or PENDING: only then was a time promised.
    """
    old, new = before.departure, after.departure
    if old is None or new is None or old.id == new.id or before.id is None:
        return
    if before.status_at(now) in _TOLD:
        await store.queue(before.id, to_departure_times(old), message="", now=now)


async def due_move_notices(*, now: datetime, store: MoveNoticeStore) -> list[tuple[BookingId, str]]:
    """Return the id and reference of each booking with a due notice, the oldest notice first."""
    return await store.due(now=now)


async def lock_move_notice(booking_id: BookingId, *, store: MoveNoticeStore) -> MoveNotice | None:
    """Return a due notice, and lock its booking until the transaction ends.

    None when it is settled, or when another worker has locked it.
    """
    return await store.lock(booking_id)


async def settle_move_notice(
    booking_id: BookingId, *, is_sent: bool, store: MoveNoticeStore
) -> None:
    """Delete a notice, and store an event when its e-mail was sent."""
    await store.settle(booking_id, is_sent=is_sent)
