"""Builds in PostgreSQL: pairs of an edge build and a Django release, and when they ran."""

from collections.abc import Mapping
from datetime import datetime

from shared_domain.database import Database
from shared_domain.rollout.builds import LIVE_FOR, Build, BuildId
from shared_domain.rows import by_name, select_list, table_columns

_BUILD_COLUMNS = {"upstream": "b.site"} | table_columns("b", ("edge", "release", "id"))
_RELEASE_COLUMNS = {"upstream": "b.site"} | table_columns("b", ("release", "heard_at"))

# Ordered, so that two processes that report the same builds never wait in a circle.
REPORT = f"""
    INSERT INTO endpoints_build AS b (site, edge, release, first_seen_at, last_seen_at, heard_at)
    SELECT r.site, r.edge, r.release, r.now, r.now, CASE WHEN r.is_heard THEN r.now END
      FROM (SELECT n.*, %(now)s::timestamptz
              FROM unnest(%(upstreams)s::text[], %(edges)s::text[], %(releases)s::text[],
                          %(are_heard)s::boolean[]) AS n) AS r (site, edge, release, is_heard, now)
     ORDER BY r.site, r.edge, r.release
        ON CONFLICT (site, edge, release) DO UPDATE
       SET last_seen_at = greatest(b.last_seen_at, EXCLUDED.last_seen_at),
           heard_at = greatest(b.heard_at, EXCLUDED.heard_at)
 RETURNING {select_list(_BUILD_COLUMNS)}
"""

RECORD_STOP = """
    UPDATE endpoints_build
       SET last_seen_at = %(at)s
     WHERE edge = %(edge)s AND last_seen_at > %(at)s
"""

LATEST_RELEASES = f"""
    SELECT DISTINCT ON (b.site) {select_list(_RELEASE_COLUMNS)}
      FROM endpoints_build b
     WHERE b.heard_at IS NOT NULL
     ORDER BY b.site, b.heard_at DESC, b.id DESC
"""


class SqlBuildStore:
    """The builds on either half's database connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def report(self, builds: Mapping[Build, bool], *, now: datetime) -> dict[Build, BuildId]:
        """Record that these builds are running, and return their ids.

        The value of a build says whether Django has sent this release recently.
        """
        listed = sorted(builds)
        parameters = {
            "upstreams": [build.upstream for build in listed],
            "edges": [build.edge for build in listed],
            "releases": [build.release for build in listed],
            "are_heard": [builds[build] for build in listed],
            "now": now,
        }
        rows = await self._database.fetch_all(REPORT, parameters) if listed else []
        found = [by_name(_BUILD_COLUMNS, row) for row in rows]
        return {
            Build(build["upstream"], build["edge"], build["release"]): BuildId(build["id"])
            for build in found
        }

    async def record_stop(self, edge: str, *, now: datetime) -> None:
        """Record that a process of this edge build stops; one that still runs reports it again."""
        await self._database.execute(RECORD_STOP, {"edge": edge, "at": now - LIVE_FOR})

    async def latest_releases(self) -> dict[str, tuple[str, datetime]]:
        """Return the last release of each upstream by its name, and when it was sent."""
        rows = await self._database.fetch_all(LATEST_RELEASES, {})
        found = [by_name(_RELEASE_COLUMNS, row) for row in rows]
        return {latest["upstream"]: (latest["release"], latest["heard_at"]) for latest in found}
