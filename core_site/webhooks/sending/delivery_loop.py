"""The loop of a worker that delivers, of webhooks and of notifications; many workers share it.

It wakes when the sequencer announces positions, and looks twice a second all the same. Destinations
that answer soon and those that are slow or fail are claimed apart, each up to a bound: a hundred
that hang, a thousand too, leave the others their places.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Generic, Protocol, TypeVar

from procrastinate.contrib.django.utils import connector_params
from psycopg import AsyncConnection, Error
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from core_site.postgresql.async_database import AsyncDatabase
from core_site.postgresql.worker_session import listen, prepare_session
from shared_domain.database import Database, Row
from shared_domain.rollout.wire import POSITION_CHANNEL
from shared_domain.webhooks import Lane

#: How often it looks without being woken.
POLL_SECONDS = 0.5

#: Connections to PostgreSQL: a look holds one only while it is in SQL.
POOL_SIZE = 4

STATEMENT_SECONDS, LOCK_SECONDS, POOL_WAIT_SECONDS = 30, 5, 20.0

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 5.0

#: How long attempts may go on when the worker is asked to stop; what is not done is sent again.
GRACEFUL_SECONDS = 5.0

logger = logging.getLogger(__name__)

Claim = TypeVar("Claim")

Listening = AsyncConnection[Row]


class WorkerDatabases:
    """The connections of a loop: a small pool, whose statements have a bound."""

    def __init__(self, pool: "AsyncConnectionPool[AsyncConnection[Row]]") -> None:
        self._pool = pool

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Database]:
        async with self._pool.connection() as connection:
            yield AsyncDatabase(connection, most_seconds=STATEMENT_SECONDS)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Database]:
        async with self._pool.connection() as connection, connection.transaction():
            yield AsyncDatabase(connection, most_seconds=STATEMENT_SECONDS)


class Deliveries(Protocol[Claim]):
    """What a loop delivers: webhooks, or notifications."""

    @property
    def most_at_once(self) -> Mapping[Lane, int]:
        """How many claims of each lane one worker serves at once."""
        ...

    @property
    def most_claimed(self) -> int:
        """How many are claimed at once."""
        ...

    async def mark(self) -> bool:
        """Mark as due what new events are for; return whether there may be more events."""
        ...

    async def claim(self, lane: Lane, *, most: int) -> Sequence[Claim]:
        """Claim what is due, for this worker alone and a bounded time."""
        ...

    async def look_at(self, claimed: Claim) -> None:
        """Send what a claimed one is owed, and give the claim back."""
        ...

    async def release(self, claimed: Sequence[Claim]) -> None:
        """Give claims back as if nothing had been done."""
        ...


async def run_with_database(
    run: Callable[[WorkerDatabases, Listening], Awaitable[None]], *, application_name: str
) -> None:
    """Run a loop on a pool and a connection that listens, until cancelled; reconnect after a loss.

    ``application_name`` says in pg_stat_activity whose sessions these are.
    """
    pause_seconds, is_known = FIRST_PAUSE_SECONDS, False
    while True:
        began = asyncio.get_running_loop().time()
        try:
            await _run_on_one_pool(run, application_name)
        except (Error, OSError, PoolTimeout) as problem:  # A TimeoutError is an OSError.
            if asyncio.get_running_loop().time() - began > LONGEST_PAUSE_SECONDS:
                pause_seconds, is_known = FIRST_PAUSE_SECONDS, False
            if not is_known:
                reason = (str(problem).splitlines() or [type(problem).__name__])[0]
                logger.warning("%s waits for the database: %s", application_name, reason)
                is_known = True
        await asyncio.sleep(pause_seconds * random.uniform(0.5, 1.0))
        pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)


async def _run_on_one_pool(
    run: Callable[[WorkerDatabases, Listening], Awaitable[None]], application_name: str
) -> None:
    parameters = connector_params() | {
        "application_name": application_name,
        "connect_timeout": 5,
        "autocommit": True,
    }
    pool: AsyncConnectionPool[AsyncConnection[Row]] = AsyncConnectionPool(
        kwargs=parameters,
        min_size=1,
        max_size=POOL_SIZE,
        timeout=POOL_WAIT_SECONDS,
        configure=_configure,
        open=False,
    )
    async with pool, await AsyncConnection.connect(**parameters) as listening:
        await run(WorkerDatabases(pool), listening)


async def _configure(connection: AsyncConnection[Row]) -> None:
    await prepare_session(
        connection, statement_seconds=STATEMENT_SECONDS, lock_seconds=LOCK_SECONDS
    )


class DeliveryLoop(Generic[Claim]):
    """Marks, claims and looks at what is due, again and again."""

    def __init__(self, deliveries: Deliveries[Claim], listening: Listening) -> None:
        self._deliveries = deliveries
        self._listening = listening
        self._woken = asyncio.Event()
        #: Whether there may be new events, and of which lanes a look has ended.
        self._is_announced = True
        self._freed: set[Lane] = set()
        self._poll_at = 0.0
        self._looks: dict[Lane, set[asyncio.Task[None]]] = {lane: set() for lane in Lane}
        self._claimed: dict[asyncio.Task[None], Claim] = {}

    async def run(self) -> None:
        """Deliver until cancelled; then let attempts end, and give the claims of others back."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                self._woken.clear()
                lanes, self._freed = self._freed, set()
                is_more = False
                if self._is_announced:
                    self._is_announced, lanes = False, set(Lane)
                    if await self._deliveries.mark():
                        self._is_announced = is_more = True
                for lane in lanes:
                    if await self._claim(lane):
                        self._freed.add(lane)
                        is_more = True
                if listening.done():
                    listening.result()
                if not is_more:
                    await self._wait()
        finally:
            listening.cancel()
            await self._end_looks()

    async def _wait(self) -> None:
        """Return when there may be something to do, after ``POLL_SECONDS`` at the latest."""
        loop = asyncio.get_running_loop()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._poll_at):
                await self._woken.wait()
        if loop.time() >= self._poll_at:
            self._is_announced = True
            self._poll_at = loop.time() + POLL_SECONDS

    async def _listen(self) -> None:
        await listen(self._listening, POSITION_CHANNEL)
        async for _ in self._listening.notifies():
            self._is_announced = True
            self._woken.set()

    async def _claim(self, lane: Lane) -> bool:
        """Claim what is due and look at each; return whether there may be more."""
        room = self._deliveries.most_at_once[lane] - len(self._looks[lane])
        if room <= 0:
            return False
        most = min(room, self._deliveries.most_claimed)
        found = await self._deliveries.claim(lane, most=most)
        for claimed in found:
            look = asyncio.create_task(self._look_at(claimed))
            self._looks[lane].add(look)
            self._claimed[look] = claimed
            look.add_done_callback(partial(self._forget, lane))
        return len(found) == most

    def _forget(self, lane: Lane, look: asyncio.Task[None]) -> None:
        self._looks[lane].discard(look)
        self._claimed.pop(look, None)
        self._freed.add(lane)
        self._woken.set()

    async def _look_at(self, claimed: Claim) -> None:
        try:
            await self._deliveries.look_at(claimed)
        except (Error, OSError, PoolTimeout) as problem:
            # Its claim runs out, and it is looked at again.
            logger.warning("a delivery could not be stored: %s", type(problem).__name__)
        except Exception:
            logger.exception("a delivery failed")

    async def _end_looks(self) -> None:
        looks = {look for of_lane in self._looks.values() for look in of_lane}
        if looks:
            await asyncio.wait(looks, timeout=GRACEFUL_SECONDS)
        unfinished = [self._claimed[look] for look in looks if look in self._claimed]
        for look in looks:
            look.cancel()
        if unfinished:
            with suppress(Error, OSError, PoolTimeout):
                await self._deliveries.release(unfinished)
