"""Departures in PostgreSQL; the places that are taken never count expired holds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from shared_domain.availability.booking_sql_store import (
    EXPIRE,
    LIVE_PLACES,
    TAKING_PLACES,
    expired_on,
    expires_at,
    is_expired,
    is_running,
)
from shared_domain.availability.calendar import (
    NO_DEPARTURES,
    CalendarDepartures,
    CalendarFingerprint,
)
from shared_domain.availability.calendar_sql_store import calendar_rows, live_taken
from shared_domain.availability.departure_sync.schedules import Schedule
from shared_domain.availability.departure_sync.schedules_sql_store import read_schedules
from shared_domain.availability.departure_sync.sql_store import SqlDepartureSyncStore
from shared_domain.availability.departure_times import parse_periods
from shared_domain.availability.model import Departure, DepartureId, Stock, stock_for
from shared_domain.availability.party import HeldShare
from shared_domain.availability.shared_places_sql_store import (
    LOCK_CLASS,
    LOCK_FIRST,
    capacity_with_resources,
)
from shared_domain.catalog import OptionId
from shared_domain.catalog.sql_store import SqlCatalogStore
from shared_domain.database import Database, Row
from shared_domain.partners import Access
from shared_domain.rows import by_name, only_value, select_list, table_columns
from shared_domain.unreadable import read_each

_FIELDS = tuple(field.name for field in fields(Departure) if field.name != "reserved")

#: A departure's row; a statement adds ``reserved``, the places that are taken.
DEPARTURE_COLUMNS = table_columns("departure", _FIELDS)


def tests_taken(*, partner_id: str) -> str:
    """Return the SQL by which a reader counts the places of a partner's tests on ``departure``."""
    return f"""
       SELECT coalesce(sum(hold.places), 0)::bigint
         FROM bookings_booking AS hold
        WHERE hold.departure_id = departure.id AND hold.partner_id = {partner_id}
          AND hold.test_mode AND hold.status IN {TAKING_PLACES}
          AND NOT ({is_expired("hold")})"""


#: What is taken of ``departure`` by live bookings, without those that expired, stored or not.
LIVE_TAKEN = f"departure.reserved - {expired_on('departure', LIVE_PLACES)}"

# Expired holds stop counting at once, whether or not the worker has released them.
_SLOT_COLUMNS = {
    **DEPARTURE_COLUMNS,
    "capacity": capacity_with_resources(is_test="%(tests_of)s::bigint IS NOT NULL"),
    "reserved": f"""
       CASE WHEN %(tests_of)s::bigint IS NOT NULL THEN ({tests_taken(partner_id="%(tests_of)s")})
            ELSE {LIVE_TAKEN} END""",
}

_SLOTS = f"""
SELECT {select_list(_SLOT_COLUMNS)}
  FROM catalog_departure AS departure
"""

BETWEEN = f"""{_SLOTS}
 WHERE departure.option_id = %(option_id)s
   AND departure.local_date BETWEEN %(first)s AND %(last)s
 ORDER BY departure.starts_at, departure.id
"""

# Of a range of dates that are parameters PostgreSQL expects 1 in 200, more than a day has. So it
# would rather plan a day anew for each request, which takes five times as long as reading it.
ON_DATE = f"""{_SLOTS}
 WHERE departure.option_id = %(option_id)s AND departure.local_date = %(first)s
 ORDER BY departure.starts_at, departure.id
"""

BY_AVAILABILITY_IDS = f"""{_SLOTS}
 WHERE departure.option_id = %(option_id)s
   AND departure.availability_id = ANY(%(availability_ids)s)
 ORDER BY departure.starts_at, departure.id
"""

BY_IDS = f"""{_SLOTS}
 WHERE departure.id = ANY(%(departure_ids)s)
"""

_SHARE_COLUMNS = {
    "departure_id": "hold.departure_id",
    "held": "sum(hold.places)::bigint",
    "max_percent": "partner.max_held_percent",
}

# Few: what one partner has on hold in this moment, of one option.
HELD_SHARES = f"""
SELECT {select_list(_SHARE_COLUMNS)}
  FROM bookings_booking AS hold
  JOIN partners_partner AS partner ON partner.id = hold.partner_id
 WHERE hold.partner_id = %(partner_id)s AND hold.option_id = %(option_id)s
   AND hold.test_mode = %(test_mode)s AND hold.departure_id IS NOT NULL
   AND {is_running("hold")}
 GROUP BY hold.departure_id, partner.max_held_percent
"""

_CALENDAR_SLOT_COLUMNS = {
    **_SLOT_COLUMNS,
    "reserved": f"""
       CASE WHEN %(tests_of)s::bigint IS NOT NULL THEN ({tests_taken(partner_id="%(tests_of)s")})
            ELSE {live_taken(LIVE_TAKEN)} END""",
}

_CALENDAR_ROWS = calendar_rows(select_list(_CALENDAR_SLOT_COLUMNS), HELD_SHARES)

# Of the same rows as its fingerprint, which another statement might take of others.
_CALENDAR_COLUMNS = {
    **table_columns("seen", _SLOT_COLUMNS),
    **table_columns("seen", ("held", "max_percent")),
    **table_columns("fingerprint", CalendarFingerprint._fields),
}

CALENDAR = f"""{_CALENDAR_ROWS}
SELECT {select_list(_CALENDAR_COLUMNS)}
  FROM seen CROSS JOIN fingerprint
 ORDER BY seen.starts_at, seen.id
"""

CALENDAR_FINGERPRINT = f"""{_CALENDAR_ROWS}
SELECT {", ".join(CalendarFingerprint._fields)} FROM fingerprint
"""

HELD_SHARES_OF_DEPARTURES = f"""
SELECT {select_list(_SHARE_COLUMNS)}
  FROM bookings_booking AS hold
  JOIN partners_partner AS partner ON partner.id = hold.partner_id
 WHERE hold.partner_id = %(partner_id)s AND hold.departure_id = ANY(%(departure_ids)s)
   AND hold.test_mode = %(test_mode)s AND {is_running("hold")}
 GROUP BY hold.departure_id, partner.max_held_percent
"""

# The count of expired holds only says whether releasing them is worth its trip: it may be older
# than the lock.
_LOCK_COLUMNS = {
    **DEPARTURE_COLUMNS,
    "reserved": "departure.reserved",
    "has_resources": "departure.has_resources",
    "expired_holds": expired_on("departure", "count(*)"),
}

_LOCK = f"""
SELECT {select_list(_LOCK_COLUMNS)}
  FROM catalog_departure AS departure
"""

LOCK = f"""{_LOCK}
 WHERE departure.id = %(departure_id)s
   AND {LOCK_FIRST}
   FOR NO KEY UPDATE OF departure
"""

LOCK_SLOT = f"""{_LOCK}
 WHERE departure.option_id = %(option_id)s
   AND departure.availability_id = %(availability_id)s
   AND {LOCK_FIRST}
   FOR NO KEY UPDATE OF departure
"""

# A statement of its own, after the locks: it sees what callers on the other departures took.
CAPACITY = f"""
SELECT {capacity_with_resources(is_test="%(tests_of)s::bigint IS NOT NULL")}
  FROM catalog_departure AS departure
 WHERE departure.id = %(departure_id)s
"""

LOCK_RESOURCES = f"""
SELECT pg_advisory_xact_lock({LOCK_CLASS}, needed.resource_id)
  FROM (SELECT DISTINCT own.resource_id::int
          FROM resources_assignment AS own
         WHERE own.departure_id = ANY(%(departure_ids)s)
         ORDER BY 1
        OFFSET 0) AS needed
"""

# SKIP LOCKED: a transaction that has locked a booking may wait for this departure, so this
# statement never waits for a booking. A hold that is being confirmed meanwhile keeps its places.
EXPIRE_HOLDS = f"""
WITH expired AS (
     SELECT hold.id, {expires_at("hold")} AS expires_at
       FROM bookings_booking AS hold
       JOIN catalog_departure AS departure ON departure.id = hold.departure_id
      WHERE hold.departure_id = %(departure_id)s AND {is_expired("hold")}
        FOR NO KEY UPDATE OF hold SKIP LOCKED),
{EXPIRE},
released AS (
     SELECT coalesce(sum(places), 0)::bigint AS places FROM ended WHERE NOT test_mode)
UPDATE catalog_departure AS departure
   SET reserved = reserved - released.places
  FROM released
 WHERE departure.id = %(departure_id)s
RETURNING departure.reserved
"""

# A statement of its own: the one that waited for the departure's lock saw the tests of before.
# Lapsed holds were released by then; what is left of them is being confirmed in this moment.
TESTS_TAKEN = f"""
SELECT coalesce(sum(places), 0)::bigint
  FROM bookings_booking
 WHERE departure_id = %(departure_id)s AND partner_id = %(tests_of)s AND test_mode
   AND status IN {TAKING_PLACES}
"""

# What staff decide about one departure is their exception from any blackout.
SET_OPEN = """
UPDATE catalog_departure
   SET is_open = %(is_open)s, closed_by_staff = NOT %(is_open)s, is_edited = true,
       blackout_id = NULL
 WHERE id = %(departure_id)s
"""

SET_CAPACITY = """
UPDATE catalog_departure SET capacity = %(capacity)s, is_edited = true
 WHERE id = %(departure_id)s
"""

RELEASE = """
UPDATE catalog_departure SET is_kept = false WHERE id = %(departure_id)s
"""


class SqlAvailabilityStore:
    """Departures from ``database``, and their products from ``catalog`` on the same connection."""

    def __init__(self, database: Database, catalog: SqlCatalogStore) -> None:
        self._database = database
        self.catalog = catalog
        self.departure_sync = SqlDepartureSyncStore(database)

    async def between(
        self, option_id: OptionId, first: date, last: date, *, stock: Stock, now: datetime
    ) -> list[Departure]:
        rows = await self._database.fetch_all(
            ON_DATE if first == last else BETWEEN,
            {
                "option_id": option_id,
                "first": first,
                "last": last,
                "tests_of": stock.tests_of,
                "now": now,
            },
        )
        return _readable(rows)

    async def calendar(
        self, option_id: OptionId, first: date, last: date, *, access: Access, now: datetime
    ) -> CalendarDepartures:
        asked_for = _calendar_parameters(option_id, first, last, access, now)
        rows = await self._database.fetch_all(CALENDAR, asked_for)
        width = len(_SLOT_COLUMNS)
        shares = {
            DepartureId(row[0]): HeldShare(*row[width : width + 2])
            for row in rows
            if row[width] is not None
        }
        fingerprint = CalendarFingerprint(*rows[0][width + 2 :]) if rows else NO_DEPARTURES
        return CalendarDepartures(_readable([row[:width] for row in rows]), shares, fingerprint)

    async def calendar_fingerprint(
        self, option_id: OptionId, first: date, last: date, *, access: Access, now: datetime
    ) -> CalendarFingerprint:
        asked_for = _calendar_parameters(option_id, first, last, access, now)
        (row,) = await self._database.fetch_all(CALENDAR_FINGERPRINT, asked_for)
        return CalendarFingerprint(*row)

    async def by_availability_ids(
        self,
        option_id: OptionId,
        availability_ids: Sequence[str],
        *,
        stock: Stock,
        now: datetime,
    ) -> list[Departure]:
        rows = await self._database.fetch_all(
            BY_AVAILABILITY_IDS,
            {
                "option_id": option_id,
                "availability_ids": list(availability_ids),
                "tests_of": stock.tests_of,
                "now": now,
            },
        )
        return _readable(rows)

    async def held_shares(
        self, option_id: OptionId, *, access: Access, now: datetime
    ) -> dict[DepartureId, HeldShare]:
        return await self._held_shares(HELD_SHARES, {"option_id": option_id}, access, now)

    async def by_ids(
        self, departure_ids: Collection[DepartureId], *, stock: Stock, now: datetime
    ) -> list[Departure]:
        """Return those of the departures that exist and can be read, in any order."""
        several = {"departure_ids": list(departure_ids), "tests_of": stock.tests_of, "now": now}
        return _readable(await self._database.fetch_all(BY_IDS, several))

    async def read_held_shares(
        self, departure_ids: Collection[DepartureId], *, access: Access, now: datetime
    ) -> dict[DepartureId, HeldShare]:
        """Return the partner's places on hold on these departures; only those with any."""
        several = {"departure_ids": list(departure_ids)}
        return await self._held_shares(HELD_SHARES_OF_DEPARTURES, several, access, now)

    async def _held_shares(
        self, statement: str, parameters: Mapping[str, object], access: Access, now: datetime
    ) -> dict[DepartureId, HeldShare]:
        own = {"partner_id": access.partner_id, "test_mode": access.test_mode, "now": now}
        rows = await self._database.fetch_all(statement, {**own, **parameters})
        shares = [by_name(_SHARE_COLUMNS, row) for row in rows]
        return {DepartureId(share.pop("departure_id")): HeldShare(**share) for share in shares}

    async def lock(
        self, departure_id: DepartureId, *, stock: Stock, now: datetime
    ) -> Departure | None:
        row = await self._database.fetch_one(LOCK, {"departure_id": departure_id, "now": now})
        return None if row is None else await self._release_expired_holds(row, stock, now)

    async def lock_resources(self, departure_ids: Sequence[DepartureId]) -> None:
        await self._database.fetch_all(LOCK_RESOURCES, {"departure_ids": list(departure_ids)})

    async def lock_slot(
        self, option_id: OptionId, availability_id: str, *, stock: Stock, now: datetime
    ) -> Departure | None:
        row = await self._database.fetch_one(
            LOCK_SLOT, {"option_id": option_id, "availability_id": availability_id, "now": now}
        )
        return None if row is None else await self._release_expired_holds(row, stock, now)

    async def _release_expired_holds(self, row: Row, stock: Stock, now: datetime) -> Departure:
        """Return the locked departure without its expired holds, which are stored as expired."""
        values = by_name(_LOCK_COLUMNS, row)
        parameters = {"departure_id": values["id"], "tests_of": stock.tests_of, "now": now}
        if values.pop("expired_holds"):
            values["reserved"] = await self._count(EXPIRE_HOLDS, parameters)
        if values.pop("has_resources"):
            # What it was given while this waited; a deadlock ends with an error that passes.
            await self.lock_resources([values["id"]])
            values["capacity"] = only_value(await self._database.fetch_one(CAPACITY, parameters))
        if stock.tests_of is not None:
            values["reserved"] = await self._count(TESTS_TAKEN, parameters)
        return build_departure(values)

    async def _count(self, statement: str, parameters: Mapping[str, Any]) -> int:
        row = await self._database.fetch_one(statement, parameters)
        if row is None:
            raise LookupError("a departure vanished under its own lock")
        (count,) = row
        return int(count)

    async def set_open(self, departure_id: DepartureId, is_open: bool) -> None:
        await self._database.execute(SET_OPEN, {"departure_id": departure_id, "is_open": is_open})

    async def set_capacity(self, departure_id: DepartureId, capacity: int | None) -> None:
        await self._database.execute(
            SET_CAPACITY, {"departure_id": departure_id, "capacity": capacity}
        )

    async def release(self, departure_id: DepartureId) -> None:
        await self._database.execute(RELEASE, {"departure_id": departure_id})

    async def schedules(self, option_id: OptionId) -> list[Schedule]:
        return await read_schedules(self._database, option_id)


def _calendar_parameters(
    option_id: OptionId, first: date, last: date, access: Access, now: datetime
) -> dict[str, object]:
    return {
        "option_id": option_id, "first": first, "last": last, "now": now,
        "tests_of": stock_for(access).tests_of,
        "partner_id": access.partner_id, "test_mode": access.test_mode,
    }  # fmt: skip


def _readable(rows: Sequence[Row]) -> list[Departure]:
    named = [by_name(_SLOT_COLUMNS, row) for row in rows]
    return read_each(named, build_departure, kind="departure", id_of=itemgetter("id"))


def build_departure(values: dict[str, Any]) -> Departure:
    """Return a departure from ``DEPARTURE_COLUMNS`` and ``reserved``, which it changes."""
    values["opening_hours"] = parse_periods(values["opening_hours"])
    return Departure(**values)
