"""Cache all endpoints and their stages in this process; the snapshot is replaced as a whole.

It is read on ``NOTIFY`` (``ENDPOINT_CHANNEL``) and every ``POLL_SECONDS``. While PostgreSQL is
away, the last snapshot stands: a restart of the database changes no stage.
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

#: A lost NOTIFY is made up for after this.
POLL_SECONDS = 5.0

#: A read from a PostgreSQL server that does not answer is cancelled after this.
READ_TIMEOUT_SECONDS = 10.0

#: A process that starts waits for its first snapshot, but not longer than this.
FIRST_READ_TIMEOUT_SECONDS = 5.0

logger = logging.getLogger(__name__)


class StageCache:
    """An immutable snapshot of all stages, replaced as a whole on NOTIFY or poll."""

    def __init__(
        self,
        listener: PgListener,
        pool: Pool,
        builds: RunningBuilds,
        guard: NewBuildGuard,
        *,
        edge_endpoints: Iterable[EndpointName],
    ) -> None:
        self._pool = pool
        self._builds = builds
        self._guard = guard
        self._edge_endpoints = list(edge_endpoints)
        self._is_registered = False
        #: Whether the stages have been read at least once.
        self.are_known = False
        self._matcher: PathMatcher[Endpoint] = PathMatcher([])
        self._noise: dict[tuple[EndpointId, Build], frozenset[tuple[str, str]]] = {}
        self._endpoints: list[Endpoint] = []
        self._outage = OutageLog(logger, "stages cannot be read, the last known ones stand")
        self._notified = asyncio.Event()
        self._first_read = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        listener.subscribe(
            ENDPOINT_CHANNEL, on_notify=self._on_notify, on_reconnect=self._notified.set
        )

    def find(self, method: str, path: str) -> Endpoint | None:
        """Return the registered endpoint that a request is for, or None."""
        return self._matcher.find(method, path)

    def is_edge_only(self, path: str) -> bool:
        """Return whether a path has endpoints, and no stage among them needs Django."""
        found = self._matcher.find_all(path)
        return bool(found) and not any(endpoint.stage.needs_django for endpoint in found)

    def known_noise(self, endpoint: Endpoint, build: Build | None) -> frozenset[tuple[str, str]]:
        """Return the paths and kinds of difference that are known to be noise in a build."""
        return frozenset() if build is None else self._noise.get((endpoint.id, build), frozenset())

    def apply_rollback(self, endpoint: Endpoint, *, since: datetime) -> None:
        """Apply a rollback at once, unless this process knows of a later change.

        ``since`` is when the stage began that was rolled back.
        """
        self._replace_snapshot(
            [
                endpoint if known.id == endpoint.id and known.stage_since == since else known
                for known in self._endpoints
            ]
        )

    async def start(self) -> None:
        """Register this process's endpoints, read the stages, and keep reading them."""
        self._notified.set()
        self._task = asyncio.create_task(self._read_until_stopped(), name="stages")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_READ_TIMEOUT_SECONDS):
                await self._first_read.wait()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def read(self) -> None:
        """Read stages, noise and guards from PostgreSQL now, and report this process's builds.

        Raises:
            psycopg.Error: PostgreSQL is away, or has no such tables.
        """
        async with self._pool.connection() as connection:
            database = PsycopgDatabase(connection)
            store = SqlEndpointStore(database)
            if not self._is_registered:
                async with connection.transaction():
                    await rollout.register_endpoints(
                        self._edge_endpoints, side=Side.EDGE, now=datetime.now(UTC), store=store
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
                    await self._notified.wait()
            self._notified.clear()
            try:
                async with asyncio.timeout(READ_TIMEOUT_SECONDS):
                    await self.read()
                self._outage.record_success()
                pause_seconds = POLL_SECONDS
            # Of any kind: a process that stopped reading would never see a change of stage again.
            except Exception as error:
                self._outage.record_failure(type(error).__qualname__)
                # Sooner than usual: notifications may be missed until it is back.
                pause_seconds = 0.5
            self._first_read.set()

    def _replace_snapshot(self, found: list[Endpoint]) -> None:
        self._endpoints, self.are_known = found, True
        self._matcher = PathMatcher(
            (endpoint.method, endpoint.path_template, endpoint) for endpoint in found
        )

    def _on_notify(self, _: str) -> None:
        self._notified.set()
