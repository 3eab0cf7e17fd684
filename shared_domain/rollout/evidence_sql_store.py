"""Parity statistics in PostgreSQL: what comparisons have shown, for each build that runs."""

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from shared_domain.database import Database
from shared_domain.parity.confirmation import NOISE_KEPT_FOR
from shared_domain.rollout.builds import LIVE_FOR, Build
from shared_domain.rollout.evidence import CoverageCount, ParityStats
from shared_domain.rollout.model import EndpointId
from shared_domain.rollout.wire import Verdict
from shared_domain.rows import by_name, select_list, table_columns

#: The attributes of ``ParityStats`` that the statement returns under their names.
_STATS = tuple(
    field.name for field in fields(ParityStats) if field.name not in ("build", "build_since")
)

_BUILD_COLUMNS = {
    "upstream": "r.site",
    **table_columns("r", ("endpoint_id", "edge", "release")),
    "build_since": "r.first_seen_at",
}

_COMPARED = ", ".join(f"'{verdict}'" for verdict in Verdict if verdict.is_compared)
_DIFFERING = ", ".join(f"'{verdict}'" for verdict in Verdict if verdict.differs)

_JSON = ("status_classes", "not_compared", "coverage", "guarded", "noise")

# Every build that an edge has reported lately, or else the last one that ran; now() would be the
# moment that the caller's transaction began. Of a build's comparisons, which may be millions, the
# latest 5,000. "Not here": statuses of a program that has no such thing, knows no such caller, or
# is not the one that was meant. What was not compared is counted among the latest 1,000 calls.
PARITY_STATS = f"""
    WITH running AS (
        SELECT e.id AS endpoint_id, e.stage, e.stage_since, b.id AS build_id, b.site, b.edge,
               b.release, b.first_seen_at, b.last_seen_at,
               max(b.last_seen_at) OVER (PARTITION BY e.id) AS latest_at
          FROM endpoints_endpoint e
          JOIN endpoints_build b ON b.site = e.site
         WHERE e.id = ANY(%(ids)s)
    )
    SELECT {select_list(_BUILD_COLUMNS)}, {select_list(table_columns("seen", _STATS))}
      FROM running r
     CROSS JOIN LATERAL (
    WITH latest AS (
        SELECT c.*, row_number() OVER (ORDER BY c.at DESC, c.id DESC) AS ago
          FROM endpoints_paritycheck c
         WHERE c.endpoint_id = r.endpoint_id AND c.build_id = r.build_id
         ORDER BY c.at DESC, c.id DESC
         LIMIT 5000
    ), kept AS (
        SELECT l.*, l.verdict IN ({_COMPARED}) AS is_compared,
               max(l.at) FILTER (WHERE l.verdict IN ({_DIFFERING})) OVER ()
                   AS last_mismatch_at
          FROM latest l
    ), weighed AS (
        SELECT k.*, k.verdict = '{Verdict.MATCH}'
                    AND (k.last_mismatch_at IS NULL OR k.at > k.last_mismatch_at) AS has_agreed
          FROM kept k
    ), counted AS (
        SELECT count(*) FILTER (WHERE is_compared) AS compared,
               count(*) FILTER (WHERE verdict = '{Verdict.MATCH}') AS matched,
               count(*) FILTER (WHERE verdict = '{Verdict.MISMATCH}') AS mismatched,
               count(*) FILTER (WHERE verdict = '{Verdict.UNSTABLE}') AS unstable,
               count(*) FILTER (WHERE verdict = '{Verdict.UNDECIDED}') AS undecided,
               max(last_mismatch_at) AS last_mismatch_at,
               count(*) FILTER (WHERE has_agreed) AS agreed,
               count(DISTINCT partner_id) FILTER (WHERE has_agreed) AS partners,
               count(*) FILTER (WHERE ago <= 20 AND is_compared) AS recent,
               count(*) FILTER (WHERE ago <= 20 AND verdict = '{Verdict.MISMATCH}' AND
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
        SELECT coalesce(sum(n.calls) FILTER (WHERE n.stage_since = r.stage_since), 0)::bigint
                   AS canary_calls,
               coalesce(sum(n.fell_back) FILTER (WHERE n.stage_since = r.stage_since), 0)::bigint
                   AS fallbacks,
               coalesce(sum(n.calls), 0)::bigint AS build_calls
          FROM endpoints_edgecalls n
         WHERE n.endpoint_id = r.endpoint_id AND n.build_id = r.build_id
    ), noisy AS (
        SELECT jsonb_agg(n.path || ' (' || n.kind || ')' ORDER BY n.path, n.kind) AS noise
          FROM endpoints_noise n
          JOIN endpoints_buildnoise l ON l.noise_id = n.id
         WHERE n.endpoint_id = r.endpoint_id AND l.build_id = r.build_id
           AND l.learned_at > now() - interval '{NOISE_KEPT_FOR.total_seconds():.0f} seconds'
    ), tested AS (
        SELECT bool_and(t.passed) AS self_test_passed, max(t.at) AS self_test_at
          FROM endpoints_selftest t
         WHERE t.endpoint_id = r.endpoint_id AND t.build_id = r.build_id
    ), guarded AS (
        SELECT jsonb_object_agg(g.status_class, greatest(0, g.matched)) AS guarded
          FROM endpoints_guardedclass g
         WHERE g.endpoint_id = r.endpoint_id AND g.build_id = r.build_id
    )
    SELECT {", ".join(_STATS)}
      FROM counted, classes, answered, left_out, covered, noisy, tested, guarded
           ) AS seen
     WHERE r.last_seen_at = r.latest_at
        OR r.last_seen_at
           > statement_timestamp() - interval '{LIVE_FOR.total_seconds():.0f} seconds'
     ORDER BY r.endpoint_id, r.first_seen_at DESC, r.build_id DESC
"""


async def load_parity_stats(
    database: Database, ids: Sequence[EndpointId]
) -> dict[EndpointId, tuple[ParityStats, ...]]:
    """Return the parity statistics of each endpoint with each build that runs, the newest first.

    One statement for any number of endpoints. An endpoint that no build has answered has none.
    """
    found: dict[EndpointId, tuple[ParityStats, ...]] = dict.fromkeys(ids, ())
    rows = await database.fetch_all(PARITY_STATS, {"ids": list(ids)}) if ids else []
    for values in (by_name((*_BUILD_COLUMNS, *_STATS), row) for row in rows):
        found[EndpointId(values.pop("endpoint_id"))] += (_build_stats(values),)
    return found


def _build_stats(values: dict[str, Any]) -> ParityStats:
    for name in _JSON:
        values[name] = json.loads(values[name] or "{}")
    for name in ("status_classes", "guarded"):
        values[name] = {int(hundreds): times for hundreds, times in values[name].items()}
    coverage = {token: CoverageCount(*counts) for token, counts in values["coverage"].items()}
    build = Build(*(values.pop(name) for name in ("upstream", "edge", "release")))
    return ParityStats(
        **values | {"coverage": coverage, "noise": tuple(values["noise"])}, build=build
    )
