"""Endpoints, their stages and the evidence, in PostgreSQL."""

import json
import secrets
from collections.abc import Iterable
from datetime import datetime

from shared_domain.database import Database, Row
from shared_domain.endpoints.evidence import Covered, Seen
from shared_domain.endpoints.model import (
    Budget,
    CallerName,
    Endpoint,
    EndpointId,
    Side,
    Stage,
    StageChange,
    path_shape,
)
from shared_domain.endpoints.parity.confirming import NOISE_KEPT_FOR

_ENDPOINT = """
    SELECT e.id, e.method, e.path_template, e.is_on_edge, e.is_on_site, e.stage, e.stage_since,
           e.percent, e.salt, e.sample_percent, e.is_reverse_shadowed,
           e.most_mismatches, e.most_errors, e.most_latency_ratio, e.mismatches, e.errors,
           e.site_called_at, e.retired_calls,
           (SELECT jsonb_object_agg(p.partner_id, p.side) FROM endpoints_pin p
             WHERE p.endpoint_id = e.id),
           e.most_tail_ratio, e.timeout_ms, e.most_timeout_percent, e.site
      FROM endpoints_endpoint e
"""

ALL = f"{_ENDPOINT} ORDER BY e.path_template, e.method"

GET = f"{_ENDPOINT} WHERE e.method = %(method)s AND e.path_shape = %(shape)s"

# Two people who change the same endpoint, and budgets that are spent meanwhile, must queue.
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

# The edge may have been first. Until somebody decides, what the site has too is the site's: an
# endpoint is never answered by unproven code because of the order in which processes start. A pin
# or a new budget is recorded as well, and decides nothing.
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
           mismatches = %(mismatches)s, errors = %(errors)s, retired_calls = %(retired_calls)s
     WHERE id = %(id)s
"""

# Apart from SAVE: whoever waits for notices would hear of every count.
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

NOTE_SITE_CALL = """
    UPDATE endpoints_endpoint
       SET site_called_at = greatest(site_called_at, %(now)s),
           retired_calls = retired_calls + CASE WHEN stage = 'retired' THEN 1 ELSE 0 END
     WHERE method = %(method)s AND path_shape = %(shape)s
 RETURNING stage
"""

# The latest comparisons say more than the oldest, and an endpoint may have millions.
# "Not here": the statuses with which a program says that it has no such thing, or knows no such
# caller, or cannot be asked again. What was not compared is counted among the latest 1,000 calls.
SEEN = f"""
    WITH latest AS (
        SELECT c.*, row_number() OVER (ORDER BY c.at DESC, c.id DESC) AS ago
          FROM endpoints_paritycheck c
         WHERE c.endpoint_id = %(id)s
         ORDER BY c.at DESC, c.id DESC
         LIMIT 5000
    ), kept AS (
        SELECT l.*, l.verdict IN ('match', 'mismatch', 'unstable') AS is_compared,
               max(l.at) FILTER (WHERE l.verdict IN ('mismatch', 'unstable')) OVER ()
                   AS last_mismatch_at
          FROM latest l
    ), weighed AS (
        SELECT k.*, k.verdict = 'match'
                    AND (k.last_mismatch_at IS NULL OR k.at > k.last_mismatch_at) AS has_agreed
          FROM kept k
    ), counted AS (
        SELECT count(*) FILTER (WHERE is_compared) AS compared,
               count(*) FILTER (WHERE verdict = 'match') AS matched,
               count(*) FILTER (WHERE verdict = 'mismatch') AS mismatched,
               count(*) FILTER (WHERE verdict = 'unstable') AS unstable,
               count(*) FILTER (WHERE verdict = 'undecided') AS undecided,
               max(last_mismatch_at) AS last_mismatch_at,
               count(*) FILTER (WHERE has_agreed) AS agreed,
               count(DISTINCT partner_id) FILTER (WHERE has_agreed) AS partners,
               count(*) FILTER (WHERE ago <= 20 AND is_compared) AS recent,
               count(*) FILTER (WHERE ago <= 20 AND verdict = 'mismatch' AND
                       ((django_status < 300 AND edge_status IN (301, 302, 307, 308, 401, 403,
                                                                 404, 405, 421, 502, 503, 504))
                     OR (edge_status < 300 AND django_status IN (301, 302, 307, 308, 401, 403,
                                                                 404, 405, 421, 502, 503, 504)))
                               ) AS not_here,
               count(*) FILTER (WHERE ago <= 1000) AS latest_calls,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY edge_ms)
                   FILTER (WHERE is_compared) AS edge_ms,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY django_ms)
                   FILTER (WHERE is_compared) AS django_ms,
               percentile_cont(0.99) WITHIN GROUP (ORDER BY edge_ms)
                   FILTER (WHERE is_compared) AS edge_tail_ms,
               percentile_cont(0.99) WITHIN GROUP (ORDER BY django_ms)
                   FILTER (WHERE is_compared) AS django_tail_ms
          FROM weighed
    ), classes AS (
        SELECT jsonb_object_agg(hundreds, times) AS status_classes
          FROM (SELECT django_status / 100 AS hundreds, count(*) AS times
                  FROM weighed WHERE has_agreed GROUP BY 1) AS by_class
    ), left_out AS (
        SELECT jsonb_object_agg(verdict, times) AS not_compared
          FROM (SELECT verdict, count(*) AS times
                  FROM weighed WHERE NOT is_compared AND ago <= 1000 GROUP BY 1) AS by_verdict
    ), covered AS (
        SELECT jsonb_object_agg(token, jsonb_build_array(calls, agreed)) AS coverage
          FROM (SELECT token, count(*) AS calls, count(*) FILTER (WHERE has_agreed) AS agreed
                  FROM weighed,
                       unnest(string_to_array(nullif(covers, ''), ' ')) AS token
                 GROUP BY token ORDER BY calls DESC, token LIMIT 200) AS by_token
    ), answered AS (
        SELECT coalesce(sum(h.edge_calls), 0)::bigint AS canary_calls,
               coalesce(sum(h.fell_back), 0)::bigint AS fell_back
          FROM endpoints_endpointhour h
          JOIN endpoints_endpoint e ON e.id = h.endpoint_id
         WHERE h.endpoint_id = %(id)s AND e.stage = 'canary'
           AND h.hour >= date_trunc('hour', e.stage_since)
    ), noisy AS (
        SELECT jsonb_agg(n.path || ' (' || n.kind || ')' ORDER BY n.path, n.kind) AS noise
          FROM endpoints_noise n
         WHERE n.endpoint_id = %(id)s
           AND n.learned_at > now() - interval '{NOISE_KEPT_FOR.total_seconds():.0f} seconds'
    )
    SELECT k.compared, k.matched, k.mismatched, k.undecided, k.last_mismatch_at, k.agreed,
           c.status_classes, k.partners, k.not_here, k.edge_ms, k.django_ms,
           a.canary_calls, a.fell_back, e.self_test_passed, k.recent, k.unstable,
           k.edge_tail_ms, k.django_tail_ms, k.latest_calls, l.not_compared, t.coverage, n.noise
      FROM counted k, classes c, answered a, left_out l, covered t, noisy n, endpoints_endpoint e
     WHERE e.id = %(id)s
"""


class SqlEndpoints:
    """The endpoint store on either database connection."""

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
        by_shape = {(method, path_shape(it)): (method, it) for method, it in reversed([*names])}
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

    async def seen(self, endpoint: Endpoint) -> Seen:
        row = await self._database.fetch_one(SEEN, {"id": endpoint.id})
        if row is None:
            return Seen()
        return Seen(
            compared=row[0],
            matched=row[1],
            mismatched=row[2],
            undecided=row[3],
            last_mismatch_at=row[4],
            agreed=row[5],
            status_classes={int(hundreds): n for hundreds, n in json.loads(row[6] or "{}").items()},
            partners=row[7],
            not_here=row[8],
            edge_ms=row[9],
            django_ms=row[10],
            canary_calls=row[11],
            fell_back=row[12],
            self_test_passed=row[13],
            recent=row[14],
            unstable=row[15],
            edge_tail_ms=row[16],
            django_tail_ms=row[17],
            latest_calls=row[18],
            not_compared=json.loads(row[19] or "{}"),
            coverage={
                token: Covered(*counts) for token, counts in json.loads(row[20] or "{}").items()
            },
            noise=tuple(json.loads(row[21] or "[]")),
        )

    async def note_site_call(self, name: tuple[str, str], *, now: datetime) -> Stage | None:
        method, template = name
        parameters = {"method": method, "shape": path_shape(template), "now": now}
        row = await self._database.fetch_one(NOTE_SITE_CALL, parameters)
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
        is_on_site=row[4],
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
        site_called_at=row[16],
        retired_calls=row[17],
        pins={CallerName(partner): Side(side) for partner, side in pins.items()},
        site=row[22],
    )
