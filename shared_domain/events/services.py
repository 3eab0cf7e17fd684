"""Services of the log of events: one partner reads it in one mode, and acknowledges events."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared_domain.events.errors import CursorFromFuture
from shared_domain.events.model import Event, EventPage, LogRange, PublishedType, stored_types
from shared_domain.partners import Access

#: Events that one page may hold.
MOST_EVENTS = 1000

#: How many events are searched for one page at least, of the partner's own and of all partners'
#: each. A page with few matching events ends there, and the next page continues.
LEAST_SEARCHED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEvents:
    """The result of one read: the range of the log, and events in the order of positions.

    ``searched_to`` is the position where the search was cut; None if it came to the end of the log.
    """

    range: LogRange
    events: Sequence[Event]
    searched_to: int | None


class EventStore(Protocol):
    """The store that these services need; ``sql_store`` implements it."""

    async def read(
        self, after: int, *, types: Collection[str], limit: int, search: int, access: Access
    ) -> FoundEvents: ...

    async def range(self) -> LogRange: ...

    async def get_acknowledged(self, access: Access) -> int | None: ...

    async def acknowledge(self, position: int, *, access: Access, now: datetime) -> int: ...


async def read_events(
    after: int,
    *,
    types: Collection[PublishedType],
    limit: int,
    access: Access,
    store: EventStore,
) -> EventPage:
    """Return the next events after a cursor that the partner may see, oldest first.

    The cursor 0 is before the first event. Without ``types``, events of every published type are
    returned. A page that is read again is the same, except for events that have expired.

    Raises:
        CursorExpired, CursorFromFuture
    """
    limit = max(1, min(limit, MOST_EVENTS))
    found = await store.read(
        after,
        types=stored_types(types),
        limit=limit,
        search=max(LEAST_SEARCHED, limit),
        access=access,
    )
    found.range.check_cursor(after)
    if len(found.events) == limit:
        next_after = found.events[-1].position
    elif found.searched_to is not None:
        next_after = found.searched_to
    else:
        next_after = found.range.last_position
    return EventPage(
        events=found.events,
        next_after=next_after,
        has_more=next_after < found.range.last_position,
    )


async def read_log_range(store: EventStore) -> LogRange:
    """Return the range of positions that can be read; a new reader may start at its end."""
    return await store.range()


class StartingPoint(StrEnum):
    """The starting points of a reader that has no cursor."""

    OLDEST = "oldest"
    LATEST = "latest"
    ACKNOWLEDGED = "acknowledged"


async def find_start(begin: StartingPoint, *, access: Access, store: EventStore) -> int:
    """Return the cursor of a starting point.

    It is before the oldest event that has not expired, at the end of the log, or at the position
    that the partner has acknowledged (the oldest one, if it has acknowledged none). An
    acknowledged position may have expired since: reading from it is then refused, as from any
    such cursor.
    """
    if begin is StartingPoint.ACKNOWLEDGED:
        acknowledged = await store.get_acknowledged(access)
        if acknowledged is not None:
            return acknowledged
    log = await store.range()
    return log.last_position if begin is StartingPoint.LATEST else log.expired_to


async def acknowledge(position: int, *, access: Access, now: datetime, store: EventStore) -> int:
    """Store that the partner has processed the events up to a position.

    Return the highest position that it has acknowledged in this mode: several programs of a partner
    may acknowledge in any order, and repeatedly.

    Raises:
        CursorFromFuture: no event has this position yet.
    """
    log = await store.range()
    if position > log.last_position:
        raise CursorFromFuture(after=position, last_position=log.last_position)
    return await store.acknowledge(position, access=access, now=now)
