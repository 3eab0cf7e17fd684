"""The endpoint store in PostgreSQL: endpoints, stages, pins and the audit trail."""

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
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
from shared_domain.rows import (
    assignments,
    by_name,
    only_value,
    placeholders,
    select_list,
    table_columns,
)

#: The columns of a budget's limits.
_LIMITS = {
    "mismatches": "most_mismatches",
    "errors": "most_errors",
    "latency_ratio": "most_latency_ratio",
    "tail_ratio": "most_tail_ratio",
    "timeout_ms": "timeout_ms",
    "timeout_percent": "most_timeout_percent",
}

#: Every other attribute of an endpoint is the column of its name.
_COLUMNS = (
    table_columns(
        "e",
        (
            *(field.name for field in fields(Endpoint) if field.name not in ("budget", "pins")),
            *_LIMITS.values(),
        ),
    )
    | {
        "is_on_django": "e.is_on_site",
        "django_called_at": "e.site_called_at",
        "upstream": "e.site",
    }
    | {
        "pins": """(SELECT jsonb_object_agg(p.partner_id, p.side) FROM endpoints_pin p
                     WHERE p.endpoint_id = e.id)"""
    }
)

_ENDPOINT = f"SELECT {select_list(_COLUMNS)} FROM endpoints_endpoint e"

ALL = f"{_ENDPOINT} ORDER BY e.path_template, e.method"

GET = f"{_ENDPOINT} WHERE e.method = %(method)s AND e.path_shape = %(shape)s"

# Staff users who change the same endpoint, and budgets that are charged meanwhile, must queue.
GET_LOCKED = f"{GET} FOR NO KEY UPDATE OF e"

# Processes start together, and each registers everything.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('portico endpoints'))"

#: The columns of a new endpoint that both halves register alike.
_NEW = {
    "method": "n.method",
    "path_template": "n.path_template",
    "path_shape": "n.shape",
    "salt": "n.salt",
    "stage_since": "%(now)s",
    "sample_percent": "100",
    "most_mismatches": "%(mismatches)s",
    "most_errors": "%(errors)s",
    "most_latency_ratio": "%(latency_ratio)s",
    "is_reverse_shadowed": "false",
    **dict.fromkeys(("percent", "mismatches", "errors", "retired_calls"), "0"),
}


def _register(new: dict[str, str], known: str) -> str:
    """Return the INSERT of endpoints with these columns; ``known`` is what changes of known ones.

    Ordered, so that two processes never wait in a circle.
    """
    columns = _NEW | new
    return f"""
    INSERT INTO endpoints_endpoint AS e ({", ".join(columns)})
    SELECT {", ".join(columns.values())}
      FROM unnest(%(methods)s::text[], %(templates)s::text[], %(shapes)s::text[],
                  %(salts)s::text[]) AS n (method, path_template, shape, salt)
     ORDER BY n.shape, n.method
        ON CONFLICT (method, path_shape) DO UPDATE {known}
"""


REGISTER_EDGE = _register(
    {"is_on_edge": "true", "is_on_site": "false", "stage": "'edge'"},
    """
       SET is_on_edge = true, path_template = EXCLUDED.path_template
     WHERE NOT e.is_on_edge OR e.path_template <> EXCLUDED.path_template""",
)

# The edge may have registered first. Until the stage was set, an endpoint that Django has too is
# Django's: the order in which processes start never lets unproven code answer. Pins and budgets are
# recorded as changes, too, but set no stage.
REGISTER_DJANGO = _register(
    {"is_on_edge": "false", "is_on_site": "true", "stage": "'django'", "site": "%(upstream)s"},
    """
       SET is_on_site = true, site = EXCLUDED.site,
           stage = CASE WHEN EXISTS (SELECT FROM endpoints_stagechange c
                                      WHERE c.endpoint_id = e.id AND c.from_stage <> c.to_stage)
                        THEN e.stage ELSE 'django' END
     WHERE NOT e.is_on_site""",
)

_IS_GONE = """
    NOT EXISTS (SELECT FROM unnest(%(methods)s::text[], %(shapes)s::text[]) AS n (method, shape)
                 WHERE n.method = e.method AND n.shape = e.path_shape)
"""

FORGET_EDGE = f"""
    UPDATE endpoints_endpoint e SET is_on_edge = false WHERE e.is_on_edge AND {_IS_GONE}
"""

FORGET_DJANGO = f"""
    UPDATE endpoints_endpoint e
       SET is_on_site = false
     WHERE e.is_on_site AND e.site = %(upstream)s AND {_IS_GONE}
"""

_SPENT = ("mismatches", "errors")
_SAVED = (
    *("stage", "stage_since", "percent", "sample_percent", "is_reverse_shadowed"),
    *("guarded_calls", "guarded_percent", "retired_calls", *_SPENT, *_LIMITS.values()),
)

SAVE = f"UPDATE endpoints_endpoint SET {assignments(_SAVED)} WHERE id = %(id)s"

# Apart from SAVE: its trigger notifies edge processes, which every count would do.
SAVE_SPENT = f"UPDATE endpoints_endpoint SET {assignments(_SPENT)} WHERE id = %(id)s"

_CHANGE = ("endpoint_id", *(field.name for field in fields(StageChange)))

RECORD = f"""
    INSERT INTO endpoints_stagechange ({", ".join(_CHANGE)}) VALUES ({placeholders(_CHANGE)})
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
       AND b.site = %(upstream)s AND b.edge = %(edge)s AND b.release = %(release)s
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
        self, names: Iterable[tuple[str, str]], *, side: Side, upstream: str, now: datetime
    ) -> None:
        # Of two templates that differ in their parameters' names only, the first is the one.
        by_shape = {
            (method, path_shape(template)): (method, template)
            for method, template in reversed([*names])
        }
        named = sorted(by_shape.values())
        parameters = asdict(Budget()) | {
            "methods": [method for method, _ in named],
            "templates": [template for _, template in named],
            "shapes": [path_shape(template) for _, template in named],
            "salts": [secrets.token_hex(8) for _ in named],
            "upstream": upstream,
            "now": now,
        }
        is_edge = side is Side.EDGE
        await self._database.fetch_all(ONE_AT_A_TIME, {})
        await self._database.execute(REGISTER_EDGE if is_edge else REGISTER_DJANGO, parameters)
        await self._database.execute(FORGET_EDGE if is_edge else FORGET_DJANGO, parameters)

    async def save(self, endpoint: Endpoint) -> None:
        limits = {column: getattr(endpoint.budget, name) for name, column in _LIMITS.items()}
        await self._database.execute(SAVE, asdict(endpoint) | limits)

    async def save_spent(self, endpoint: Endpoint) -> None:
        await self._database.execute(SAVE_SPENT, asdict(endpoint))

    async def record(self, endpoint: Endpoint, change: StageChange) -> None:
        await self._database.execute(RECORD, asdict(change) | {"endpoint_id": endpoint.id})

    async def pin(self, endpoint: Endpoint, partner_id: CallerName, side: Side | None) -> None:
        parameters = {"id": endpoint.id, "partner_id": partner_id, "side": side}
        await self._database.execute(PIN if side else UNPIN, parameters)

    async def parity_stats(
        self, many: Sequence[Endpoint]
    ) -> dict[EndpointId, tuple[ParityStats, ...]]:
        return await load_parity_stats(self._database, [endpoint.id for endpoint in many])

    async def edge_calls(self, endpoint: Endpoint, build: Build) -> int:
        row = await self._database.fetch_one(EDGE_CALLS, asdict(build) | {"id": endpoint.id})
        return int(only_value(row)) if row else 0

    async def record_django_call(self, name: tuple[str, str], *, now: datetime) -> Stage | None:
        method, template = name
        parameters = {"method": method, "shape": path_shape(template), "now": now}
        row = await self._database.fetch_one(RECORD_DJANGO_CALL, parameters)
        return None if row is None else Stage(only_value(row))

    async def _one(self, statement: str, name: tuple[str, str]) -> Endpoint | None:
        method, template = name
        parameters = {"method": method.upper(), "shape": path_shape(template)}
        row = await self._database.fetch_one(statement, parameters)
        return None if row is None else _endpoint(row)


def _endpoint(row: Row) -> Endpoint:
    values = by_name(_COLUMNS, row)
    budget = Budget(**{name: values.pop(column) for name, column in _LIMITS.items()})
    pins = json.loads(values.pop("pins") or "{}")
    return Endpoint(
        **values | {"stage": Stage(values["stage"])},
        budget=budget,
        pins={CallerName(caller): Side(side) for caller, side in pins.items()},
    )
