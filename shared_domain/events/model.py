"""Events as partners read them, and the cursors by which they do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from shared_domain.events.errors import CursorExpired, CursorFromFuture
from shared_domain.events.types import EventType
from shared_domain.partners import Access, PartnerId


class PublishedType(StrEnum):
    """The types that partners read and filter by; names never change."""

    BOOKING_RESERVED = "booking.reserved"
    BOOKING_CONFIRMED = "booking.confirmed"
    BOOKING_PENDING = "booking.pending"
    BOOKING_ACCEPTED = "booking.accepted"
    BOOKING_REJECTED = "booking.rejected"
    BOOKING_CHANGED = "booking.changed"
    BOOKING_MOVED = "booking.moved"
    BOOKING_CANCELLED = "booking.cancelled"
    BOOKING_EXPIRED = "booking.expired"
    BOOKING_REDEEMED = "booking.redeemed"
    BOOKING_REDEMPTION_UNDONE = "booking.redemption_undone"
    BOOKING_TICKETS_SENT = "booking.tickets_sent"

    DEPARTURE_OPENED = "departure.opened"
    DEPARTURE_CLOSED = "departure.closed"
    DEPARTURE_CANCELLED = "departure.cancelled"
    DEPARTURE_MOVED = "departure.moved"
    DEPARTURE_CAPACITY_CHANGED = "departure.capacity_changed"
    DEPARTURE_SOLD_OUT = "departure.sold_out"
    DEPARTURE_AVAILABLE_AGAIN = "departure.available_again"

    PRODUCT_ADDED = "product.added"
    PRODUCT_UPDATED = "product.updated"
    PRODUCT_REMOVED = "product.removed"
    PRODUCT_DEPARTURES_ADDED = "product.departures_added"
    PRODUCT_DEPARTURES_REMOVED = "product.departures_removed"

    PRICE_CHANGED = "price.changed"

    KEY_ISSUED = "key.issued"
    KEY_REPLACED = "key.replaced"
    KEY_REVOKED = "key.revoked"
    KEY_CHANGED = "key.changed"

    @property
    def subject(self) -> str:
        """The kind of subject of the event: booking, departure, product, price or key."""
        return self.value.partition(".")[0]


#: What staff and the worker note for themselves.
INTERNAL = frozenset(
    {
        EventType.MOVE_NOTICE_SENT,
        EventType.TICKETS_REQUESTED,
        EventType.TICKETS_POSTPONED,
        EventType.INTERNAL_NOTE,
    }
)

_RENAMED = {
    EventType.EXTENDED: PublishedType.BOOKING_CHANGED,
    EventType.UPDATED: PublishedType.BOOKING_CHANGED,
}

#: How partners read each stored type; what is missing they never read.
PUBLISHED_AS: Mapping[EventType, PublishedType] = {
    stored: _RENAMED.get(stored) or PublishedType(stored.value)
    for stored in EventType
    if stored not in INTERNAL
}

#: As which types each published one is stored.
STORED_AS: Mapping[PublishedType, tuple[EventType, ...]] = {
    published: tuple(stored for stored, name in PUBLISHED_AS.items() if name is published)
    for published in PublishedType
}


def stored_types(wanted: Iterable[PublishedType]) -> list[str]:
    """Return the stored types of these published types; of all published ones when empty."""
    chosen = list(wanted) or list(PublishedType)
    return sorted({stored.value for published in chosen for stored in STORED_AS[published]})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event of the log, with its position.

    ``test_mode`` is None for an event that concerns live and test keys alike. ``data`` was stored
    with the event: the ids that partners use for its subject, and facts that cannot be looked up
    later.
    """

    position: int
    type: PublishedType
    occurred_at: datetime
    test_mode: bool | None
    booking_uuid: UUID | None
    product_id: int | None
    departure_id: int | None
    api_key_id: int | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRange:
    """The positions that can be read: after ``expired_to``, up to ``last_position``."""

    last_position: int
    expired_to: int

    def check_cursor(self, after: int) -> None:
        """Check that a reader misses no event when it continues after this position.

        Raises:
            CursorExpired, CursorFromFuture
        """
        if after < self.expired_to:
            raise CursorExpired(after=after, expired_to=self.expired_to)
        if after > self.last_position:
            raise CursorFromFuture(after=after, last_position=self.last_position)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A notice that there is an event of a type for a partner; ``test_mode`` as in ``Event``."""

    partner_id: PartnerId
    test_mode: bool | None
    type: PublishedType

    @property
    def readers(self) -> tuple[Access, ...]:
        """The partner's modes, test or live, whose readers may read the event."""
        modes = (False, True) if self.test_mode is None else (self.test_mode,)
        return tuple(Access(partner_id=self.partner_id, test_mode=mode) for mode in modes)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """A page of events, and the cursor of the next page.

    ``next_after`` is that cursor; events that the reader may not see are skipped, so it advances
    even where ``events`` is empty. ``has_more`` is True when the next page can be read at once.
    """

    events: Sequence[Event]
    next_after: int
    has_more: bool

    def cut(self, count: int) -> "EventPage":
        """Return this page with the first ``count`` events, of which there is at least one."""
        if count >= len(self.events):
            return self
        kept = self.events[:count]
        return EventPage(events=kept, next_after=kept[-1].position, has_more=True)
