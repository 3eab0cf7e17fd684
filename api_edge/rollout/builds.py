"""The builds that a comparison is evidence for: this edge process's, and Django's release.

Django names its release in a header of each response of an endpoint, when it is asked by a token of
the parity key. Callers can neither ask for it nor see it: ``request_head`` and ``response_head``
drop both.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from api_edge.postgresql.database import Pool, PsycopgDatabase
from shared_domain.bounded_memory import BoundedMemory
from shared_domain.database import Database
from shared_domain.rollout import (
    UNKNOWN_RELEASE,
    Build,
    BuildId,
    Endpoint,
    is_valid_release,
    loaded_modules,
    source_fingerprint,
    wire,
)
from shared_domain.rollout.builds_sql_store import SqlBuildStore

#: Packages of every edge; a shop's own modules are added.
_PORTICO = ("api_edge", "shared_domain")

#: How long a process that stops waits for a connection.
STOP_SECONDS = 0.5

#: A response of the same release within this time is not recorded.
HEARD_AGAIN_AFTER = timedelta(seconds=1)

logger = logging.getLogger("api_edge")

#: Upstreams of one edge, each with one release or, while it is replaced, two.
MOST_RELEASES = 100


def edge_build(routes: Iterable[BaseRoute], *more: Callable[..., Any] | None) -> str:
    """Return a fingerprint of the code of the endpoints, of ``more`` and of all loaded packages."""
    functions = [route.endpoint for route in routes if isinstance(route, APIRoute)]
    functions += [function for function in more if function]
    modules = {getattr(function, "__module__", None) or "" for function in functions} - {""}
    return source_fingerprint(*sorted({*modules, *loaded_modules(), *_PORTICO}))


class RunningBuilds:
    """The builds that run now, as this process knows them from responses and the database."""

    def __init__(self, edge: str, *, parity_key: str | None) -> None:
        self.edge = edge
        #: With it Django says its release in the response: ``RequestState.release_token``.
        self.release_token = wire.token(wire.Purpose.RELEASE, parity_key or "").encode()
        #: When Django has answered with each since the last report.
        self._heard: BoundedMemory[Build, datetime] = BoundedMemory(most=MOST_RELEASES)
        #: The latest build of each upstream, and when any process has heard of it.
        self._latest: BoundedMemory[str, tuple[Build, datetime]] = BoundedMemory(most=MOST_RELEASES)
        self._ids: BoundedMemory[Build, BuildId] = BoundedMemory(most=MOST_RELEASES)

    def build_for_response(
        self, endpoint: Endpoint, release: str | None, status: int
    ) -> Build | None:
        """Return the build of a response with this release and status.

        ``release`` is None where Django did not answer at all. A response from 400 on without a
        release may come from a server or proxy before Django, and any caller could provoke it: like
        None, it is counted for the latest known build.
        """
        if _says_nothing(release, status):
            return self.current_build(endpoint)
        known = release if release and is_valid_release(release) else UNKNOWN_RELEASE
        return Build(endpoint.upstream, self.edge, known)

    def record_release(self, endpoint: Endpoint, release: str | None, status: int) -> None:
        """Record the release of a response that Django has just given."""
        latest = self._latest.get(endpoint.upstream)
        now = datetime.now(UTC)
        if latest and latest[0].release == release and now - latest[1] < HEARD_AGAIN_AFTER:
            return
        build = self.build_for_response(endpoint, release, status)
        if build is not None and not _says_nothing(release, status):
            self._heard[build] = now
            self._latest[endpoint.upstream] = build, now

    def current_build(self, endpoint: Endpoint) -> Build | None:
        """Return the latest build of an endpoint's upstream; None before it has ever answered."""
        latest = self._latest.get(endpoint.upstream)
        return None if latest is None else latest[0]

    def remember_ids(self, ids: Mapping[Build, BuildId]) -> None:
        """Remember the ids of builds, once the transaction that stored them has ended."""
        for build, id in ids.items():
            self._ids[build] = id

    async def store(self, wanted: Iterable[Build], database: Database) -> dict[Build, BuildId]:
        """Return the ids of ``wanted`` and of newly heard builds, storing those that have none."""
        ids = {build: self._ids.get(build) for build in (*wanted, *self._heard)}
        new = {build: True for build, id in ids.items() if id is None}
        known = {build: id for build, id in ids.items() if id is not None}
        return known | await SqlBuildStore(database).report(new, now=datetime.now(UTC))

    async def report(self, database: Database) -> None:
        """Write which builds are running, and read what other processes have heard.

        A process without calls takes over the release that another one has heard, so that it
        neither takes an earlier release's evidence for its own nor reports it for ever.

        Raises:
            psycopg.Error: nothing was written; what was heard is written the next time.
        """
        store = SqlBuildStore(database)
        for upstream, (release, heard_at) in (await store.latest_releases()).items():
            known = self._latest.get(upstream)
            if known is None or known[1] < heard_at:
                self._latest[upstream] = Build(upstream, self.edge, release), heard_at
        heard = dict(self._heard)
        running = {build: False for build, _ in self._latest.values()} | dict.fromkeys(heard, True)
        self.remember_ids(await store.report(running, now=datetime.now(UTC)))
        for build, at in heard.items():
            if self._heard.get(build) == at:
                del self._heard[build]

    async def report_stop(self, pool: Pool) -> None:
        """Write that this process stops, so that its build need not be waited for."""
        try:
            async with pool.connection(timeout=STOP_SECONDS) as connection:
                store = SqlBuildStore(PsycopgDatabase(connection))
                await store.record_stop(self.edge, now=datetime.now(UTC))
        except (psycopg.Error, OSError) as error:
            logger.warning("the end of a build is not reported: %s", type(error).__qualname__)


def _says_nothing(release: str | None, status: int) -> bool:
    return release is None or (not release and status >= 400)
