"""The stages as this process knows them.

They are read when PostgreSQL notifies ``ENDPOINT_CHANNEL``, and every few seconds all the same.
While PostgreSQL is away, the last known ones stand: a restart of the database moves no endpoint.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from datetime import UTC, datetime

from api_edge.postgresql.database import Pool, PsycopgDatabase
from api_edge.postgresql.outage import OutageLog
from api_edge.postgresql.pg_listener import PgListener
from api_edge.rollout.builds import RunningBuilds
from api_edge.rollout.guard import NewBuildGuard
from api_edge.rollout.path_matcher import PathMatcher
from shared_domain import rollout
from shared_domain.rollout import Build, Endpoint, EndpointId, EndpointName, Side
from shared_domain.rollout.findings_sql_store import SqlFindingStore
from shared_domain.rollout.guard_sql_store import SqlGuardStore
from shared_domain.rollout.sql_store import SqlEndpointStore
from shared_domain.rollout.wire import ENDPOINT_CHANNEL

#: Should a notice be lost in spite of all, it is not missed for longer.
POLL_SECONDS = 5.0

#: A server that is gone without a word is given up after this.
LONGEST_READING_SECONDS = 10.0

#: A process that starts waits for its first reading, but not longer than this.
PATIENCE_SECONDS = 5.0

logger = logging.getLogger(__name__)


class StageCache:
    """What every request is decided by: one unchanging picture until the next one is read."""

    def __init__(
        self,
        listener: PgListener,
        pool: Pool,
        builds: RunningBuilds,
        guard: NewBuildGuard,
        *,
        own: Iterable[EndpointName],
    ) -> None:
        self._pool = pool
        self._builds = builds
        self._guard = guard
        self._own = list(own)
        self._is_registered = False
        self._matcher: PathMatcher[Endpoint] | None = None
        self._noise: dict[tuple[EndpointId, Build], frozenset[tuple[str, str]]] = {}
        self._all: list[Endpoint] = []
        self._outage = OutageLog(logger, "stages cannot be read, the last known ones stand")
        self._news = asyncio.Event()
        self._first = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        listener.subscribe(ENDPOINT_CHANNEL, on_notify=self._on_notify, on_reconnect=self._news.set)

    @property
    def are_known(self) -> bool:
        """Whether they have been read at least once."""
        return self._matcher is not None

    def find(self, method: str, path: str) -> Endpoint | None:
        """Return the endpoint that a request is for, None when nobody has registered one."""
        return None if self._matcher is None else self._matcher.find(method, path)

    def is_edge_only(self, path: str) -> bool:
        """Return whether there are endpoints at a path, and Django answers none of them."""
        found = [] if self._matcher is None else self._matcher.at(path)
        return bool(found) and not any(it.stage.needs_django for it in found)

    def known_noise(self, endpoint: Endpoint, build: Build | None) -> frozenset[tuple[str, str]]:
        """Return the paths and kinds of difference that were learned to say nothing in a build."""
        return frozenset() if build is None else self._noise.get((endpoint.id, build), frozenset())

    def apply_rollback(self, endpoint: Endpoint, *, since: datetime) -> None:
        """Obey a step back at once in this process, unless it knows of a later change.

        ``since`` is when the stage began that has ended.
        """
        self._replace_snapshot(
            [
                endpoint if it.id == endpoint.id and it.stage_since == since else it
                for it in self._all
            ]
        )

    async def start(self) -> None:
        """Register what this process has, read the stages, and keep reading them."""
        self._news.set()
        self._task = asyncio.create_task(self._read_until_stopped(), name="stages")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._first.wait()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def read(self) -> None:
        """Read them now.

        Raises:
            psycopg.Error: PostgreSQL is away, or has no such tables.
        """
        async with self._pool.connection() as connection:
            database = PsycopgDatabase(connection)
            store = SqlEndpointStore(database)
            if not self._is_registered:
                async with connection.transaction():
                    await rollout.register_endpoints(
                        self._own, side=Side.EDGE, now=datetime.now(UTC), store=store
                    )
                self._is_registered = True
            found = await rollout.list_endpoints(store=store)
            self._noise = await SqlFindingStore(database).load_noise(
                edge=self._builds.edge, since=datetime.now(UTC) - rollout.NOISE_KEPT_FOR
            )
            self._guard.replace_known(await SqlGuardStore(database).load(edge=self._builds.edge))
            self._replace_snapshot(found)
            await self._builds.report(database)

    async def _read_until_stopped(self) -> None:
        pause_seconds = POLL_SECONDS
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_seconds):
                    await self._news.wait()
            self._news.clear()
            try:
                async with asyncio.timeout(LONGEST_READING_SECONDS):
                    await self.read()
                self._outage.record_success()
                pause_seconds = POLL_SECONDS
            # Whatever it is: a process that gave up reading would never obey again.
            except Exception as error:
                self._outage.record_failure(type(error).__qualname__)
                # Sooner than usual: notices may be missed until it is back.
                pause_seconds = 0.5
            self._first.set()

    def _replace_snapshot(self, found: list[Endpoint]) -> None:
        self._all = found
        self._matcher = PathMatcher((it.method, it.path_template, it) for it in found)

    def _on_notify(self, _: str) -> None:
        self._news.set()
