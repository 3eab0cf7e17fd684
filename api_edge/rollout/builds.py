"""Which build each comparison speaks for: this process's edge, and the release that Django answers.

The site says its release in a header of each answer to a call of an endpoint, when it is asked by
the key that both share. Callers can neither ask for it nor see it: ``request_head`` drops the one
header, and ``answer_head`` the other.
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

#: What every edge is made of; a shop's own modules come to these.
_PORTICO = ("api_edge", "shared_domain")

#: A process that stops waits for a connection no longer than this.
STOP_SECONDS = 0.5

#: An answer of the same release that comes sooner says nothing new.
HEARD_AGAIN_AFTER = timedelta(seconds=1)

logger = logging.getLogger("api_edge")

#: Sites behind one door, each with one release or, while it is replaced, two.
MOST_RELEASES = 100


def edge_build(routes: Iterable[BaseRoute], *more: Callable[..., Any] | None) -> str:
    """Return the fingerprint of all packages that this program has loaded from outside.

    Those of its endpoints and of ``more`` are among them.
    """
    functions = [route.endpoint for route in routes if isinstance(route, APIRoute)]
    functions += [function for function in more if function]
    modules = {getattr(function, "__module__", None) or "" for function in functions} - {""}
    return source_fingerprint(*sorted({*modules, *loaded_modules(), *_PORTICO}))


class RunningBuilds:
    """The builds that run now, as this process has heard of them."""

    def __init__(self, edge: str, *, parity_key: str | None) -> None:
        self.edge = edge
        #: With it Django says its release in the response: ``RequestState.release_token``.
        self.release_token = wire.token(wire.Purpose.RELEASE, parity_key or "").encode()
        #: When the site has answered with each since the last report.
        self._heard: BoundedMemory[Build, datetime] = BoundedMemory(most=MOST_RELEASES)
        #: The last one of each site, and when any process has heard it.
        self._latest: BoundedMemory[str, tuple[Build, datetime]] = BoundedMemory(most=MOST_RELEASES)
        self._ids: BoundedMemory[Build, BuildId] = BoundedMemory(most=MOST_RELEASES)

    def build_for_response(
        self, endpoint: Endpoint, release: str | None, status: int
    ) -> Build | None:
        """Return the build of an answer with this release and status.

        ``release`` is None where the site has not answered at all. A refusal or failure without a
        release may come from the server or a proxy before the site, and says nothing: otherwise a
        caller could make one up.
        """
        if _says_nothing(release, status):
            return self.current_build(endpoint)
        said = release if release and is_valid_release(release) else UNKNOWN_RELEASE
        return Build(endpoint.site, self.edge, said)

    def record_release(self, endpoint: Endpoint, release: str | None, status: int) -> None:
        """Remember the release of an answer that the site has just given."""
        latest = self._latest.get(endpoint.site)
        if latest is not None and latest[0].release == release and _is_recent(latest[1]):
            return
        build = self.build_for_response(endpoint, release, status)
        if build is not None and not _says_nothing(release, status):
            now = datetime.now(UTC)
            self._heard[build] = now
            self._latest[endpoint.site] = build, now

    def current_build(self, endpoint: Endpoint) -> Build | None:
        """Return the build that would answer now; None before its site has ever been heard."""
        latest = self._latest.get(endpoint.site)
        return None if latest is None else latest[0]

    def id_of(self, build: Build | None) -> BuildId | None:
        """Return how a build is stored; None until PostgreSQL knows it."""
        return None if build is None else self._ids.get(build)

    def remember_ids(self, ids: Mapping[Build, BuildId]) -> None:
        """Remember how builds are stored, once the transaction that stored them has ended."""
        for build, id in ids.items():
            self._ids[build] = id

    async def store(self, wanted: Iterable[Build], database: Database) -> dict[Build, BuildId]:
        """Return how builds are stored, storing those that are not, and what is newly heard."""
        ids = {build: self._ids.get(build) for build in (*wanted, *self._heard)}
        new = {build: True for build, id in ids.items() if id is None}
        known = {build: id for build, id in ids.items() if id is not None}
        return known | await SqlBuildStore(database).report(new, now=datetime.now(UTC))

    async def report(self, database: Database) -> None:
        """Tell PostgreSQL which builds are running, and learn what other processes have heard.

        A process that has no calls assumes the release that another one has heard: evidence of an
        earlier one is not taken for its own, and an earlier one is not reported for ever.

        Raises:
            psycopg.Error: nothing was told; what was heard is told the next time.
        """
        store = SqlBuildStore(database)
        for site, (release, heard_at) in (await store.latest_releases()).items():
            known = self._latest.get(site)
            if known is None or known[1] < heard_at:
                self._latest[site] = Build(site, self.edge, release), heard_at
        heard = dict(self._heard)
        running = {build: False for build, _ in self._latest.values()} | dict.fromkeys(heard, True)
        self.remember_ids(await store.report(running, now=datetime.now(UTC)))
        for build, at in heard.items():
            if self._heard.get(build) == at:
                del self._heard[build]


async def report_stop(builds: RunningBuilds, pool: Pool) -> None:
    """Tell PostgreSQL that this process stops, so that its build need not be waited for."""
    try:
        async with pool.connection(timeout=STOP_SECONDS) as connection:
            store = SqlBuildStore(PsycopgDatabase(connection))
            await store.record_stop(builds.edge, now=datetime.now(UTC))
    except (psycopg.Error, OSError) as trouble:
        logger.warning("the end of a build is not reported: %s", type(trouble).__qualname__)


def _is_recent(at: datetime) -> bool:
    return datetime.now(UTC) - at < HEARD_AGAIN_AFTER


def _says_nothing(release: str | None, status: int) -> bool:
    return release is None or (not release and status >= 400)
