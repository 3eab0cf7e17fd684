"""The log in PostgreSQL: a page of events in one statement, and the calls of the sequencer."""

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from shared_domain.database import Database
from shared_domain.events.model import PUBLISHED_AS, Event, LogRange, News
from shared_domain.events.sequencer import Numbered
from shared_domain.events.services import FoundEvents
from shared_domain.events.types import EventType
from shared_domain.partners import Access, PartnerId
from shared_domain.rows import by_name, only_value, select_list, table_columns

_EVENT_COLUMNS = table_columns(
    "event",
    (
        *("position", "type", "created_at", "test_mode", "booking_uuid", "product_id"),
        *("departure_id", "api_key_id", "data"),
    ),
)

_PAGE_COLUMNS = table_columns("page", _EVENT_COLUMNS)

# Before the first event there is no row.
_RANGE_COLUMNS = {
    "last_position": "coalesce((SELECT log.last_position FROM events_log AS log), 0)",
    "expired_to": "coalesce((SELECT log.expired_to FROM events_log AS log), 0)",
}

_SEARCH_COLUMNS = _RANGE_COLUMNS | {"searched_to": "searched.upto"}

RANGE = f"""
SELECT {select_list(_RANGE_COLUMNS)}
"""

_SEARCHED = f"""
     SELECT {select_list(_EVENT_COLUMNS)}
       FROM events_event AS event
      WHERE event.position > %(after)s AND {{of_partner}}
      ORDER BY event.position
      LIMIT %(search)s"""

_CUT = "SELECT max(position) FROM {} HAVING count(*) = %(search)s"

# One statement, so that the events and the range are of one snapshot: what expires meanwhile is
# there still. Each search reads a bounded piece of one index; both are cut where the shorter ends.
# An event of every partner is read by those that may sell its product.
READ = f"""
WITH own AS MATERIALIZED ({_SEARCHED.format(of_partner="event.partner_id = %(partner_id)s")}),
shared AS MATERIALIZED ({_SEARCHED.format(of_partner="event.partner_id IS NULL")}),
searched AS (
     SELECT least(({_CUT.format("own")}), ({_CUT.format("shared")})) AS upto),
found AS (
     SELECT {select_list(_EVENT_COLUMNS)} FROM own AS event
      UNION ALL
     SELECT {select_list(_EVENT_COLUMNS)}
       FROM shared AS event
      WHERE EXISTS (
            SELECT FROM catalog_partnerterms AS terms
             WHERE terms.partner_id = %(partner_id)s AND terms.product_id = event.product_id)),
page AS (
     SELECT {select_list(_EVENT_COLUMNS)}
       FROM found AS event, searched
      WHERE event.type = ANY(%(types)s)
        AND (event.test_mode IS NULL OR event.test_mode = %(test_mode)s)
        AND (searched.upto IS NULL OR event.position <= searched.upto)
      ORDER BY event.position
      LIMIT %(limit)s)
SELECT {select_list(_SEARCH_COLUMNS)}, {select_list(_PAGE_COLUMNS)}
  FROM searched
  LEFT JOIN page ON true
 ORDER BY page.position
"""

# By the rules of READ: the partner's own, and those of products that it may sell.
AT_POSITIONS = f"""
SELECT {select_list(_EVENT_COLUMNS)}
  FROM events_event AS event
 WHERE event.position = ANY(%(positions)s)
   AND (event.test_mode IS NULL OR event.test_mode = %(test_mode)s)
   AND (event.partner_id = %(partner_id)s
        OR event.partner_id IS NULL AND EXISTS (
           SELECT FROM catalog_partnerterms AS terms
            WHERE terms.partner_id = %(partner_id)s AND terms.product_id = event.product_id))
 ORDER BY event.position
"""

_NEWS_COLUMNS = table_columns("news", ("partner_id", "test_mode", "type"))

NEWS = f"""
SELECT DISTINCT {select_list(_NEWS_COLUMNS)}
  FROM (SELECT event.partner_id, event.test_mode, event.type
          FROM events_event AS event
         WHERE event.position > %(after)s AND event.position <= %(upto)s
           AND event.partner_id = ANY(%(partners)s)
         UNION ALL
        SELECT terms.partner_id, event.test_mode, event.type
          FROM events_event AS event
          JOIN catalog_partnerterms AS terms ON terms.product_id = event.product_id
         WHERE event.position > %(after)s AND event.position <= %(upto)s
           AND event.partner_id IS NULL AND terms.partner_id = ANY(%(partners)s)) AS news
 WHERE news.type = ANY(%(types)s)
"""

ACKNOWLEDGED = """
SELECT position
  FROM events_acknowledgement
 WHERE partner_id = %(partner_id)s AND test_mode = %(test_mode)s
"""

# What was acknowledged later counts, in whatever order programs of one partner do it.
ACKNOWLEDGE = """
INSERT INTO events_acknowledgement AS stored (partner_id, test_mode, position, acknowledged_at)
VALUES (%(partner_id)s, %(test_mode)s, %(position)s, %(now)s)
    ON CONFLICT (partner_id, test_mode) DO UPDATE
   SET position = greatest(stored.position, EXCLUDED.position),
       acknowledged_at = %(now)s
RETURNING stored.position
"""

_NUMBERED_COLUMNS = table_columns("batch", ("given", "highest_id", "oldest_xid", "next_xid"))

GIVE_POSITIONS = f"""
SELECT {select_list(_NUMBERED_COLUMNS)}
  FROM events_give_positions(%(most)s, %(above)s) AS batch
"""

BECOME_SEQUENCER = """
SELECT events_become_sequencer()
"""

HAS_WAITING = """
SELECT EXISTS (
       SELECT FROM events_event AS event
        WHERE event.position IS NULL AND event.created_at < now() - %(longer_than)s::interval)
"""

EXPIRE = """
SELECT events_expire(%(before)s, %(most)s)
"""


class SqlEventStore:
    """The log, on either half's connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(
        self, after: int, *, types: Collection[str], limit: int, search: int, access: Access
    ) -> FoundEvents:
        rows = await self._database.fetch_all(
            READ,
            {
                "after": after,
                "types": list(types),
                "limit": limit,
                "search": search,
                **_of_reader(access),
            },
        )
        # One row without an event still says how far the search went.
        size = len(_SEARCH_COLUMNS)
        search_of_row = by_name(_SEARCH_COLUMNS, rows[0][:size])
        searched_to = search_of_row.pop("searched_to")
        events = [by_name(_PAGE_COLUMNS, row[size:]) for row in rows]
        return FoundEvents(
            range=LogRange(**search_of_row),
            events=[_build_event(event) for event in events if event["position"] is not None],
            searched_to=searched_to,
        )

    async def read_positions(self, positions: Collection[int], access: Access) -> list[Event]:
        """Return those of the events at these positions that this partner may read."""
        rows = await self._database.fetch_all(
            AT_POSITIONS,
            {
                "positions": list(positions),
                "partner_id": access.partner_id,
                "test_mode": access.test_mode,
            },
        )
        return [_build_event(by_name(_EVENT_COLUMNS, row)) for row in rows]

    async def range(self) -> LogRange:
        row = await self._database.fetch_one(RANGE, {})
        if row is None:
            raise LookupError("a statement without a table has a row")
        return LogRange(**by_name(_RANGE_COLUMNS, row))

    async def news(self, after: int, upto: int, *, partners: Collection[PartnerId]) -> list[News]:
        """Return which of the partners have events at these positions, and of which types."""
        rows = await self._database.fetch_all(
            NEWS,
            {
                "after": after,
                "upto": upto,
                "partners": list(partners),
                "types": [stored.value for stored in PUBLISHED_AS],
            },
        )
        return [
            News(**values | {"type": PUBLISHED_AS[EventType(values["type"])]})
            for values in (by_name(_NEWS_COLUMNS, row) for row in rows)
        ]

    async def get_acknowledged(self, access: Access) -> int | None:
        """Return the position that the partner has acknowledged; None before the first."""
        row = await self._database.fetch_one(ACKNOWLEDGED, _of_reader(access))
        return None if row is None else int(only_value(row))

    async def acknowledge(self, position: int, *, access: Access, now: datetime) -> int:
        """Store a position as acknowledged, and return the partner's highest one."""
        row = await self._database.fetch_one(
            ACKNOWLEDGE, _of_reader(access) | {"position": position, "now": now}
        )
        if row is None:
            raise LookupError("what was inserted or updated has a row")
        return int(only_value(row))

    async def expire(self, *, before: datetime, most: int) -> int:
        """Expire at most ``most`` events from before a moment, and return how many.

        Readers get them no longer. Those of no booking are deleted, and those of a booking stay in
        its history.
        """
        row = await self._database.fetch_one(EXPIRE, {"before": before, "most": most})
        return 0 if row is None else int(only_value(row))


class SqlSequencerStore:
    """The sequencer's calls, on a connection of its own in autocommit."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def become_sequencer(self) -> bool:
        row = await self._database.fetch_one(BECOME_SEQUENCER, {})
        return row == (True,)

    async def give_positions(self, *, most: int, above: int) -> Numbered:
        row = await self._database.fetch_one(GIVE_POSITIONS, {"most": most, "above": above})
        if row is None:
            raise LookupError("a function has a row")
        return Numbered(**by_name(_NUMBERED_COLUMNS, row))

    async def has_waiting(self, *, longer_than: timedelta) -> bool:
        row = await self._database.fetch_one(HAS_WAITING, {"longer_than": longer_than})
        return row == (True,)


def _of_reader(access: Access) -> dict[str, Any]:
    return {"partner_id": access.partner_id, "test_mode": access.test_mode}


def _build_event(values: dict[str, Any]) -> Event:
    return Event(
        type=PUBLISHED_AS[EventType(values.pop("type"))],
        occurred_at=values.pop("created_at"),
        data=json.loads(values.pop("data")),
        **values,
    )
