"""The endpoint store in PostgreSQL: endpoints, stages, pins and the audit trail."""

import json
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime

from shared_domain.database import Database, Row
from shared_domain.rollout.builds import Build
from shared_domain.rollout.evidence import ParityStats
from shared_domain.rollout.evidence_sql_store import load_parity_stats
from shared_domain.rollout.model import (
    Budget,
    CallerName,
    Endpoint,
    EndpointId,
    Side,
    Stage,
    StageChange,
    path_shape,
)

_ENDPOINT = """
    SELECT e.id, e.method, e.path_template, e.is_on_edge, e.is_on_site, e.stage, e.stage_since,
           e.percent, e.salt, e.sample_percent, e.is_reverse_shadowed,
           e.most_mismatches, e.most_errors, e.most_latency_ratio, e.mismatches, e.errors,
           e.site_called_at, e.retired_calls,
           (SELECT jsonb_object_agg(p.partner_id, p.side) FROM endpoints_pin p
             WHERE p.endpoint_id = e.id),
           e.most_tail_ratio, e.timeout_ms, e.most_timeout_percent, e.site, e.guarded_calls,
           e.guarded_percent
      FROM endpoints_endpoint e
"""

ALL = f"{_ENDPOINT} ORDER BY e.path_template, e.method"

GET = f"{_ENDPOINT} WHERE e.method = %(method)s AND e.path_shape = %(shape)s"

# Staff users who change the same endpoint, and budgets that are charged meanwhile, must queue.
GET_LOCKED = f"{GET} FOR NO KEY UPDATE OF e"

REGISTER_EDGE = """
    INSERT INTO endpoints_endpoint AS e
           (method, path_template, path_shape, is_on_edge, is_on_site, stage, stage_since,
            percent, salt, sample_percent, is_reverse_shadowed, most_mismatches, most_errors,
            most_latency_ratio, mismatches, errors, retired_calls)
    SELECT n.method, n.path_template, n.shape, true, false, 'edge', %(now)s,
           0, n.salt, 100, false, %(mismatches)s, %(errors)s, %(latency_ratio)s, 0, 0, 0
      FROM unnest(%(methods)s::text[], %(templates)s::text[], %(shapes)s::text[],
                  %(salts)s::text[]) AS n (method, path_template, shape, salt)
     ORDER BY n.shape, n.method
        ON CONFLICT (method, path_shape) DO UPDATE
       SET is_on_edge = true, path_template = EXCLUDED.path_template
     WHERE NOT e.is_on_edge OR e.path_template <> EXCLUDED.path_template
"""

# Processes start together, and each registers everything.
ONE_AT_A_TIME = """
    SELECT pg_advisory_xact_lock(hashtext('portico endpoints'))
"""

# The edge may have registered first. Until the stage was set, an endpoint that Django has too is
# Django's: the order in which processes start never lets unproven code answer. Pins and budgets are
# recorded as changes, too, but set no stage.
REGISTER_SITE = """
    INSERT INTO endpoints_endpoint AS e
           (method, path_template, path_shape, is_on_edge, is_on_site, site, stage, stage_since,
            percent, salt, sample_percent, is_reverse_shadowed, most_mismatches, most_errors,
            most_latency_ratio, mismatches, errors, retired_calls)
    SELECT n.method, n.path_template, n.shape, false, true, %(site)s, 'django', %(now)s,
           0, n.salt, 100, false, %(mismatches)s, %(errors)s, %(latency_ratio)s, 0, 0, 0
      FROM unnest(%(methods)s::text[], %(templates)s::text[], %(shapes)s::text[],
                  %(salts)s::text[]) AS n (method, path_template, shape, salt)
     ORDER BY n.shape, n.method
        ON CONFLICT (method, path_shape) DO UPDATE
       SET is_on_site = true, site = EXCLUDED.site,
           stage = CASE WHEN EXISTS (SELECT FROM endpoints_stagechange c
                                      WHERE c.endpoint_id = e.id AND c.from_stage <> c.to_stage)
                        THEN e.stage ELSE 'django' END
     WHERE NOT e.is_on_site
"""

FORGET_EDGE = """
    UPDATE endpoints_endpoint e
       SET is_on_edge = false
     WHERE e.is_on_edge
       AND NOT EXISTS (SELECT FROM unnest(%(methods)s::text[], %(shapes)s::text[])
                           AS n (method, shape)
                        WHERE n.method = e.method AND n.shape = e.path_shape)
"""

FORGET_SITE = """
    UPDATE endpoints_endpoint e
       SET is_on_site = false
     WHERE e.is_on_site AND e.site = %(site)s
       AND NOT EXISTS (SELECT FROM unnest(%(methods)s::text[], %(shapes)s::text[])
                           AS n (method, shape)
                        WHERE n.method = e.method AND n.shape = e.path_shape)
"""

SAVE = """
    UPDATE endpoints_endpoint
       SET stage = %(stage)s, stage_since = %(stage_since)s, percent = %(percent)s,
           sample_percent = %(sample_percent)s, is_reverse_shadowed = %(is_reverse_shadowed)s,
           most_mismatches = %(most_mismatches)s, most_errors = %(most_errors)s,
           most_latency_ratio = %(most_latency_ratio)s, most_tail_ratio = %(most_tail_ratio)s,
           timeout_ms = %(timeout_ms)s, most_timeout_percent = %(most_timeout_percent)s,
           guarded_calls = %(guarded_calls)s, guarded_percent = %(guarded_percent)s,
           mismatches = %(mismatches)s, errors = %(errors)s, retired_calls = %(retired_calls)s
     WHERE id = %(id)s
"""

# Apart from SAVE: its trigger notifies edge processes, which every count would do.
SAVE_SPENT = """
    UPDATE endpoints_endpoint
       SET mismatches = %(mismatches)s, errors = %(errors)s
     WHERE id = %(id)s
"""

RECORD = """
    INSERT INTO endpoints_stagechange
           (endpoint_id, at, actor, from_stage, from_percent, to_stage, to_percent, reason,
            is_forced)
    VALUES (%(id)s, %(at)s, %(actor)s, %(from_stage)s, %(from_percent)s, %(to_stage)s,
            %(to_percent)s, %(reason)s, %(is_forced)s)
"""

PIN = """
    INSERT INTO endpoints_pin (endpoint_id, partner_id, side)
    VALUES (%(id)s, %(partner_id)s, %(side)s)
        ON CONFLICT (endpoint_id, partner_id) DO UPDATE SET side = EXCLUDED.side
"""

UNPIN = """
    DELETE FROM endpoints_pin WHERE endpoint_id = %(id)s AND partner_id = %(partner_id)s
"""

RECORD_DJANGO_CALL = """
    UPDATE endpoints_endpoint
       SET site_called_at = greatest(site_called_at, %(now)s),
           retired_calls = retired_calls + CASE WHEN stage = 'retired' THEN 1 ELSE 0 END
     WHERE method = %(method)s AND path_shape = %(shape)s
 RETURNING stage
"""

EDGE_CALLS = """
    SELECT coalesce(sum(c.calls), 0)::bigint
      FROM endpoints_edgecalls c
      JOIN endpoints_build b ON b.id = c.build_id
     WHERE c.endpoint_id = %(id)s
       AND b.site = %(site)s AND b.edge = %(edge)s AND b.release = %(release)s
"""


class SqlEndpointStore:
    """The endpoint store on either half's database connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Endpoint]:
        return [_endpoint(row) for row in await self._database.fetch_all(ALL, {})]

    async def get(self, name: tuple[str, str]) -> Endpoint | None:
        return await self._one(GET, name)

    async def get_locked(self, name: tuple[str, str]) -> Endpoint | None:
        return await self._one(GET_LOCKED, name)

    async def register(
        self, names: Iterable[tuple[str, str]], *, side: Side, site: str, now: datetime
    ) -> None:
        # Of two templates that differ in their parameters' names only, the first is the one.
        by_shape = {
            (method, path_shape(template)): (method, template)
            for method, template in reversed([*names])
        }
        named = sorted(by_shape.values())
        budget = Budget()
        parameters = {
            "methods": [method for method, _ in named],
            "templates": [template for _, template in named],
            "shapes": [path_shape(template) for _, template in named],
            "salts": [secrets.token_hex(8) for _ in named],
            "site": site,
            "now": now,
            "mismatches": budget.mismatches,
            "errors": budget.errors,
            "latency_ratio": budget.latency_ratio,
        }
        is_edge = side is Side.EDGE
        await self._database.fetch_all(ONE_AT_A_TIME, {})
        await self._database.execute(REGISTER_EDGE if is_edge else REGISTER_SITE, parameters)
        await self._database.execute(FORGET_EDGE if is_edge else FORGET_SITE, parameters)

    async def save(self, endpoint: Endpoint) -> None:
        await self._database.execute(
            SAVE,
            {
                "id": endpoint.id,
                "stage": endpoint.stage.value,
                "stage_since": endpoint.stage_since,
                "percent": endpoint.percent,
                "sample_percent": endpoint.sample_percent,
                "is_reverse_shadowed": endpoint.is_reverse_shadowed,
                "most_mismatches": endpoint.budget.mismatches,
                "most_errors": endpoint.budget.errors,
                "most_latency_ratio": endpoint.budget.latency_ratio,
                "most_tail_ratio": endpoint.budget.tail_ratio,
                "timeout_ms": endpoint.budget.timeout_ms,
                "most_timeout_percent": endpoint.budget.timeout_percent,
                "guarded_calls": endpoint.guarded_calls,
                "guarded_percent": endpoint.guarded_percent,
                "mismatches": endpoint.mismatches,
                "errors": endpoint.errors,
                "retired_calls": endpoint.retired_calls,
            },
        )

    async def save_spent(self, endpoint: Endpoint) -> None:
        await self._database.execute(
            SAVE_SPENT,
            {
                "id": endpoint.id,
                "mismatches": endpoint.mismatches,
                "errors": endpoint.errors,
            },
        )

    async def record(self, endpoint: Endpoint, change: StageChange) -> None:
        await self._database.execute(
            RECORD,
            {
                "id": endpoint.id,
                "at": change.at,
                "actor": change.actor,
                "from_stage": change.from_stage.value,
                "from_percent": change.from_percent,
                "to_stage": change.to_stage.value,
                "to_percent": change.to_percent,
                "reason": change.reason,
                "is_forced": change.is_forced,
            },
        )

    async def pin(self, endpoint: Endpoint, partner_id: CallerName, side: Side | None) -> None:
        parameters = {
            "id": endpoint.id,
            "partner_id": partner_id,
            "side": side.value if side else None,
        }
        await self._database.execute(PIN if side else UNPIN, parameters)

    async def parity_stats(
        self, many: Sequence[Endpoint]
    ) -> dict[EndpointId, tuple[ParityStats, ...]]:
        return await load_parity_stats(self._database, [endpoint.id for endpoint in many])

    async def edge_calls(self, endpoint: Endpoint, build: Build) -> int:
        parameters = {
            "id": endpoint.id,
            "site": build.site,
            "edge": build.edge,
            "release": build.release,
        }
        row = await self._database.fetch_one(EDGE_CALLS, parameters)
        return row[0] if row else 0

    async def record_django_call(self, name: tuple[str, str], *, now: datetime) -> Stage | None:
        method, template = name
        parameters = {"method": method, "shape": path_shape(template), "now": now}
        row = await self._database.fetch_one(RECORD_DJANGO_CALL, parameters)
        return None if row is None else Stage(row[0])

    async def _one(self, statement: str, name: tuple[str, str]) -> Endpoint | None:
        method, template = name
        parameters = {"method": method.upper(), "shape": path_shape(template)}
        row = await self._database.fetch_one(statement, parameters)
        return None if row is None else _endpoint(row)


def _endpoint(row: Row) -> Endpoint:
    pins = json.loads(row[18] or "{}")
    return Endpoint(
        id=EndpointId(row[0]),
        method=row[1],
        path_template=row[2],
        is_on_edge=row[3],
        is_on_django=row[4],
        stage=Stage(row[5]),
        stage_since=row[6],
        percent=row[7],
        salt=row[8],
        sample_percent=row[9],
        is_reverse_shadowed=row[10],
        budget=Budget(
            mismatches=row[11],
            errors=row[12],
            latency_ratio=row[13],
            tail_ratio=row[19],
            timeout_ms=row[20],
            timeout_percent=row[21],
        ),
        mismatches=row[14],
        errors=row[15],
        django_called_at=row[16],
        retired_calls=row[17],
        pins={CallerName(partner): Side(side) for partner, side in pins.items()},
        site=row[22],
        guarded_calls=row[23],
        guarded_percent=row[24],
    )
