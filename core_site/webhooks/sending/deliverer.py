"""The task of every worker that delivers webhooks; any number of workers share the work.

It wakes when the sequencer announces positions, and looks twice a second all the same. Endpoints
that answer soon and those that are slow or fail are claimed apart, each up to a bound: a hundred
endpoints that hang, a thousand too, leave the others their places.
"""

import asyncio
import logging
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from uuid import uuid4

from procrastinate.contrib.django.utils import connector_params
from psycopg import AsyncConnection, Error
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from core_site.environment import env
from core_site.events.bodies import load_event_bodies
from core_site.postgresql.async_database import AsyncDatabase
from core_site.postgresql.worker_session import listen, prepare_session
from core_site.webhooks.sending.client import WebhookClient
from core_site.webhooks.sending.look import ClaimLost, WebhookSender, look_at
from shared_domain.database import Database, Row
from shared_domain.rollout.wire import POSITION_CHANNEL
from shared_domain.webhooks import ClaimedEndpoint, Lane, SigningKeys
from shared_domain.webhooks.queue.sql_store import SqlQueueStore

#: Endpoints of each lane that one worker serves at once, and claims at once.
MOST_AT_ONCE = {Lane.QUICK: 200, Lane.SLOW: 400}
MOST_CLAIMED = 50

#: How often it looks without being woken, and positions of the log that one look marks.
POLL_SECONDS = 0.5
MOST_MARKED = 2_000

#: Connections to PostgreSQL: a look holds one only while it is in SQL.
POOL_SIZE = 4

STATEMENT_SECONDS, LOCK_SECONDS, POOL_WAIT_SECONDS = 30, 5, 20.0

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 5.0

#: How long attempts may go on when the worker is asked to stop; what is not done is sent again.
GRACEFUL_SECONDS = 5.0

#: In pg_stat_activity it says which worker's sessions these are.
APPLICATION_NAME = f"portico-webhooks {os.getpid()}"

logger = logging.getLogger(__name__)


class WorkerDatabases:
    """The connections of the deliverer: a small pool, whose statements have a bound."""

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


async def run_deliverer() -> None:
    """Deliver webhooks until cancelled; reconnect after a loss of the database."""
    pause_seconds, is_known = FIRST_PAUSE_SECONDS, False
    while True:
        began = asyncio.get_running_loop().time()
        try:
            await _run_on_one_pool()
        except (Error, OSError, PoolTimeout) as problem:  # A TimeoutError is an OSError.
            if asyncio.get_running_loop().time() - began > LONGEST_PAUSE_SECONDS:
                pause_seconds, is_known = FIRST_PAUSE_SECONDS, False
            if not is_known:
                reason = (str(problem).splitlines() or [type(problem).__name__])[0]
                logger.warning("webhooks wait for the database: %s", reason)
                is_known = True
        await asyncio.sleep(pause_seconds * random.uniform(0.5, 1.0))
        pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)


async def _run_on_one_pool() -> None:
    parameters = connector_params() | {
        "application_name": APPLICATION_NAME,
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
    async with (
        pool,
        WebhookClient(allows_loopback=env("PORTICO_WEBHOOKS_ALLOW_LOOPBACK")) as client,
        await AsyncConnection.connect(**parameters) as listening,
    ):
        databases = WorkerDatabases(pool)
        sender = WebhookSender(
            databases=databases,
            client=client,
            bodies=load_event_bodies(),
            keys=SigningKeys.parse(env("PORTICO_WEBHOOK_KEY")),
        )
        async with databases.writing() as database:
            await SqlQueueStore(database).begin()
        await Deliverer(sender, listening).run()


async def _configure(connection: AsyncConnection[Row]) -> None:
    await prepare_session(
        connection, statement_seconds=STATEMENT_SECONDS, lock_seconds=LOCK_SECONDS
    )


class Deliverer:
    """Marks, claims and looks at endpoints, again and again."""

    def __init__(self, sender: WebhookSender, listening: AsyncConnection[Row]) -> None:
        self._sender = sender
        self._listening = listening
        self._woken = asyncio.Event()
        self._looks: dict[Lane, set[asyncio.Task[None]]] = {lane: set() for lane in Lane}
        self._claimed: dict[asyncio.Task[None], ClaimedEndpoint] = {}

    async def run(self) -> None:
        """Deliver until cancelled; then let attempts end, and give the claims of others back."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                self._woken.clear()
                is_more = await self._mark()
                for lane in Lane:
                    is_more |= await self._claim(lane)
                if listening.done():
                    listening.result()
                if not is_more:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)
        finally:
            listening.cancel()
            await self._end_looks()

    async def _listen(self) -> None:
        await listen(self._listening, POSITION_CHANNEL)
        async for _ in self._listening.notifies():
            self._woken.set()

    async def _mark(self) -> bool:
        """Mark the endpoints that want new events; return whether there may be more of these."""
        async with self._sender.databases.writing() as database:
            return await SqlQueueStore(database).mark_due(most=MOST_MARKED) is not None

    async def _claim(self, lane: Lane) -> bool:
        """Claim endpoints that are due and look at each; return whether there may be more."""
        room = MOST_AT_ONCE[lane] - len(self._looks[lane])
        if room <= 0:
            return False
        most = min(room, MOST_CLAIMED)
        async with self._sender.databases.writing() as database:
            found = await SqlQueueStore(database).claim(uuid4(), lane=lane, most=most)
        for claimed in found:
            look = asyncio.create_task(self._look_at(claimed))
            self._looks[lane].add(look)
            self._claimed[look] = claimed
            look.add_done_callback(partial(self._forget, lane))
        return len(found) == most

    def _forget(self, lane: Lane, look: asyncio.Task[None]) -> None:
        self._looks[lane].discard(look)
        self._claimed.pop(look, None)
        self._woken.set()

    async def _look_at(self, claimed: ClaimedEndpoint) -> None:
        try:
            await look_at(claimed, self._sender)
        except ClaimLost:
            logger.info("endpoint %s was taken over", claimed.endpoint.id)
        except (Error, OSError, PoolTimeout) as problem:
            # Its claim runs out, and it is looked at again.
            logger.warning(
                "a look at endpoint %s failed: %s", claimed.endpoint.id, type(problem).__name__
            )
        except Exception:
            logger.exception("a look at endpoint %s failed", claimed.endpoint.id)

    async def _end_looks(self) -> None:
        looks = {look for of_lane in self._looks.values() for look in of_lane}
        if looks:
            await asyncio.wait(looks, timeout=GRACEFUL_SECONDS)
        unfinished = [self._claimed[look] for look in looks if look in self._claimed]
        for look in looks:
            look.cancel()
        with suppress(Error, OSError, PoolTimeout):
            for claimed in unfinished:
                async with self._sender.databases.writing() as database:
                    await SqlQueueStore(database).release(claimed)
