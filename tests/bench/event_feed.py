"""The case ``feed``: ``GET /v1/events`` as a long poll, with five hundred calls that wait.

Five partners let a hundred calls each wait for events that do not come. Another partner's events
are committed at a steady rate; ten of its programs read them, each by a cursor of its own. The lag
is from the moment a writer knows of its commit to the arrival of the answer at each reader.
"""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import psycopg

from api_edge.postgresql.database import PsycopgDatabase, configure_connection, connection_arguments
from api_edge.postgresql.pool import Connection
from api_edge.settings import Settings
from deploy import ports
from deploy.console import SetupError
from deploy.signals import StopSignals
from shared_domain import partners
from shared_domain.partners import PartnerId, Scope
from shared_domain.partners.sql_store import SqlKeyStore
from tests.bench import servers
from tests.bench.event_log import ELECTED, running_worker, wait_until
from tests.bench.feed_lag import FeedLag
from tests.bench.processor_time import cpu_seconds
from tests.bench.servers import EDGE, Server
from tests.bench.webhook_delivery import EVENT, PARTNERS
from tests.harness.databases import CommittedDatabase

FIRST_PARTNER, WAITING_PARTNERS = 3_000_000, 5
CALLS_OF_PARTNER, READERS = 100, 10

#: Events in a second, each read by every reader.
RATE = 20

#: The edge's pool as the bench starts it, the listener's session and one for keys.
MOST_SESSIONS = 20

PATIENCE_SECONDS = 60

#: Between the first calls of those that wait.
STAGGER_SECONDS = 0.02

SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'portico-edge%'"


@dataclass
class _Arrivals:
    """When each event arrived at each reader, by its booking."""

    moments: dict[str, list[float]] = field(default_factory=dict)
    waiting: int = 0

    def has_all_of(self, committed: dict[str, float]) -> bool:
        return all(len(self.moments.get(name, ())) == READERS for name in committed)


def measure(
    database: CommittedDatabase, folder: Path, *, seconds: float, stop: StopSignals
) -> FeedLag:
    """Commit events for some seconds, and return how soon the readers had them.

    Raises:
        SetupError: a call is refused, or events do not arrive.
    """
    count = WAITING_PARTNERS + 1
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute(PARTNERS, {"first": FIRST_PARTNER, "count": count})
        keys = asyncio.run(_issue_keys(database.owner_url, count))
        with (
            running_worker(database, folder),
            servers.running([EDGE], database, folder, pause=stop.pause) as running,
        ):
            wait_until(owner, ELECTED, 1, stop, "no worker became the sequencer")
            return asyncio.run(_measure(running[EDGE], keys, owner, seconds))


async def _issue_keys(owner_url: str, count: int) -> list[str]:
    connection = await Connection.connect(owner_url, **connection_arguments())
    async with connection, connection.transaction():
        await configure_connection(connection, Settings(database_url=owner_url))
        store, now = SqlKeyStore(PsycopgDatabase(connection)), datetime.now(UTC)
        issued = [
            await partners.issue_key(
                PartnerId(FIRST_PARTNER + number), label="bench", is_test=False, expires_at=None,
                scopes=[scope.value for scope in Scope], now=now, store=store,
            )
            for number in range(count)
        ]  # fmt: skip
    return [key.secret for key in issued]


async def _measure(
    edge: Server, keys: list[str], owner: "psycopg.Connection[Any]", seconds: float
) -> FeedLag:
    arrivals, committed = _Arrivals(), dict[str, float]()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        f"http://{ports.HOST}:{edge.port}", connector=connector
    ) as http:
        own, *others = keys
        tasks: list[asyncio.Task[None]] = []
        for key in others:
            for _ in range(CALLS_OF_PARTNER):
                tasks.append(asyncio.create_task(_wait(http, key, arrivals)))
                # All at once would be more first reads than the pool takes.
                await asyncio.sleep(STAGGER_SECONDS)
        tasks += [asyncio.create_task(_read(http, own, arrivals)) for _ in range(READERS)]
        # A first event: every reader is there, and every other call has been sent.
        await _commit(owner, committed)
        await _until_arrived(arrivals, committed, tasks)
        committed.clear()
        sessions = int(owner.execute(SESSIONS).fetchall()[0][0])
        cpu_before, began = cpu_seconds(edge.child.pid), time.monotonic()
        for number in range(int(seconds * RATE)):
            await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
            await _commit(owner, committed)
        await _until_arrived(arrivals, committed, tasks)
        lasted, cpu = time.monotonic() - began, cpu_seconds(edge.child.pid) - cpu_before
        waiting = arrivals.waiting
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    lags = [
        1000 * (moment - at) for name, at in committed.items() for moment in arrivals.moments[name]
    ]
    return FeedLag(
        waiting=waiting,
        readers=READERS,
        events=len(committed),
        seconds=lasted,
        lags_ms=sorted(max(0.0, lag) for lag in lags),
        edge_cpu_ms=1000 * cpu / len(lags),
        sessions=sessions,
        most_sessions=MOST_SESSIONS,
    )


async def _commit(owner: "psycopg.Connection[Any]", committed: dict[str, float]) -> None:
    booking = uuid4()
    facts = {"partner": FIRST_PARTNER, "booking": booking}
    await asyncio.to_thread(owner.execute, EVENT, facts)
    committed[str(booking)] = time.monotonic()


async def _until_arrived(
    arrivals: _Arrivals, committed: dict[str, float], tasks: list["asyncio.Task[None]"]
) -> None:
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while not arrivals.has_all_of(committed):
        for task in tasks:
            if task.done():
                task.result()
        if time.monotonic() > ends_at:
            raise SetupError("events do not arrive at the readers of the feed")
        await asyncio.sleep(0.02)


async def _read(http: aiohttp.ClientSession, key: str, arrivals: _Arrivals) -> None:
    after = 0
    while True:
        page = await _ask(http, key, after)
        now, after = time.monotonic(), page["nextAfter"]
        for event in page["events"]:
            booking = event["data"].get("bookingUuid", "")
            arrivals.moments.setdefault(booking, []).append(now)


async def _wait(http: aiohttp.ClientSession, key: str, arrivals: _Arrivals) -> None:
    arrivals.waiting += 1
    while True:
        await _ask(http, key, "latest")


async def _ask(http: aiohttp.ClientSession, key: str, after: object) -> Any:
    path = f"/v1/events?after={after}&wait=30"
    while True:
        async with http.get(path, headers={"Authorization": f"Bearer {key}"}) as answer:
            if answer.status == 200:
                return await answer.json()
            if answer.status != 503:
                raise SetupError(f"the feed was answered {answer.status}")
        # As its answer says: on a busy machine the pool has no connection free at the moment.
        await asyncio.sleep(float(answer.headers["Retry-After"]))
