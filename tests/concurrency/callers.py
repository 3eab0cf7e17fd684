"""Many callers in several processes, each with a transaction of its own, all at the same moment.

A process that only calls knows nothing of Django: it does what an edge process does.
"""

import asyncio
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.synchronize import Barrier
from typing import Any

import psycopg

from api_edge.postgresql.database import PsycopgDatabase, make_pool
from api_edge.postgresql.pool import Connection
from api_edge.settings import Settings
from shared_domain import availability, bookings
from shared_domain.availability.sql_store import SqlAvailabilityStore
from shared_domain.bookings.sql_store import SqlBookingStore
from shared_domain.catalog.sql_store import SqlCatalogStore
from shared_domain.refusals import Refused

PROCESSES = 4
CONNECTIONS_PER_PROCESS = 12
#: Long enough for every process to have connected.
START_DELAY_SECONDS = 0.4


@dataclass(frozen=True)
class Call:
    """One use of a service by its name: ``Call("reserve_booking", (wish,), {...})``."""

    service: str
    arguments: tuple[Any, ...]
    named: dict[str, Any] = field(default_factory=dict)

    async def run(self, store: SqlBookingStore) -> Any:
        if self.service in bookings.__all__:
            service = getattr(bookings, self.service)
            return await service(*self.arguments, **self.named, store=store)
        service = getattr(availability, self.service)
        return await service(*self.arguments, **self.named, store=store.availability)


def store_on(connection: Connection) -> SqlBookingStore:
    database = PsycopgDatabase(connection)
    return SqlBookingStore(database, SqlAvailabilityStore(database, SqlCatalogStore(database)))


def patient_settings(url: str, *, pool_size: int = 1) -> Settings:
    """Return settings with which a caller waits as long as a busy machine takes."""
    return Settings(
        database_url=url,
        pool_size=pool_size,
        pool_wait_seconds=60,
        lock_wait_seconds=60,
        statement_seconds=90,
    )


def call(service: str, *arguments: Any, now: datetime, **named: Any) -> Call:
    return Call(service, arguments, {"now": now, **named})


@dataclass(frozen=True)
class Outcome:
    """What a call came to: ``said`` is a booking's status, or the name of the refusal or fault."""

    said: str
    booking_id: int | None = None


class Callers:
    """The processes, which one test after the other may use."""

    def __init__(self, processes: ProcessPoolExecutor) -> None:
        self._processes = processes

    def all_at_once(self, url: str, calls: Sequence[Call]) -> list[Outcome]:
        """Deal the calls out to the processes; return the outcomes in the order of the calls."""
        return [outcome for (outcome,) in self.in_order(url, [[one] for one in calls])]

    def in_order(self, url: str, programs: Sequence[Sequence[Call]]) -> list[list[Outcome]]:
        """Run programs side by side; each makes its own calls one after the other."""
        start_at = time.time() + START_DELAY_SECONDS
        running = [
            self._processes.submit(_work, url, programs[number::PROCESSES], start_at)
            for number in range(PROCESSES)
        ]
        done = [process.result() for process in running]
        return [done[number % PROCESSES][number // PROCESSES] for number in range(len(programs))]


@contextmanager
def calling_processes() -> Iterator[Callers]:
    """Start the processes, and end them with the block."""
    # Forks of a process that has imported this module and done nothing else.
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload([__name__])
    # Each waits for all others when it starts, so that every one of them really does.
    started = forking.Barrier(PROCESSES)
    with ProcessPoolExecutor(
        PROCESSES, forking, initializer=_wait_for_all, initargs=(started,)
    ) as processes:
        for greeting in [processes.submit(os.getpid) for _ in range(PROCESSES)]:
            greeting.result()
        yield Callers(processes)


def _wait_for_all(started: Barrier) -> None:
    started.wait()


def _work(url: str, programs: Sequence[Sequence[Call]], start_at: float) -> list[list[Outcome]]:
    return asyncio.run(_work_together(url, programs, start_at))


async def _work_together(
    url: str, programs: Sequence[Sequence[Call]], start_at: float
) -> list[list[Outcome]]:
    async with make_pool(patient_settings(url, pool_size=CONNECTIONS_PER_PROCESS)) as pool:

        async def run(program: Sequence[Call]) -> list[Outcome]:
            outcomes = []
            for one in program:
                async with pool.connection() as connection:
                    outcomes.append(await _outcome(one, connection))
            return outcomes

        await asyncio.sleep(start_at - time.time())
        return await asyncio.gather(*map(run, programs))


async def _outcome(one: Call, connection: Connection) -> Outcome:
    try:
        async with connection.transaction():
            answer = await one.run(store_on(connection))
    except (Refused, psycopg.Error) as problem:
        return Outcome(type(problem).__name__)
    if isinstance(answer, bookings.Booking):
        return Outcome(answer.status.value, answer.id)
    return Outcome("done")
