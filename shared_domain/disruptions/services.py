"""Services on disruptions: start one, carry out its bookings one by one, and end it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared_domain import bookings
from shared_domain.availability import DepartureId
from shared_domain.bookings import (
    Booking,
    BookingStatus,
    BookingStore,
    Initiator,
    MoveNoticeStore,
    RefundChoice,
)
from shared_domain.disruptions.errors import (
    AffectedChanged,
    DisruptionRunning,
    DisruptionTooLarge,
    MoveOntoItself,
    NoDepartures,
)
from shared_domain.disruptions.model import (
    MAX_BOOKINGS,
    MAX_DEPARTURES,
    AffectedBooking,
    DisruptionId,
    DisruptionKind,
    DisruptionPlan,
    DisruptionRowId,
    LineOutcome,
    Notice,
    fingerprint,
)
from shared_domain.partners import Access

#: A row is given up after this many failed transactions (by an error, not by a refusal).
MOST_ATTEMPTS = 5

#: The statuses in which a guest was promised the departure, and gets an e-mail that it is off.
_PROMISED = frozenset({BookingStatus.PENDING, BookingStatus.CONFIRMED})

_OVER = frozenset({BookingStatus.CANCELLED, BookingStatus.EXPIRED, BookingStatus.REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class DisruptionRow:
    """One booking of a disruption, with staff's decision on it.

    ``target`` is the availability id that it moves to: None where none was chosen or it is gone.
    """

    id: DisruptionRowId
    kind: DisruptionKind
    refund: RefundChoice
    reason: str
    message: str
    booking_uuid: UUID
    access: Access
    departure_id: DepartureId
    target: str | None


class DisruptionStore(Protocol):
    """The store of disruptions that these services need; ``sql_store`` implements it."""

    @property
    def bookings(self) -> BookingStore: ...

    @property
    def move_notices(self) -> MoveNoticeStore: ...

    async def lock_departures(self, ids: Sequence[DepartureId]) -> list[DepartureId]:
        """Lock departures, in ascending order, and return those that exist."""
        ...

    async def is_any_pending(self, ids: Sequence[DepartureId]) -> bool:
        """Return whether a disruption has bookings of these departures left to carry out."""
        ...

    async def list_affected(
        self, ids: Sequence[DepartureId], *, now: datetime, limit: int
    ) -> list[AffectedBooking]: ...

    async def close_departures(self, ids: Sequence[DepartureId]) -> None: ...

    async def add(
        self,
        plan: DisruptionPlan,
        affected: Sequence[AffectedBooking],
        *,
        requested_by: int,
        now: datetime,
    ) -> DisruptionId: ...

    async def running(self) -> list[DisruptionId]: ...

    async def pending(self, disruption_id: DisruptionId, *, limit: int) -> list[DisruptionRowId]:
        """Return rows to carry out, those that failed least often first."""
        ...

    async def lock_row(self, row_id: DisruptionRowId) -> DisruptionRow | None:
        """Lock a pending row; None when it is done, or another worker has it."""
        ...

    async def settle(
        self,
        row_id: DisruptionRowId,
        outcome: LineOutcome,
        *,
        notice: Notice = Notice.NONE,
        refusal: str = "",
        now: datetime,
    ) -> None: ...

    async def count_attempt(self, row_id: DisruptionRowId) -> int: ...

    async def finish(self, disruption_id: DisruptionId, *, now: datetime) -> bool: ...


async def find_affected(
    departure_ids: Sequence[DepartureId], *, now: datetime, store: DisruptionStore
) -> list[AffectedBooking]:
    """Return the bookings on these departures for a preview, at most ``MAX_BOOKINGS`` + 1."""
    return await store.list_affected(departure_ids, now=now, limit=MAX_BOOKINGS + 1)


async def start_disruption(
    plan: DisruptionPlan,
    *,
    seen: str | None = None,
    requested_by: int,
    now: datetime,
    store: DisruptionStore,
) -> DisruptionId:
    """Close the departures to sale and list their bookings for the worker, in one transaction.

    ``seen`` is the ``fingerprint`` of the preview that staff confirmed. Since the departures are
    locked and then closed, no booking can be added to them after they were listed.

    Raises:
        NoDepartures: none was chosen, or they are gone.
        DisruptionTooLarge: more than ``MAX_DEPARTURES`` or ``MAX_BOOKINGS``.
        MoveOntoItself: a target is one of the departures.
        DisruptionRunning: another one has bookings of these departures left to carry out.
        AffectedChanged: the bookings are not those of the preview.
    """
    if not plan.departures:
        raise NoDepartures
    if len(plan.departures) > MAX_DEPARTURES:
        raise _too_large(plan, 0)
    if set(plan.targets.values()) & set(plan.departures):
        raise MoveOntoItself
    ids = await store.lock_departures(plan.departures)
    if not ids:
        raise NoDepartures
    if await store.is_any_pending(ids):
        raise DisruptionRunning
    affected = await find_affected(ids, now=now, store=store)
    if len(affected) > MAX_BOOKINGS:
        raise _too_large(plan, len(affected))
    if seen is not None and seen != fingerprint(affected, plan):
        raise AffectedChanged
    await store.close_departures(ids)
    return await store.add(plan, affected, requested_by=requested_by, now=now)


async def running_disruptions(*, store: DisruptionStore) -> list[DisruptionId]:
    """Return the disruptions that are not over, the oldest first."""
    return await store.running()


async def pending_rows(
    disruption_id: DisruptionId, *, limit: int, store: DisruptionStore
) -> list[DisruptionRowId]:
    """Return the next rows to carry out, each in a transaction of its own."""
    return await store.pending(disruption_id, limit=limit)


async def carry_out_row(
    row_id: DisruptionRowId, *, now: datetime, store: DisruptionStore
) -> LineOutcome | None:
    """Cancel or move one booking, and store that it is done in the same transaction.

    Return None when it was done before, or another worker has the row. A refusal rolls the
    transaction back, so the caller stores it by ``refuse_row`` in another one.

    Raises:
        Refused: the service on the booking refuses it.
    """
    row = await store.lock_row(row_id)
    if row is None:
        return None
    booking = await store.bookings.get_locked(row.booking_uuid, row.access, now=now)
    if booking is None or _is_needless(booking, row, now):
        await store.settle(row_id, LineOutcome.NEEDLESS, now=now)
        return LineOutcome.NEEDLESS
    notice = Notice.NONE
    if row.kind is DisruptionKind.CANCEL or booking.status_at(now) is BookingStatus.ON_HOLD:
        await bookings.cancel_booking(
            row.booking_uuid,
            reason=row.reason or None,
            force=True,
            by_staff=True,
            refund=row.refund,
            initiator=Initiator.SUPPLIER,
            access=row.access,
            now=now,
            store=store.bookings,
        )
        is_promised = booking.status_at(now) in _PROMISED
        notice = Notice.DUE if is_promised and booking.contact.email_address else Notice.NONE
    else:
        await bookings.move_booking(
            row.booking_uuid,
            row.target or "",
            message=row.message,
            access=row.access,
            now=now,
            store=store.bookings,
            notices=store.move_notices,
        )
    await store.settle(row_id, LineOutcome.DONE, notice=notice, now=now)
    return LineOutcome.DONE


async def refuse_row(
    row_id: DisruptionRowId, refusal: str, *, now: datetime, store: DisruptionStore
) -> None:
    """Store why a booking was refused, in staff's words; nothing when it is settled by now."""
    if await store.lock_row(row_id) is not None:
        await store.settle(row_id, LineOutcome.REFUSED, refusal=refusal, now=now)


async def note_failure(
    row_id: DisruptionRowId, *, reason: str, now: datetime, store: DisruptionStore
) -> None:
    """Count an attempt that an error ended, and give the row up after ``MOST_ATTEMPTS``."""
    if await store.lock_row(row_id) is None:
        return
    if await store.count_attempt(row_id) >= MOST_ATTEMPTS:
        await store.settle(row_id, LineOutcome.REFUSED, refusal=reason, now=now)


async def finish_disruption(
    disruption_id: DisruptionId, *, now: datetime, store: DisruptionStore
) -> bool:
    """End a disruption whose rows are all settled, and return whether it is over."""
    return await store.finish(disruption_id, now=now)


def _is_needless(booking: Booking, row: DisruptionRow, now: datetime) -> bool:
    """True when the booking has ended, or left the departure, before its turn came."""
    if booking.status_at(now) in _OVER:
        return True
    return booking.departure is None or booking.departure.id != row.departure_id


def _too_large(plan: DisruptionPlan, bookings_found: int) -> DisruptionTooLarge:
    return DisruptionTooLarge(
        departures=len(plan.departures),
        bookings=bookings_found,
        max_departures=MAX_DEPARTURES,
        max_bookings=MAX_BOOKINGS,
    )
