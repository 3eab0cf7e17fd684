"""Guard counts in PostgreSQL: agreements of guarded calls by endpoint, build and status class."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared_domain.database import Database
from shared_domain.rollout.builds import Build, BuildId
from shared_domain.rollout.guard import GuardCount
from shared_domain.rollout.model import EndpointId
from shared_domain.rollout.wire import ENDPOINT_CHANNEL
from shared_domain.rows import by_name, select_list, table_columns

# Agreements from before a difference was found do not count, whichever process saw them. Ordered,
# so that two processes never wait in a circle.
ADD_AGREEMENTS = """
    INSERT INTO endpoints_guardedclass AS g
           (endpoint_id, build_id, status_class, matched, begun_at, seen_at)
    SELECT c.endpoint_id, c.build_id, c.status_class, c.matched, c.first_at, c.seen_at
      FROM jsonb_to_recordset(%(counts)s::jsonb) AS c
           (endpoint_id bigint, build_id bigint, status_class int, matched int,
            first_at timestamptz, seen_at timestamptz)
     ORDER BY c.endpoint_id, c.build_id, c.status_class
        ON CONFLICT (endpoint_id, build_id, status_class) DO UPDATE
       SET matched = greatest(0, g.matched + CASE WHEN EXCLUDED.begun_at >= g.begun_at
                                                  THEN EXCLUDED.matched ELSE 0 END),
           seen_at = greatest(g.seen_at, EXCLUDED.seen_at)
"""

# Every process hears of it as of a change of the stage.
RESTART = f"""
    WITH changed AS (
        UPDATE endpoints_guardedclass
           SET matched = 0, begun_at = %(at)s
         WHERE endpoint_id = %(endpoint_id)s AND build_id = %(build_id)s AND begun_at < %(at)s
     RETURNING endpoint_id
    )
    SELECT pg_notify('{ENDPOINT_CHANNEL}', '') FROM changed LIMIT 1
"""

_GUARD_COLUMNS = {
    **table_columns("g", ("endpoint_id", "status_class", "matched", "seen_at", "begun_at")),
    "upstream": "b.site",
    **table_columns("b", ("edge", "release")),
}

LOAD = f"""
    SELECT {select_list(_GUARD_COLUMNS)}
      FROM endpoints_guardedclass g
      JOIN endpoints_build b ON b.id = g.build_id
     WHERE b.edge = %(edge)s
"""


@dataclass(slots=True)
class Agreements:
    """Agreements of guarded calls not yet stored, with the time of the first and the last.

    Undecided calls subtract from them, so the number may be negative.
    """

    matched: int
    first_at: datetime
    seen_at: datetime

    def add(self, other: "Agreements") -> None:
        self.matched += other.matched
        self.first_at = min(self.first_at, other.first_at)
        self.seen_at = max(self.seen_at, other.seen_at)


class SqlGuardStore:
    """The guard counts, written and read by the edge; ``ids`` are the stored ids of its builds."""

    def __init__(self, database: Database, ids: Mapping[Build, BuildId] | None = None) -> None:
        self._database = database
        self._ids = ids or {}

    async def add_agreements(
        self, counted: Iterable[tuple[EndpointId, Build, int, Agreements]]
    ) -> None:
        rows = [
            {
                "endpoint_id": endpoint_id,
                "build_id": self._ids[build],
                "status_class": status_class,
                "matched": agreed.matched,
                "first_at": agreed.first_at.isoformat(),
                "seen_at": agreed.seen_at.isoformat(),
            }
            for endpoint_id, build, status_class, agreed in counted
        ]
        await self._database.execute(ADD_AGREEMENTS, {"counts": json.dumps(rows)})

    async def restart(self, endpoint_id: EndpointId, build: Build, at: datetime) -> None:
        parameters = {"endpoint_id": endpoint_id, "build_id": self._ids[build], "at": at}
        await self._database.fetch_all(RESTART, parameters)

    async def load(self, *, edge: str) -> dict[tuple[EndpointId, Build], dict[int, GuardCount]]:
        """Return the counts of an edge's builds, by endpoint and build, then by status class."""
        known: dict[tuple[EndpointId, Build], dict[int, GuardCount]] = {}
        rows = await self._database.fetch_all(LOAD, {"edge": edge})
        for guard in (by_name(_GUARD_COLUMNS, row) for row in rows):
            build = Build(guard["upstream"], guard["edge"], guard["release"])
            counts = known.setdefault((EndpointId(guard["endpoint_id"]), build), {})
            counts[guard["status_class"]] = GuardCount(
                guard["matched"], guard["seen_at"], guard["begun_at"]
            )
        return known
