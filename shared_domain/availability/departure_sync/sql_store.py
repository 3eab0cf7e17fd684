"""The store of the departure sync in PostgreSQL: each statement reads or writes many rows."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from shared_domain.availability.blackouts.sql_store import LOCK_SHARED, covering_blackout
from shared_domain.availability.booking_sql_store import is_live
from shared_domain.availability.clock import announced_start
from shared_domain.availability.departure_sync.model import NewDeparture, StoredDeparture
from shared_domain.availability.departure_sync.schedules import PlannedDeparture
from shared_domain.availability.departure_sync.services import OptionClock
from shared_domain.availability.departure_times import departure_times_to_json, parse_periods
from shared_domain.availability.model import DepartureId
from shared_domain.catalog import OptionId
from shared_domain.database import Database, Row
from shared_domain.events import EventType
from shared_domain.rows import by_name, recordset, select_list, table_assignments, table_columns
from shared_domain.time_zones import zone

_CLOCK_COLUMNS = {
    "time_zone": "product.time_zone",
    "followed_rules": "option.followed_zone_rules",
    "last_date": "(SELECT max(local_date) FROM catalog_departure WHERE option_id = option.id)",
}

CLOCK = f"""
SELECT {select_list(_CLOCK_COLUMNS)}
  FROM catalog_option AS option
  JOIN catalog_product AS product ON product.id = option.product_id
 WHERE option.id = %(option_id)s
"""

# Tests are notified of a new time like any other live booking, but do not count as guests.
_IS_LIVE = is_live("booking")

_STORED_COLUMNS = {
    **table_columns(
        "departure",
        (
            *("id", "schedule_id", "local_date", "start_time", "fold", "starts_at", "ends_at"),
            *("cutoffs_count_from", "booking_cutoff_at", "opening_hours", "capacity", "reserved"),
            *("max_units", "is_edited", "closed_by_staff", "is_kept", "is_scheduled"),
        ),
    ),
    # As it would be without a blackout, which is no reason of its schedule's.
    "is_open": "departure.is_open OR departure.blackout_id IS NOT NULL",
    "is_blacked_out": "departure.blackout_id IS NOT NULL",
    "bookings": "coalesce(booked.bookings, 0)",
    "guests": "coalesce(booked.guests, 0)",
    "live_bookings": "coalesce(booked.live_bookings, 0)",
    "was_ever_booked": "booked.departure_id IS NOT NULL",
}

STORED = f"""
WITH booked AS (
     SELECT booking.departure_id,
            count(*) FILTER (WHERE {_IS_LIVE})::int AS live_bookings,
            count(*) FILTER (WHERE {_IS_LIVE} AND NOT booking.test_mode)::int AS bookings,
            sum(booking.places)
                FILTER (WHERE {_IS_LIVE} AND NOT booking.test_mode)::bigint AS guests
       FROM bookings_booking AS booking
       JOIN catalog_departure AS departure ON departure.id = booking.departure_id
      WHERE departure.option_id = %(option_id)s AND departure.local_date >= %(first)s
      GROUP BY booking.departure_id)
SELECT {select_list(_STORED_COLUMNS)}
  FROM catalog_departure AS departure
  LEFT JOIN booked ON booked.departure_id = departure.id
 WHERE departure.option_id = %(option_id)s AND departure.local_date >= %(first)s
 ORDER BY departure.starts_at, departure.id
"""

LOCK_OPTION = """
SELECT id FROM catalog_option WHERE id = %(option_id)s FOR NO KEY UPDATE
"""

# Ascending ids, as everywhere: so it can wait for a reservation, and never the other way round.
LOCK_DEPARTURES = """
SELECT id
  FROM catalog_departure
 WHERE option_id = %(option_id)s AND local_date >= %(first)s
 ORDER BY id
   FOR NO KEY UPDATE
"""

LOCK_BOOKINGS = f"""
SELECT booking.id
  FROM bookings_booking AS booking
  JOIN catalog_departure AS departure ON departure.id = booking.departure_id
 WHERE booking.departure_id = ANY(%(departure_ids)s) AND departure.id = ANY(%(departure_ids)s)
   AND {_IS_LIVE}
 ORDER BY booking.id
   FOR NO KEY UPDATE OF booking
"""

LOCK_BOOKINGS_AT_ONCE = f"""{LOCK_BOOKINGS}
NOWAIT
"""

TAKEN_IDS = """
SELECT availability_id
  FROM catalog_departure
 WHERE option_id = %(option_id)s AND availability_id = ANY(%(availability_ids)s)
"""

REMOVE = """
DELETE FROM catalog_departure WHERE id = ANY(%(departure_ids)s)
"""

#: What a schedule may change of a departure, with the types of the columns.
_FOLLOWING = {
    "schedule_id": "bigint",
    "local_date": "date",
    "start_time": "time",
    "fold": "smallint",
    "starts_at": "timestamptz",
    "ends_at": "timestamptz",
    "cutoffs_count_from": "timestamptz",
    "booking_cutoff_at": "timestamptz",
    "opening_hours": "jsonb",
    "capacity": "int",
    "max_units": "int",
    "is_open": "boolean",
    "is_kept": "boolean",
    "is_scheduled": "boolean",
}

_NEW = {
    "availability_id": "text",
    **_FOLLOWING,
    "is_edited": "boolean",
    "closed_by_staff": "boolean",
}

# What goes on sale follows the blackouts in force; what was on sale, or in one, stays as it is:
# staff may have opened it in spite of one. What its schedule gives up is closed by it, and by no
# blackout any more.
_COVERING = covering_blackout(option_id="departure.option_id", local_date="planned.local_date")
_BLACKOUT = f"""
       CASE WHEN NOT planned.is_open THEN NULL
            WHEN departure.is_open OR departure.blackout_id IS NOT NULL THEN departure.blackout_id
            ELSE {_COVERING}
             END"""

UPDATE = f"""
UPDATE catalog_departure AS departure
   SET {table_assignments("planned", [name for name in _FOLLOWING if name != "is_open"])},
       blackout_id = {_BLACKOUT},
       is_open = planned.is_open AND {_BLACKOUT} IS NULL
  FROM {recordset("rows", "planned", {"id": "bigint", **_FOLLOWING})}
 WHERE departure.id = planned.id
"""

_NEW_BUT_OPEN = ", ".join(name for name in _NEW if name != "is_open")

ADD = f"""
INSERT INTO catalog_departure (option_id, reserved, {_NEW_BUT_OPEN}, blackout_id, is_open)
SELECT %(option_id)s, 0, {_NEW_BUT_OPEN}, standing.blackout_id,
       planned.is_open AND standing.blackout_id IS NULL
  FROM {recordset("rows", "planned", {**_NEW, "ignores_blackouts": "boolean"})},
       LATERAL (
       SELECT CASE WHEN planned.is_open AND NOT planned.ignores_blackouts THEN {
    covering_blackout(option_id="%(option_id)s", local_date="planned.local_date")
} END AS blackout_id) AS standing
"""

TAKE_RESOURCES = """
WITH taken AS (
     DELETE FROM resources_assignment
      WHERE departure_id = ANY(%(departure_ids)s)
  RETURNING departure_id, resource_id),
without AS (
     UPDATE catalog_departure SET has_resources = false
      WHERE id = ANY(%(departure_ids)s) AND has_resources)
SELECT departure_id, array_agg(resource_id ORDER BY resource_id) FROM taken GROUP BY departure_id
"""

GIVE_RESOURCES = """
WITH given AS (
     SELECT departure.id, departure.starts_at, departure.ends_at, wanted.resources
       FROM jsonb_to_recordset(%(given)s::jsonb) AS wanted (
            availability_id text, resources bigint[])
       JOIN catalog_departure AS departure
         ON departure.option_id = %(option_id)s
        AND departure.availability_id = wanted.availability_id),
assigned AS (
     INSERT INTO resources_assignment (resource_id, departure_id, during)
     SELECT unnest(resources), id, tstzrange(starts_at, ends_at) FROM given)
UPDATE catalog_departure SET has_resources = true WHERE id IN (SELECT id FROM given)
"""

# A guest who has not yet been sent the last change is sent both at once: the time that was last
# sent is compared with the present one. Where the start changes, staff set a new pick-up time. A
# day of opening hours has no start: its start_time is the null of JSON.
NOTIFY_GUESTS = f"""
WITH moved AS (
     SELECT *
       FROM jsonb_to_recordset(%(moved)s::jsonb) AS moved (
            departure_id bigint, said jsonb, before jsonb)),
touched AS (
     UPDATE bookings_booking AS booking
        SET updated_at = %(now)s,
            pickup_time = CASE WHEN moved.before -> 'start_time'
                                    = coalesce(to_jsonb(departure.start_time), 'null')
                               THEN booking.pickup_time END
       FROM moved
       JOIN catalog_departure AS departure ON departure.id = moved.departure_id
      WHERE booking.departure_id = departure.id AND {_IS_LIVE}
  RETURNING booking.id, booking.partner_id, booking.test_mode, booking.uuid, booking.status,
            moved.said, moved.before),
told AS (
     INSERT INTO events_event (partner_id, test_mode, type, booking_uuid, data)
     SELECT partner_id, test_mode, %(event)s, uuid,
            jsonb_build_object('status', status) || said
       FROM touched)
INSERT INTO bookings_movenotice (booking_id, due_at, before)
SELECT id, %(now)s, before FROM touched
    ON CONFLICT (booking_id) DO UPDATE SET due_at = EXCLUDED.due_at
"""

SAVE_ZONE_RULES = """
UPDATE catalog_option SET followed_zone_rules = %(rules)s WHERE id = %(option_id)s
"""


class SqlDepartureSyncStore:
    """The departures of one option at a time, on the caller's connection and transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def clock(self, option_id: OptionId) -> OptionClock | None:
        row = await self._database.fetch_one(CLOCK, {"option_id": option_id})
        return None if row is None else OptionClock(**by_name(_CLOCK_COLUMNS, row))

    async def stored_departures(
        self, option_id: OptionId, *, first: date, now: datetime
    ) -> list[StoredDeparture]:
        rows = await self._database.fetch_all(
            STORED, {"option_id": option_id, "first": first, "now": now}
        )
        return [_build_stored(row) for row in rows]

    async def lock_blackouts(self) -> None:
        await self._database.fetch_all(LOCK_SHARED, {})

    async def lock_option(self, option_id: OptionId) -> None:
        await self._database.fetch_all(LOCK_OPTION, {"option_id": option_id})

    async def lock_bookings(
        self, departure_ids: Sequence[DepartureId], *, now: datetime, may_wait: bool
    ) -> None:
        if departure_ids:
            await self._database.fetch_all(
                LOCK_BOOKINGS if may_wait else LOCK_BOOKINGS_AT_ONCE,
                {"departure_ids": list(departure_ids), "now": now},
            )

    async def lock_departures(self, option_id: OptionId, *, first: date) -> None:
        await self._database.fetch_all(LOCK_DEPARTURES, {"option_id": option_id, "first": first})

    async def taken_ids(self, option_id: OptionId, wanted: Sequence[str]) -> set[str]:
        rows = await self._database.fetch_all(
            TAKEN_IDS, {"option_id": option_id, "availability_ids": list(wanted)}
        )
        return {availability_id for (availability_id,) in rows}

    async def remove(self, departures: Sequence[StoredDeparture]) -> None:
        ids = [departure.id for departure in departures]
        await self._database.execute(REMOVE, {"departure_ids": ids})

    async def update(self, departures: Sequence[StoredDeparture]) -> None:
        await self._database.execute(UPDATE, {"rows": _as_json(map(_build_row, departures))})

    async def add(self, option_id: OptionId, additions: Sequence[tuple[str, NewDeparture]]) -> None:
        rows = _as_json(_new_row(availability_id, one) for availability_id, one in additions)
        await self._database.execute(ADD, {"option_id": option_id, "rows": rows})

    async def take_resources(
        self, departure_ids: Sequence[DepartureId]
    ) -> dict[DepartureId, Sequence[int]]:
        rows = await self._database.fetch_all(
            TAKE_RESOURCES, {"departure_ids": list(departure_ids)}
        )
        return {DepartureId(departure_id): resources for departure_id, resources in rows}

    async def give_resources(
        self, option_id: OptionId, given: Sequence[tuple[str, Sequence[int]]]
    ) -> None:
        rows = [
            {"availability_id": availability_id, "resources": list(resources)}
            for availability_id, resources in given
        ]
        await self._database.execute(
            GIVE_RESOURCES, {"option_id": option_id, "given": json.dumps(rows)}
        )

    async def notify_guests(
        self,
        told: Sequence[tuple[StoredDeparture, StoredDeparture]],
        *,
        time_zone: str,
        now: datetime,
    ) -> None:
        place = zone(time_zone)
        moved = [
            {
                "departure_id": after.id,
                "said": {
                    "timeZone": time_zone,
                    "oldLocalStart": announced_start(before, place).isoformat(),
                    "newLocalStart": announced_start(after, place).isoformat(),
                },
                "before": departure_times_to_json(before),
            }
            for before, after in told
        ]
        await self._database.execute(
            NOTIFY_GUESTS, {"moved": json.dumps(moved), "event": EventType.MOVED.value, "now": now}
        )

    async def save_zone_rules(self, option_id: OptionId, rules: str) -> None:
        await self._database.execute(SAVE_ZONE_RULES, {"option_id": option_id, "rules": rules})


def _build_stored(row: Row) -> StoredDeparture:
    values = by_name(_STORED_COLUMNS, row)
    return StoredDeparture(**{**values, "opening_hours": parse_periods(values["opening_hours"])})


def _build_row(departure: StoredDeparture) -> dict[str, Any]:
    return {
        **_times_as_json(departure),
        "id": departure.id,
        "schedule_id": departure.schedule_id,
        "capacity": departure.capacity,
        "max_units": departure.max_units,
        "is_open": departure.is_open,
        "is_kept": departure.is_kept,
        "is_scheduled": departure.is_scheduled,
    }


def _new_row(availability_id: str, addition: NewDeparture) -> dict[str, Any]:
    planned = addition.planned
    return {
        **_times_as_json(planned),
        "availability_id": availability_id,
        "schedule_id": planned.schedule_id,
        "capacity": addition.capacity,
        "max_units": planned.max_units,
        "is_open": addition.is_open,
        "is_edited": addition.is_edited,
        "closed_by_staff": addition.closed_by_staff,
        "is_kept": False,
        "is_scheduled": planned.is_open,
        "ignores_blackouts": addition.ignores_blackouts,
    }


def _times_as_json(departure: StoredDeparture | PlannedDeparture) -> dict[str, Any]:
    return {
        **departure_times_to_json(departure),
        "cutoffs_count_from": departure.cutoffs_count_from.isoformat(),
        "booking_cutoff_at": departure.booking_cutoff_at.isoformat(),
    }


def _as_json(rows: Iterable[dict[str, Any]]) -> str:
    return json.dumps(list(rows))
