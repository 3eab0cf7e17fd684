"""The delivery loop of a worker, for webhooks and notifications; any number of workers share it.

It is woken by the sequencer's notifications, and polls every ``POLL_SECONDS`` as well. Destinations
that answer soon, and those that are slow or fail, are claimed in separate lanes, each with a limit:
destinations that time out do not delay the others, however many there are.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Generic, Protocol, TypeVar

from procrastinate.contrib.django.utils import connector_params
from psycopg import AsyncConnection, Error
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from core_site.postgresql.async_database import AsyncDatabase
from core_site.postgresql.worker_session import listen, prepare_session, run_on_new_sessions
from shared_domain.database import Database, Row
from shared_domain.rollout.wire import POSITION_CHANNEL
from shared_domain.webhooks import Lane

#: How often the loop polls without being woken.
POLL_SECONDS = 0.5

#: Connections to PostgreSQL: a delivery run holds one only during SQL.
POOL_SIZE = 4

STATEMENT_SECONDS, LOCK_SECONDS, POOL_WAIT_SECONDS = 30, 5, 20.0

#: How long attempts may go on when the worker is asked to stop; what is not done is sent again.
GRACEFUL_SECONDS = 5.0

logger = logging.getLogger(__name__)

Claim = TypeVar("Claim")

Listening = AsyncConnection[Row]


class WorkerDatabases:
    """The database connections of a delivery loop: a small pool, with statement time-outs."""

    def __init__(self, pool: "AsyncConnectionPool[AsyncConnection[Row]]") -> None:
        self._pool = pool

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Database]:
        async with self._pool.connection() as connection:
            yield AsyncDatabase(connection, most_seconds=STATEMENT_SECONDS)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Database]:
        async with self._pool.connection() as connection, _transaction(connection):
            yield AsyncDatabase(connection, most_seconds=STATEMENT_SECONDS)


@asynccontextmanager
async def _transaction(connection: AsyncConnection[Row]) -> AsyncIterator[None]:
    """Run a block in a transaction, whose beginning and end may take ``STATEMENT_SECONDS`` each.

    Raises:
        TimeoutError: the server has not answered in time; the work may be stored.
    """
    transaction = connection.transaction()
    async with asyncio.timeout(STATEMENT_SECONDS):
        await transaction.__aenter__()
    try:
        yield
    except BaseException as failed:
        async with asyncio.timeout(STATEMENT_SECONDS):
            await transaction.__aexit__(type(failed), failed, failed.__traceback__)
        raise
    async with asyncio.timeout(STATEMENT_SECONDS):
        await transaction.__aexit__(None, None, None)


class Deliveries(Protocol[Claim]):
    """What a ``DeliveryLoop`` delivers: implemented for webhooks and for notifications."""

    @property
    def most_at_once(self) -> Mapping[Lane, int]:
        """How many claims of each lane one worker delivers at once."""
        ...

    @property
    def most_claimed(self) -> int:
        """How many destinations one statement claims."""
        ...

    async def mark(self) -> bool:
        """Mark destinations as due that new events are for; return whether events may be left."""
        ...

    async def claim(self, lane: Lane, *, most: int) -> Sequence[Claim]:
        """Claim destinations that are due, for this worker only, until the claim expires."""
        ...

    async def deliver(self, claimed: Claim) -> None:
        """Send a claimed destination what is due, and release the claim."""
        ...

    async def release(self, claimed: Sequence[Claim]) -> None:
        """Release claims of which nothing was sent."""
        ...


async def run_with_database(
    run: Callable[[WorkerDatabases, Listening], Awaitable[None]], *, application_name: str
) -> None:
    """Run a loop on a pool and a connection that listens, until cancelled; reconnect after a loss.

    ``application_name`` says in pg_stat_activity whose sessions these are.
    """
    await run_on_new_sessions(
        partial(_run_on_one_pool, run, application_name), name=application_name, logger=logger
    )


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
    """Marks destinations as due, claims them, and starts a run for each, until cancelled."""

    def __init__(self, deliveries: Deliveries[Claim], listening: Listening) -> None:
        self._deliveries = deliveries
        self._listening = listening
        self._woken = asyncio.Event()
        #: Whether there may be new events, and in which lanes a run has ended.
        self._is_announced = True
        self._freed: set[Lane] = set()
        self._poll_at = 0.0
        self._runs: dict[Lane, set[asyncio.Task[None]]] = {lane: set() for lane in Lane}
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
            await self._end_runs()

    async def _wait(self) -> None:
        """Wait for a notification or the end of a run, for ``POLL_SECONDS`` at most."""
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
        """Claim what is due and start a run for each; return whether there may be more."""
        room = self._deliveries.most_at_once[lane] - len(self._runs[lane])
        if room <= 0:
            return False
        most = min(room, self._deliveries.most_claimed)
        found = await self._deliveries.claim(lane, most=most)
        for claimed in found:
            run = asyncio.create_task(self._deliver(claimed))
            self._runs[lane].add(run)
            self._claimed[run] = claimed
            run.add_done_callback(partial(self._forget, lane))
        return len(found) == most

    def _forget(self, lane: Lane, run: asyncio.Task[None]) -> None:
        self._runs[lane].discard(run)
        self._claimed.pop(run, None)
        self._freed.add(lane)
        self._woken.set()

    async def _deliver(self, claimed: Claim) -> None:
        try:
            await self._deliveries.deliver(claimed)
        except (Error, OSError, PoolTimeout) as problem:
            # Its claim runs out, and it is delivered again.
            logger.warning("a delivery could not be stored: %s", type(problem).__name__)
        except Exception:
            logger.exception("a delivery failed")

    async def _end_runs(self) -> None:
        runs = {run for of_lane in self._runs.values() for run in of_lane}
        if runs:
            await asyncio.wait(runs, timeout=GRACEFUL_SECONDS)
        unfinished = [self._claimed[run] for run in runs if run in self._claimed]
        for run in runs:
            run.cancel()
        if unfinished:
            with suppress(Error, OSError, PoolTimeout):
                await self._deliveries.release(unfinished)
