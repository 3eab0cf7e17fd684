"""Wait until the log has events for a caller, without a database connection for each.

One connection of the process listens (``PgListener``). For each notification one statement finds
the waiting partners that have new events, and only their callers read the log. Notifications may be
lost, so the end of the log is also read every ``POLL_SECONDS``.
"""

import asyncio
import contextlib
import logging
from collections.abc import Collection
from dataclasses import dataclass, field

import psycopg

from api_edge.postgresql.database import AutocommitDatabase, Pool
from api_edge.postgresql.outage import OutageLog
from api_edge.postgresql.pg_listener import PgListener
from api_edge.proxy.errors import TooManyRequests
from api_edge.proxy.shutdown import SHUTDOWN
from shared_domain.events import PublishedType
from shared_domain.events.sql_store import SqlEventStore
from shared_domain.partners import Access
from shared_domain.rollout.wire import POSITION_CHANNEL

POLL_SECONDS = 5.0

#: After a failure of the database.
RETRY_SECONDS = 1.0

#: Callers that wait in one process, and those of one partner in one mode.
MOST_WAITING = 10_000
MOST_WAITING_OF_PARTNER = 100

#: Callers that read the log at once after they have waited: the others' reads go on.
READING_AT_ONCE = 4

#: Positions that one statement looks through. Beyond these every caller looks for itself.
MOST_SEARCHED = 10_000

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter:
    """A caller that waits for events of some types."""

    types: frozenset[PublishedType]
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class LogWatcher:
    """Wakes callers when the log has grown by an event that they may read."""

    def __init__(self, listener: PgListener, pool: Pool) -> None:
        self._store = SqlEventStore(AutocommitDatabase(pool))
        self._waiters: dict[Access, set[_Waiter]] = {}
        self._count = 0
        #: The last position that is known of, and up to which callers have been woken.
        self._last = self._searched = 0
        self._must_look = True
        self._has_news = asyncio.Event()
        self._is_stopping = False
        self._outage = OutageLog(logger, "callers who wait for events get none")
        self._task: asyncio.Task[None] | None = None
        self.reading = asyncio.Semaphore(READING_AT_ONCE)
        listener.subscribe(
            POSITION_CHANNEL, on_notify=self._on_notify, on_reconnect=self._on_reconnect
        )
        SHUTDOWN.subscribe(self.release)

    async def start(self) -> None:
        self._task = asyncio.create_task(self._watch(), name="events")

    async def stop(self) -> None:
        self.release()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def release(self) -> None:
        """Wake every caller, and let none wait any more, because the process is about to end."""
        self._is_stopping = True
        self._wake_all()

    @property
    def is_stopping(self) -> bool:
        return self._is_stopping

    async def wait(
        self, after: int, *, types: Collection[PublishedType], access: Access, seconds: float
    ) -> None:
        """Wait until there may be such an event after a position, for ``seconds`` at most.

        ``after`` is the end of the log as the caller has read it.

        Raises:
            TooManyRequests: too many callers wait already.
        """
        if self._is_stopping or self._last > after:
            return
        waiters = self._waiters.get(access, set())
        if self._count >= MOST_WAITING or len(waiters) >= MOST_WAITING_OF_PARTNER:
            raise TooManyRequests(
                f"too many calls wait for events: a partner may let {MOST_WAITING_OF_PARTNER} "
                "wait at once; ask without wait, or let one program read for all",
                wait_seconds=RETRY_SECONDS,
            )
        waiter = _Waiter(frozenset(types))
        self._waiters.setdefault(access, set()).add(waiter)
        self._count += 1
        try:
            async with asyncio.timeout(seconds):
                await waiter.woken.wait()
        except TimeoutError:
            pass
        finally:
            self._count -= 1
            waiters = self._waiters[access]
            waiters.remove(waiter)
            if not waiters:
                del self._waiters[access]

    def _on_notify(self, position: str) -> None:
        if position.isdecimal():
            self._last = max(self._last, int(position))
            self._has_news.set()

    def _on_reconnect(self) -> None:
        self._must_look = True
        self._has_news.set()

    async def _watch(self) -> None:
        while True:
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._has_news.wait()
            except TimeoutError:
                # Without a caller that waits there is nothing to miss.
                self._must_look = bool(self._waiters)
            self._has_news.clear()
            try:
                await self._wake_for_news()
            except (psycopg.Error, OSError) as failure:
                self._outage.record_failure(failure)
                self._must_look = True
                await asyncio.sleep(RETRY_SECONDS)
                self._has_news.set()
            else:
                self._outage.record_success()

    async def _wake_for_news(self) -> None:
        if self._must_look:
            self._must_look = False
            self._last = max(self._last, (await self._store.range()).last_position)
        begin, end = self._searched, self._last
        if begin == end:
            return
        if self._waiters and end - begin > MOST_SEARCHED:
            self._wake_all()
        elif self._waiters:
            partners = {access.partner_id for access in self._waiters}
            for news in await self._store.news(begin, end, partners=partners):
                for access in news.readers:
                    for waiter in self._waiters.get(access, ()):
                        if news.type in waiter.types:
                            waiter.woken.set()
        self._searched = end

    def _wake_all(self) -> None:
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.woken.set()
