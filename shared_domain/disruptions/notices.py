"""Notices of cancellations by a disruption: one e-mail to each guest, sent at least once.

The transaction that cancels the booking stores a due notice, and the worker sends the e-mail and
settles the notice in one transaction: see Note [At least once] in ``core_site/messages/sending``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared_domain.bookings import NOTICE_RETRY_PERIOD
from shared_domain.disruptions.model import DisruptionRowId, Notice
from shared_domain.partners import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationNotice:
    """A due e-mail about a booking that a disruption has cancelled."""

    row_id: DisruptionRowId
    booking_id: int
    booking_uuid: UUID
    access: Access
    due_at: datetime
    message: str

    def is_given_up(self, *, now: datetime) -> bool:
        """True when the e-mail was tried for ``NOTICE_RETRY_PERIOD``."""
        return now >= self.due_at + NOTICE_RETRY_PERIOD


class CancellationNoticeStore(Protocol):
    """The store of notices that these services need."""

    async def due_notices(self) -> list[tuple[DisruptionRowId, str]]: ...

    async def lock_notice(self, row_id: DisruptionRowId) -> CancellationNotice | None: ...

    async def settle_notice(self, row_id: DisruptionRowId, notice: Notice) -> None: ...


async def due_cancellation_notices(
    *, store: CancellationNoticeStore
) -> list[tuple[DisruptionRowId, str]]:
    """Return the row and the booking's reference of each due notice, the oldest first."""
    return await store.due_notices()


async def lock_cancellation_notice(
    row_id: DisruptionRowId, *, store: CancellationNoticeStore
) -> CancellationNotice | None:
    """Return a due notice, locked; None when it is settled, or another worker has it."""
    return await store.lock_notice(row_id)


async def settle_cancellation_notice(
    row_id: DisruptionRowId, *, is_sent: bool, store: CancellationNoticeStore
) -> None:
    """Store that a notice was sent, or given up."""
    await store.settle_notice(row_id, Notice.SENT if is_sent else Notice.GIVEN_UP)
