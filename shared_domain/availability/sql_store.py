"""Departures in PostgreSQL: what is taken never counts the holds that have run out."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from shared_domain.availability.departure_sync.schedules import Schedule
from shared_domain.availability.departure_sync.sql_store import SqlDepartureSyncStore
from shared_domain.availability.departure_times import parse_periods
from shared_domain.availability.hold_expiry import expires_at
from shared_domain.availability.model import Departure, DepartureId, Stock
from shared_domain.availability.party import HeldShare
from shared_domain.catalog import OptionId
from shared_domain.catalog.sql_store import SqlCatalogStore
from shared_domain.database import Database, Row
from shared_domain.partners import Access
from shared_domain.unreadable import read_each

#: The columns that :func:`departure_from` reads, before the places that are taken.
DEPARTURE_COLUMNS = """
       departure.id, departure.availability_id, departure.local_date, departure.starts_at,
       departure.ends_at, departure.cutoffs_count_from, departure.booking_cutoff_at,
       departure.opening_hours, departure.capacity, departure.max_units, departure.is_open,
       departure.start_time, departure.fold"""

#: True of a ``hold`` whose time is over, and of a PENDING booking that was not decided by its
#: departure's booking cut-off.
EXPIRES_AT = expires_at("hold")
IS_EXPIRED = f"hold.status IN ('ON_HOLD', 'PENDING') AND {EXPIRES_AT} <= %(now)s"


def tests_taken(*, partner_id: str) -> str:
    """Return the SQL by which a reader counts the places of a partner's tests on ``departure``."""
    return f"""
       SELECT coalesce(sum(hold.places), 0)::bigint
         FROM bookings_booking AS hold
        WHERE hold.departure_id = departure.id AND hold.partner_id = {partner_id}
          AND hold.test_mode AND hold.status IN ('ON_HOLD', 'PENDING', 'CONFIRMED', 'REDEEMED')
          AND NOT ({IS_EXPIRED})"""


_TESTS_TAKEN = tests_taken(partner_id="%(tests_of)s")

# What has expired stops counting at once, noted by the worker or not. Before the cut-off that is
# holds only, which one index finds for all departures of a calendar together.
_WITHOUT_EXPIRED_HOLDS = f"""
  WITH expired AS (
       SELECT departure_id, sum(places)::bigint AS places
         FROM bookings_booking
        WHERE status = 'ON_HOLD' AND hold_expires_at <= %(now)s AND NOT test_mode
        GROUP BY departure_id)
SELECT {DEPARTURE_COLUMNS},
       CASE WHEN %(tests_of)s::bigint IS NOT NULL THEN ({_TESTS_TAKEN})
            WHEN departure.booking_cutoff_at > %(now)s
            THEN departure.reserved - coalesce(expired.places, 0)
            ELSE departure.reserved - (
            SELECT coalesce(sum(hold.places), 0)::bigint
              FROM bookings_booking AS hold
             WHERE hold.departure_id = departure.id AND {IS_EXPIRED} AND NOT hold.test_mode) END
  FROM catalog_departure AS departure
  LEFT JOIN expired ON expired.departure_id = departure.id
"""

BETWEEN = f"""{_WITHOUT_EXPIRED_HOLDS}
 WHERE departure.option_id = %(option_id)s
   AND departure.local_date BETWEEN %(first)s AND %(last)s
 ORDER BY departure.starts_at, departure.id
"""

BY_AVAILABILITY_IDS = f"""{_WITHOUT_EXPIRED_HOLDS}
 WHERE departure.option_id = %(option_id)s
   AND departure.availability_id = ANY(%(availability_ids)s)
 ORDER BY departure.starts_at, departure.id
"""

# Few: what one partner has on hold in this moment, of one option.
HELD_SHARES = """
SELECT hold.departure_id, sum(hold.places)::bigint, partner.max_held_percent
  FROM bookings_booking AS hold
  JOIN partners_partner AS partner ON partner.id = hold.partner_id
 WHERE hold.partner_id = %(partner_id)s AND hold.option_id = %(option_id)s
   AND hold.test_mode = %(test_mode)s AND hold.departure_id IS NOT NULL
   AND hold.status = 'ON_HOLD' AND hold.hold_expires_at > %(now)s
 GROUP BY hold.departure_id, partner.max_held_percent
"""

# The count of what has expired only hints that a sweep is worth its trip: it may precede the lock.
_LOCK = f"""
SELECT {DEPARTURE_COLUMNS}, departure.reserved,
       (SELECT count(*)
          FROM bookings_booking AS hold
         WHERE hold.departure_id = departure.id AND {IS_EXPIRED})
  FROM catalog_departure AS departure
"""

LOCK = f"""{_LOCK}
 WHERE departure.id = %(departure_id)s
   FOR NO KEY UPDATE OF departure
"""

LOCK_SLOT = f"""{_LOCK}
 WHERE departure.option_id = %(option_id)s
   AND departure.availability_id = %(availability_id)s
   FOR NO KEY UPDATE OF departure
"""

# SKIP LOCKED: whoever holds a booking may wait for this departure, so we never wait for it.
# A hold that is being confirmed in this moment keeps its places.
EXPIRE_HOLDS = f"""
WITH expired AS (
     SELECT hold.id, {EXPIRES_AT} AS expires_at
       FROM bookings_booking AS hold
       JOIN catalog_departure AS departure ON departure.id = hold.departure_id
      WHERE hold.departure_id = %(departure_id)s AND {IS_EXPIRED}
        FOR NO KEY UPDATE OF hold SKIP LOCKED),
ended AS (
     UPDATE bookings_booking AS booking
        SET status = CASE booking.status WHEN 'ON_HOLD' THEN 'EXPIRED' ELSE 'REJECTED' END,
            hold_expires_at = CASE booking.status WHEN 'ON_HOLD' THEN expired.expires_at END,
            updated_at = %(now)s
       FROM expired
      WHERE booking.id = expired.id
  RETURNING booking.partner_id, booking.uuid, booking.places, booking.status,
            booking.test_mode),
told AS (
     INSERT INTO events_event (partner_id, test_mode, type, booking_uuid, data)
     SELECT partner_id, test_mode,
            CASE status WHEN 'EXPIRED' THEN 'booking.expired' ELSE 'booking.rejected' END,
            uuid,
            CASE status WHEN 'EXPIRED' THEN '{{"status": "EXPIRED"}}'::jsonb
                        ELSE '{{"status": "REJECTED", "cause": "cutoff"}}'::jsonb END
       FROM ended),
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
TESTS_TAKEN = """
SELECT coalesce(sum(places), 0)::bigint
  FROM bookings_booking
 WHERE departure_id = %(departure_id)s AND partner_id = %(tests_of)s AND test_mode
   AND status IN ('ON_HOLD', 'PENDING', 'CONFIRMED', 'REDEEMED')
"""

SET_OPEN = """
UPDATE catalog_departure
   SET is_open = %(is_open)s, closed_by_staff = NOT %(is_open)s, is_edited = true
 WHERE id = %(departure_id)s
"""

SET_CAPACITY = """
UPDATE catalog_departure SET capacity = %(capacity)s, is_edited = true
 WHERE id = %(departure_id)s
"""

RELEASE = """
UPDATE catalog_departure SET is_kept = false WHERE id = %(departure_id)s
"""

SCHEDULES = """
SELECT schedule.id, schedule.option_id, product.time_zone, schedule.weekdays,
       CASE product.availability_type WHEN 'START_TIME' THEN schedule.start_times ELSE '{}' END,
       schedule.duration_minutes,
       CASE product.availability_type WHEN 'START_TIME' THEN '[]' ELSE schedule.opening_hours END,
       schedule.season_start, schedule.season_end, schedule.capacity, schedule.max_units,
       schedule.booking_cutoff_minutes
  FROM catalog_schedule AS schedule
  JOIN catalog_option AS option ON option.id = schedule.option_id
  JOIN catalog_product AS product ON product.id = option.product_id
 WHERE schedule.option_id = %(option_id)s AND schedule.is_active
 ORDER BY schedule.id
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
            BETWEEN,
            {
                "option_id": option_id,
                "first": first,
                "last": last,
                "tests_of": stock.tests_of,
                "now": now,
            },
        )
        return _readable(rows)

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
        rows = await self._database.fetch_all(
            HELD_SHARES,
            {
                "option_id": option_id,
                "partner_id": access.partner_id,
                "test_mode": access.test_mode,
                "now": now,
            },
        )
        return {DepartureId(id_): HeldShare(held, percent) for id_, held, percent in rows}

    async def lock(
        self, departure_id: DepartureId, *, stock: Stock, now: datetime
    ) -> Departure | None:
        row = await self._database.fetch_one(LOCK, {"departure_id": departure_id, "now": now})
        return None if row is None else await self._release_expired_holds(row, stock, now)

    async def lock_slot(
        self, option_id: OptionId, availability_id: str, *, stock: Stock, now: datetime
    ) -> Departure | None:
        row = await self._database.fetch_one(
            LOCK_SLOT, {"option_id": option_id, "availability_id": availability_id, "now": now}
        )
        return None if row is None else await self._release_expired_holds(row, stock, now)

    async def _release_expired_holds(self, row: Row, stock: Stock, now: datetime) -> Departure:
        *columns, taken, expired_holds = row
        parameters = {"departure_id": columns[0], "tests_of": stock.tests_of, "now": now}
        if expired_holds:
            taken = await self._count(EXPIRE_HOLDS, parameters)
        if stock.tests_of is not None:
            taken = await self._count(TESTS_TAKEN, parameters)
        return departure_from((*columns, taken))

    async def _count(self, statement: str, parameters: Mapping[str, Any]) -> int:
        row = await self._database.fetch_one(statement, parameters)
        if row is None:
            raise LookupError("a departure vanished under its own lock")
        count: int = row[0]
        return count

    async def set_open(self, departure_id: DepartureId, is_open: bool) -> None:
        await self._database.execute(SET_OPEN, {"departure_id": departure_id, "is_open": is_open})

    async def set_capacity(self, departure_id: DepartureId, capacity: int | None) -> None:
        await self._database.execute(
            SET_CAPACITY, {"departure_id": departure_id, "capacity": capacity}
        )

    async def release(self, departure_id: DepartureId) -> None:
        await self._database.execute(RELEASE, {"departure_id": departure_id})

    async def schedules(self, option_id: OptionId) -> list[Schedule]:
        rows = await self._database.fetch_all(SCHEDULES, {"option_id": option_id})
        return [_schedule(row) for row in rows]


def _readable(rows: Sequence[Row]) -> list[Departure]:
    return read_each(rows, departure_from, kind="departure", id_of=itemgetter(0))


def departure_from(row: Row) -> Departure:
    """Map the columns of a departure, followed by the places that are taken."""
    (
        departure_id, availability_id, local_date, starts_at, ends_at, cutoffs_count_from,
        booking_cutoff_at, opening_hours, capacity, max_units, is_open, start_time, fold, taken,
    ) = row  # fmt: skip
    return Departure(
        id=departure_id,
        availability_id=availability_id,
        local_date=local_date,
        starts_at=starts_at,
        ends_at=ends_at,
        cutoffs_count_from=cutoffs_count_from,
        booking_cutoff_at=booking_cutoff_at,
        opening_hours=parse_periods(opening_hours),
        capacity=capacity,
        reserved=taken,
        max_units=max_units,
        is_open=is_open,
        start_time=start_time,
        fold=fold,
    )


def _schedule(row: Row) -> Schedule:
    (
        schedule_id, option_id, time_zone, weekdays, start_times, duration_minutes, opening_hours,
        season_start, season_end, capacity, max_units, booking_cutoff_minutes,
    ) = row  # fmt: skip
    return Schedule(
        id=schedule_id,
        option_id=option_id,
        time_zone=time_zone,
        weekdays=frozenset(weekdays),
        start_times=tuple(start_times),
        duration_minutes=duration_minutes,
        opening_hours=parse_periods(opening_hours),
        season_start=season_start,
        season_end=season_end,
        capacity=capacity,
        max_units=max_units,
        booking_cutoff_minutes=booking_cutoff_minutes,
    )
