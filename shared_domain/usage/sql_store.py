"""Usage of the API in PostgreSQL: written by the edge in batches, read for pages of staff."""

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from shared_domain.database import Database
from shared_domain.partners import ApiKeyId, PartnerId
from shared_domain.rows import by_name, recordset, select_list, table_columns
from shared_domain.usage.model import Calls, CallsOfDay, CallsOfKey, ListedRefusal, Refusal

_COUNTS = {field.name: "bigint" for field in fields(Calls)}
_SUMS = {name: f"coalesce(sum(h.{name}), 0)::bigint" for name in _COUNTS}
_SUMS_SINCE = {
    name: f"coalesce(sum(h.{name}) FILTER (WHERE h.hour >= %(since)s), 0)::bigint"
    for name in _COUNTS
}
_HOUR = {"api_key_id": "bigint", "hour": "timestamptz", **_COUNTS, "last_call_at": "timestamptz"}

# Joined with the keys: what belongs to a key that is gone is left out, and the rest is written.
# Ordered, so that two processes that add to the same rows never wait in a circle.
ADD_CALLS = f"""
    INSERT INTO usage_keyhour AS h ({", ".join(_HOUR)})
    SELECT {", ".join(f"c.{name}" for name in _HOUR)}
      FROM {recordset("calls", "c", _HOUR)}
      JOIN partners_apikey k ON k.id = c.api_key_id
     ORDER BY c.api_key_id, c.hour
        ON CONFLICT (api_key_id, hour) DO UPDATE
       SET {", ".join(f"{name} = h.{name} + EXCLUDED.{name}" for name in _COUNTS)},
           last_call_at = greatest(h.last_call_at, EXCLUDED.last_call_at)
"""

_REFUSAL = {
    "api_key_id": "bigint",
    "at": "timestamptz",
    "method": "text",
    "path_template": "text",
    "status": "int",
    "code": "text",
    "reason": "text",
    "fields": "text[]",
    "request_id": "uuid",
}

ADD_REFUSALS = f"""
    INSERT INTO usage_refusal (partner_id, {", ".join(_REFUSAL)})
    SELECT k.partner_id, {", ".join(f"r.{name}" for name in _REFUSAL)}
      FROM {recordset("refusals", "r", _REFUSAL)}
      JOIN partners_apikey k ON k.id = r.api_key_id
     ORDER BY r.at
"""

PURGE_CALLS = """
    DELETE FROM usage_keyhour
     WHERE id = ANY (ARRAY(SELECT id FROM usage_keyhour WHERE hour < %(before)s LIMIT %(limit)s))
"""

PURGE_OLD_REFUSALS = """
    DELETE FROM usage_refusal
     WHERE id = ANY (ARRAY(SELECT id FROM usage_refusal WHERE at < %(before)s LIMIT %(limit)s))
"""

PURGE_SURPLUS_REFUSALS = """
    DELETE FROM usage_refusal
     WHERE id IN (
           SELECT surplus.id
             FROM partners_partner p
            CROSS JOIN LATERAL (
                  SELECT r.id FROM usage_refusal r
                   WHERE r.partner_id = p.id
                   ORDER BY r.id DESC OFFSET %(most)s) AS surplus
            LIMIT %(limit)s)
"""

_DAY = {"day": "(h.hour AT TIME ZONE 'UTC')::date"} | _SUMS

PAGE_DAYS = f"""
    SELECT {select_list(_DAY)}
      FROM usage_keyhour h
      JOIN partners_apikey k ON k.id = h.api_key_id
     WHERE k.partner_id = %(partner_id)s AND h.hour >= %(since)s
     GROUP BY 1
"""

_KEY = {
    "api_key_id": "k.id",
    "label": "k.label",
    "prefix": "k.prefix",
    "last_call_at": "max(h.last_call_at)",
    **_SUMS_SINCE,
}

PAGE_KEYS = f"""
    SELECT {select_list(_KEY)}
      FROM usage_keyhour h
      JOIN partners_apikey k ON k.id = h.api_key_id
     WHERE k.partner_id = %(partner_id)s
     GROUP BY k.id
     ORDER BY max(h.last_call_at) DESC
     LIMIT %(limit)s
"""

_LISTED = {**table_columns("r", _REFUSAL), "key_label": "k.label"}

PAGE_REFUSALS = f"""
    SELECT {select_list(_LISTED)}
      FROM usage_refusal r
      JOIN partners_apikey k ON k.id = r.api_key_id
     WHERE r.partner_id = %(partner_id)s
     ORDER BY r.id DESC
     LIMIT %(limit)s
"""


class SqlUsageStore:
    """Calls by key and hour, and the last refusals of each partner."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_calls(self, hours: Iterable[tuple[ApiKeyId, datetime, Calls, datetime]]) -> None:
        """Add to the counts of keys in an hour (its beginning), with the moment of the last one."""
        rows = [
            {"api_key_id": key_id, "hour": hour, **asdict(calls), "last_call_at": last_call_at}
            for key_id, hour, calls, last_call_at in hours
        ]
        await self._database.execute(ADD_CALLS, {"calls": json.dumps(rows, default=str)})

    async def add_refusals(self, refusals: Iterable[Refusal]) -> None:
        rows = [asdict(refusal) for refusal in refusals]
        await self._database.execute(ADD_REFUSALS, {"refusals": json.dumps(rows, default=str)})

    async def purge_calls(self, *, before: datetime, limit: int) -> int:
        """Delete at most ``limit`` hours that began before a moment; return how many."""
        return await self._database.execute(PURGE_CALLS, {"before": before, "limit": limit})

    async def purge_old_refusals(self, *, before: datetime, limit: int) -> int:
        """Delete at most ``limit`` refusals from before a moment; return how many."""
        return await self._database.execute(PURGE_OLD_REFUSALS, {"before": before, "limit": limit})

    async def purge_surplus_refusals(self, *, most: int, limit: int) -> int:
        """Delete at most ``limit`` refusals beyond the last ``most`` of a partner."""
        return await self._database.execute(PURGE_SURPLUS_REFUSALS, {"most": most, "limit": limit})

    async def calls_by_day(self, partner_id: PartnerId, *, since: datetime) -> list[CallsOfDay]:
        """Return the days in UTC on which a partner's keys were used."""
        rows = await self._database.fetch_all(PAGE_DAYS, {"partner_id": partner_id, "since": since})
        return [CallsOfDay(**_with_calls(by_name(_DAY, row))) for row in rows]

    async def calls_by_key(
        self, partner_id: PartnerId, *, since: datetime, limit: int
    ) -> list[CallsOfKey]:
        """Return the keys that were used last, with their calls since a moment."""
        parameters = {"partner_id": partner_id, "since": since, "limit": limit}
        rows = await self._database.fetch_all(PAGE_KEYS, parameters)
        return [CallsOfKey(**_with_calls(by_name(_KEY, row))) for row in rows]

    async def last_refusals(self, partner_id: PartnerId, *, limit: int) -> list[ListedRefusal]:
        """Return a partner's last refusals, the latest first."""
        rows = await self._database.fetch_all(
            PAGE_REFUSALS, {"partner_id": partner_id, "limit": limit}
        )
        listed = [_refusal(by_name(_LISTED, row)) for row in rows]
        # Processes write their batches one after the other.
        return sorted(listed, key=lambda refusal: refusal.at, reverse=True)


def _with_calls(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a row, its counts as ``calls``."""
    calls = Calls(**{name: values.pop(name) for name in _COUNTS})
    return values | {"calls": calls}


def _refusal(columns: dict[str, Any]) -> ListedRefusal:
    named, request_id = tuple(columns.pop("fields")), str(columns.pop("request_id"))
    return ListedRefusal(**columns, fields=named, request_id=request_id)
