"""Read the log of events for one caller: at once, or by long poll when there is an event."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from api_edge.v1.events.log_watcher import LogWatcher
from api_edge.wiring import current_time
from shared_domain import deadline, events
from shared_domain.database import Database
from shared_domain.event_subjects import count_fitting
from shared_domain.event_subjects.sql_store import SqlTicketCounts
from shared_domain.events import EventBodies, EventBody, EventPage, PublishedType
from shared_domain.events.sql_store import SqlEventStore
from shared_domain.partners import Access

#: Pages that one call looks through: a caller whose events are few among many goes on itself.
MOST_PAGES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """A page of the log: the bodies of its events, and the cursor of the next page."""

    bodies: list[EventBody]
    next_after: int
    has_more: bool

    def to_json(self) -> bytes:
        listed = b",".join(body.body for body in self.bodies)
        has_more = b"true" if self.has_more else b"false"
        return b'{"events":[%b],"nextAfter":%d,"hasMore":%b}' % (listed, self.next_after, has_more)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFeed:
    """The log of events as one caller reads it, filtered by type."""

    access: Access
    types: Collection[PublishedType]
    limit: int
    database: Database
    bodies: EventBodies
    #: How long each read may take, apart from the waiting.
    read_seconds: float

    async def read(self, after: int) -> FeedPage:
        """Return the next page, which may be empty.

        Raises:
            CursorExpired, CursorFromFuture
        """
        with deadline.within(self.read_seconds):
            page = await events.read_events(
                after,
                types=self.types,
                limit=self.limit,
                access=self.access,
                store=SqlEventStore(self.database),
            )
            return await self._render(page, current_time())

    async def _render(self, page: EventPage, now: datetime) -> FeedPage:
        bodies: list[EventBody] = []
        if page.events:
            fitting = await count_fitting(
                page.events, access=self.access, counts=SqlTicketCounts(self.database)
            )
            page = page.cut(fitting)
            bodies = await self.bodies.render(
                page.events, access=self.access, now=now, database=self.database
            )
        return FeedPage(bodies=bodies, next_after=page.next_after, has_more=page.has_more)

    async def read_or_wait(self, after: int, *, seconds: float, watcher: LogWatcher) -> FeedPage:
        """Return the next page with an event, or an empty one when the time is over.

        Raises:
            CursorExpired, CursorFromFuture
            TooManyRequests: too many callers wait already.
        """
        ends_at = time.monotonic() + seconds
        page = await self._read_in_turn(after, watcher)
        for _ in range(MOST_PAGES):
            left = ends_at - time.monotonic()
            if page.bodies or left <= 0 or watcher.is_stopping:
                break
            if not page.has_more:
                await watcher.wait(
                    page.next_after, types=self.types, access=self.access, seconds=left
                )
                if time.monotonic() >= ends_at or watcher.is_stopping:
                    break
            page = await self._read_in_turn(page.next_after, watcher)
        return page

    async def _read_in_turn(self, after: int, watcher: LogWatcher) -> FeedPage:
        """Read a page when few others are being read; callers wait here without a connection."""
        async with watcher.reading:
            return await self.read(after)
