"""Findings in PostgreSQL: hourly counts, checks, differences, noise and recorded requests."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from shared_domain.database import Database
from shared_domain.rollout.builds import BEFORE_BUILDS, Build, BuildId
from shared_domain.rollout.model import EndpointId
from shared_domain.rollout.wire import Verdict
from shared_domain.rows import by_name, recordset, select_list, table_columns


@dataclass(slots=True)
class Counts:
    """Counts of one endpoint in one hour; see ``core_site.rollout.models.EndpointHour``."""

    django_calls: int = 0
    django_errors: int = 0
    django_ms: float = 0.0
    edge_calls: int = 0
    edge_errors: int = 0
    edge_ms: float = 0.0
    fell_back: int = 0
    matched: int = 0
    mismatched: int = 0
    unstable: int = 0
    undecided: int = 0
    unavailable: int = 0
    dropped: int = 0
    too_large: int = 0
    unreadable: int = 0
    abandoned: int = 0


#: Columns of a count, with their types.
_COUNTS = {field.name: "float8" if field.type is float else "bigint" for field in fields(Counts)}

# One row each hour, added to by every process; ordered, so that two of them never wait in a circle.
ADD_COUNTS = f"""
    INSERT INTO endpoints_endpointhour AS h (endpoint_id, hour, {", ".join(_COUNTS)})
    SELECT c.endpoint_id, date_trunc('hour', c.hour), {", ".join(f"c.{name}" for name in _COUNTS)}
      FROM {recordset("counts", "c", {"endpoint_id": "bigint", "hour": "timestamptz"} | _COUNTS)}
     ORDER BY c.endpoint_id, c.hour
        ON CONFLICT (endpoint_id, hour) DO UPDATE
       SET {", ".join(f"{name} = h.{name} + EXCLUDED.{name}" for name in _COUNTS)}
"""

# Locked in one order: several processes write to the same endpoints at the same time.
SAVE_DJANGO_CALLS = """
    WITH locked AS (
        SELECT e.id, c.at
          FROM endpoints_endpoint e
          JOIN jsonb_to_recordset(%(calls)s::jsonb) AS c (endpoint_id bigint, at timestamptz)
            ON c.endpoint_id = e.id
         ORDER BY e.id
           FOR NO KEY UPDATE OF e
    )
    UPDATE endpoints_endpoint e
       SET site_called_at = greatest(e.site_called_at, locked.at)
      FROM locked
     WHERE e.id = locked.id
"""

SAVE_CHECKS = """
    INSERT INTO endpoints_paritycheck
           (endpoint_id, at, partner_id, request_id, verdict, django_status, edge_status,
            django_ms, edge_ms, covers, build_id)
    SELECT c.endpoint_id, c.at, c.partner_id, c.request_id, c.verdict, c.django_status,
           c.edge_status, c.django_ms, c.edge_ms, c.covers, c.build_id
      FROM jsonb_to_recordset(%(checks)s::jsonb) AS c
           (endpoint_id bigint, at timestamptz, partner_id text, request_id uuid, verdict text,
            django_status int, edge_status int, django_ms float8, edge_ms float8, covers text,
            build_id bigint)
"""

# The place is one row for all builds, which the release before adds to as well.
SAVE_DIFFERENCE = """
    WITH place AS (
        INSERT INTO endpoints_difference AS d
               (endpoint_id, path, kind, count, first_at, last_at, example_request_id, example)
        VALUES (%(endpoint_id)s, %(path)s, %(kind)s, %(count)s, %(at)s, %(at)s, %(request_id)s,
                %(example)s::jsonb)
            ON CONFLICT (endpoint_id, path, kind) DO UPDATE
           SET count = d.count + EXCLUDED.count, last_at = EXCLUDED.last_at,
               example_request_id = EXCLUDED.example_request_id, example = EXCLUDED.example
     RETURNING d.id
    )
    INSERT INTO endpoints_builddifference AS d
           (difference_id, build_id, count, first_at, last_at, example_request_id, example)
    SELECT place.id, %(build_id)s, %(count)s, %(at)s, %(at)s, %(request_id)s, %(example)s::jsonb
      FROM place
        ON CONFLICT (difference_id, build_id) DO UPDATE
       SET count = d.count + EXCLUDED.count, last_at = EXCLUDED.last_at,
           example_request_id = EXCLUDED.example_request_id, example = EXCLUDED.example
"""

SAVE_NOISE = """
    WITH place AS (
        INSERT INTO endpoints_noise AS n (endpoint_id, path, kind, learned_at)
        VALUES (%(endpoint_id)s, %(path)s, %(kind)s, %(at)s)
            ON CONFLICT (endpoint_id, path, kind) DO UPDATE SET learned_at = EXCLUDED.learned_at
     RETURNING n.id
    )
    INSERT INTO endpoints_buildnoise (noise_id, build_id, learned_at)
    SELECT place.id, %(build_id)s, %(at)s FROM place
        ON CONFLICT (noise_id, build_id) DO UPDATE SET learned_at = EXCLUDED.learned_at
"""

_NOISE_COLUMNS = {
    **table_columns("n", ("endpoint_id", "path", "kind")),
    "upstream": "b.site",
    **table_columns("b", ("edge", "release")),
}

LOAD_NOISE = f"""
    SELECT {select_list(_NOISE_COLUMNS)}
      FROM endpoints_noise n
      JOIN endpoints_buildnoise l ON l.noise_id = n.id
      JOIN endpoints_build b ON b.id = l.build_id
     WHERE l.learned_at > %(since)s AND b.edge = %(edge)s
"""

SAVE_REQUEST = """
    INSERT INTO endpoints_recording
           (endpoint_id, at, fingerprint, status, target, headers, body, answer)
    VALUES (%(endpoint_id)s, %(at)s, %(fingerprint)s, %(status)s, %(target)s, %(headers)s::jsonb,
            %(body)s::jsonb, %(answer)s::jsonb)
        ON CONFLICT (endpoint_id, fingerprint) DO NOTHING
"""

SAVE_SELF_TEST = """
    INSERT INTO endpoints_selftest (endpoint_id, build_id, at, passed)
    VALUES (%(endpoint_id)s, %(build_id)s, %(at)s, %(passed)s)
        ON CONFLICT (endpoint_id, build_id) DO UPDATE
       SET at = EXCLUDED.at, passed = EXCLUDED.passed
"""

# Ordered, as all counts are: several processes add to the same rows.
ADD_EDGE_CALLS = """
    INSERT INTO endpoints_edgecalls AS e (endpoint_id, build_id, stage_since, calls, fell_back)
    SELECT c.endpoint_id, c.build_id, c.stage_since, c.calls, c.fell_back
      FROM jsonb_to_recordset(%(counts)s::jsonb) AS c
           (endpoint_id bigint, build_id bigint, stage_since timestamptz, calls bigint,
            fell_back bigint)
     ORDER BY c.endpoint_id, c.build_id, c.stage_since
        ON CONFLICT (endpoint_id, build_id, stage_since) DO UPDATE
       SET calls = e.calls + EXCLUDED.calls, fell_back = e.fell_back + EXCLUDED.fell_back
"""

# Around an example that PostgreSQL may refuse, so that the rest of the transaction goes on.
BEGIN_EXAMPLE = "SAVEPOINT example"
DROP_EXAMPLE = "ROLLBACK TO SAVEPOINT example"


@dataclass(slots=True)
class EdgeCalls:
    """Calls that the edge answered in one stage and build, and those that fell back to Django."""

    calls: int = 0
    fell_back: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One comparison, or why a call was not compared; see ``ParityCheck``."""

    endpoint_id: EndpointId
    at: datetime
    partner_id: str | None
    request_id: str
    verdict: Verdict
    django_status: int
    edge_status: int
    django_ms: float
    edge_ms: float
    #: Tokens of ``coverage``.
    covers: str = ""
    #: None while Django has never sent a release.
    build: Build | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceRow:
    """Differences of one kind at one path; ``example`` is redacted."""

    endpoint_id: EndpointId
    path: str
    kind: str
    at: datetime
    request_id: str
    example: object
    count: int = 1
    build: Build | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    """An anonymised request and Django's response to it, to be replayed."""

    endpoint_id: EndpointId
    at: datetime
    fingerprint: str
    status: int
    target: str
    headers: dict[str, str]
    body: object
    answer: object


class SqlFindingStore:
    """Writes findings in batches; ``ids`` are the stored ids of the edge's builds."""

    def __init__(self, database: Database, ids: Mapping[Build, BuildId] | None = None) -> None:
        self._database = database
        self._ids = ids or {}

    async def add_counts(self, counted: Iterable[tuple[EndpointId, datetime, Counts]]) -> None:
        rows = [
            {"endpoint_id": endpoint_id, "hour": hour.isoformat(), **asdict(counts)}
            for endpoint_id, hour, counts in counted
        ]
        await self._database.execute(ADD_COUNTS, {"counts": json.dumps(rows)})

    async def save_django_calls(self, calls: Iterable[tuple[EndpointId, datetime]]) -> None:
        rows = [{"endpoint_id": id, "at": at.isoformat()} for id, at in sorted(calls)]
        await self._database.execute(SAVE_DJANGO_CALLS, {"calls": json.dumps(rows)})

    async def add_edge_calls(
        self, counted: Iterable[tuple[EndpointId, Build | None, datetime, EdgeCalls]]
    ) -> None:
        rows = [
            {
                "endpoint_id": endpoint_id,
                "build_id": self._build_id(build),
                "stage_since": since.isoformat(),
                **asdict(calls),
            }
            for endpoint_id, build, since, calls in counted
        ]
        await self._database.execute(ADD_EDGE_CALLS, {"counts": json.dumps(rows)})

    async def save_checks(self, checks: Sequence[CheckRow]) -> None:
        rows = [self._row(check) | {"at": check.at.isoformat(), "build": None} for check in checks]
        await self._database.execute(SAVE_CHECKS, {"checks": json.dumps(rows)})

    async def save_difference(self, found: DifferenceRow) -> None:
        row = self._row(found) | {"example": json.dumps(found.example)}
        await self._database.execute(SAVE_DIFFERENCE, row)

    async def save_noise(
        self, endpoint_id: EndpointId, build: Build | None, path: str, kind: str, at: datetime
    ) -> None:
        row = {"endpoint_id": endpoint_id, "path": path, "kind": kind, "at": at}
        await self._database.execute(SAVE_NOISE, row | {"build_id": self._build_id(build)})

    async def save_request(self, found: RecordedRequest) -> None:
        row = asdict(found) | {
            "headers": json.dumps(found.headers),
            "body": json.dumps(found.body),
            "answer": json.dumps(found.answer),
        }
        await self._database.execute(SAVE_REQUEST, row)

    async def save_self_test(
        self, endpoint_id: EndpointId, build: Build | None, *, passed: bool, at: datetime
    ) -> None:
        row = {"endpoint_id": endpoint_id, "passed": passed, "at": at}
        await self._database.execute(SAVE_SELF_TEST, row | {"build_id": self._build_id(build)})

    async def load_noise(
        self, *, edge: str, since: datetime
    ) -> dict[tuple[EndpointId, Build], frozenset[tuple[str, str]]]:
        """Return the noise learned with this build of the edge: paths with kinds, by endpoint."""
        known: dict[tuple[EndpointId, Build], set[tuple[str, str]]] = {}
        rows = await self._database.fetch_all(LOAD_NOISE, {"edge": edge, "since": since})
        for noise in (by_name(_NOISE_COLUMNS, row) for row in rows):
            build = Build(noise["upstream"], noise["edge"], noise["release"])
            places = known.setdefault((EndpointId(noise["endpoint_id"]), build), set())
            places.add((noise["path"], noise["kind"]))
        return {key: frozenset(of) for key, of in known.items()}

    def _row(self, found: CheckRow | DifferenceRow) -> dict[str, object]:
        return asdict(found) | {"build_id": self._build_id(found.build)}

    def _build_id(self, build: Build | None) -> BuildId:
        return BEFORE_BUILDS if build is None else self._ids[build]
