"""Blackout periods in PostgreSQL, and the departures that they close."""

from datetime import datetime
from typing import Any

from shared_domain.availability.blackouts.services import (
    BlackoutChanges,
    BlackoutEffect,
    BlackoutId,
    BlackoutPlan,
)
from shared_domain.availability.booking_sql_store import is_live
from shared_domain.catalog import ProductId
from shared_domain.database import Database
from shared_domain.rows import by_name, select_list


def covering_blackout(*, option_id: str, local_date: str) -> str:
    """Return the SQL of the blackout in force that covers an option's departure, or NULL."""
    return f"""
       (SELECT blackout.id
          FROM catalog_option AS option
          JOIN catalog_product AS product ON product.id = option.product_id
          JOIN blackouts_blackout AS blackout
            ON blackout.product_id = product.id
            OR blackout.place = product.place AND blackout.place <> ''
         WHERE option.id = {option_id} AND blackout.lifted_at IS NULL
           AND {local_date} BETWEEN blackout.first_date AND blackout.last_date
         ORDER BY blackout.id
         LIMIT 1)"""


_OPTIONS = """
  FROM catalog_option AS option
  JOIN catalog_product AS product ON product.id = option.product_id
"""

_EFFECT_COLUMNS = {
    "departures": "count(DISTINCT departure.id) FILTER (WHERE departure.is_open)",
    "bookings": "count(booking.id) FILTER (WHERE booking.status <> 'ON_HOLD')",
    "guests": """
       coalesce(sum(booking.places) FILTER (WHERE booking.status <> 'ON_HOLD'), 0)::bigint""",
    "holds": "count(booking.id) FILTER (WHERE booking.status = 'ON_HOLD')",
}

EFFECT = f"""
SELECT {select_list(_EFFECT_COLUMNS)}
{_OPTIONS}
  JOIN catalog_departure AS departure
    ON departure.option_id = option.id
   AND departure.local_date BETWEEN %(first_date)s AND %(last_date)s
   AND departure.ends_at > %(now)s
  LEFT JOIN bookings_booking AS booking
    ON booking.departure_id = departure.id AND NOT booking.test_mode AND {is_live("booking")}
 WHERE product.id = %(product_id)s::bigint OR product.place = %(place)s AND product.place <> ''
"""

ADD = """
INSERT INTO blackouts_blackout
       (product_id, place, first_date, last_date, reason, added_by_id, added_at)
VALUES (%(product_id)s, %(place)s, %(first_date)s, %(last_date)s, %(reason)s, %(requested_by)s,
        %(now)s)
RETURNING id
"""

#: The key of the lock that orders changes of blackouts and what follows them.
_BLACKOUTS = "7305, 0"

# Options alone would not do: one that another transaction has just added, or whose product it
# moves to this place, is not found yet, and so is not waited for.
LOCK = f"SELECT pg_advisory_xact_lock({_BLACKOUTS})"

LOCK_SHARED = f"SELECT pg_advisory_xact_lock_shared({_BLACKOUTS})"

# Ascending ids, as everywhere; generating departures takes the same lock first.
LOCK_OPTIONS = f"""
SELECT option.id
{_OPTIONS}
  JOIN blackouts_blackout AS blackout
    ON blackout.product_id = product.id
    OR blackout.place = product.place AND blackout.place <> ''
 WHERE blackout.id = %(blackout_id)s
 ORDER BY option.id
   FOR NO KEY UPDATE OF option
"""

# Reservations that are being made hold a departure's lock: they come before, and stay.
CLOSE = f"""
WITH covered AS (
     SELECT departure.id
     {_OPTIONS}
       JOIN blackouts_blackout AS blackout
         ON blackout.product_id = product.id
         OR blackout.place = product.place AND blackout.place <> ''
       JOIN catalog_departure AS departure
         ON departure.option_id = option.id
        AND departure.local_date BETWEEN blackout.first_date AND blackout.last_date
      WHERE blackout.id = %(blackout_id)s AND departure.is_open AND departure.ends_at > %(now)s
      ORDER BY departure.id
        FOR NO KEY UPDATE OF departure),
closed AS (
     UPDATE catalog_departure AS departure
        SET is_open = false, blackout_id = %(blackout_id)s
       FROM covered
      WHERE departure.id = covered.id
  RETURNING departure.id)
SELECT count(*) FROM closed
"""

LIFT = """
UPDATE blackouts_blackout
   SET lifted_at = %(now)s, lifted_by_id = %(lifted_by)s
 WHERE id = %(blackout_id)s AND lifted_at IS NULL
RETURNING id
"""

# A statement after the one that lifts it: it no longer covers anything. What is over stays as it
# was.
REOPEN = f"""
WITH covered AS (
     SELECT id
       FROM catalog_departure
      WHERE blackout_id = %(blackout_id)s AND ends_at > %(now)s
      ORDER BY id
        FOR NO KEY UPDATE),
standing AS (
     SELECT departure.id,
            {
    covering_blackout(option_id="departure.option_id", local_date="departure.local_date")
} AS blackout_id
       FROM covered
       JOIN catalog_departure AS departure ON departure.id = covered.id),
reopened AS (
     UPDATE catalog_departure AS departure
        SET is_open = standing.blackout_id IS NULL, blackout_id = standing.blackout_id
       FROM standing
      WHERE departure.id = standing.id
  RETURNING departure.is_open)
SELECT count(*) FILTER (WHERE is_open) FROM reopened
"""

LOCK_OPTIONS_OF_PRODUCT = """
SELECT id FROM catalog_option WHERE product_id = %(product_id)s ORDER BY id FOR NO KEY UPDATE
"""

_COVERING_CONCERNED = covering_blackout(
    option_id="concerned.option_id", local_date="concerned.local_date"
)

# Of what is on sale, staff may have opened some in spite of a blackout of the product: for these,
# only the place is new.
FOLLOW_PLACE = f"""
WITH concerned AS (
     SELECT departure.id, departure.option_id, departure.local_date, departure.is_open,
            product.place
     {_OPTIONS}
       JOIN catalog_departure AS departure ON departure.option_id = option.id
      WHERE product.id = %(product_id)s AND departure.ends_at > %(now)s
        AND (departure.is_open OR departure.blackout_id IS NOT NULL)
      ORDER BY departure.id
        FOR NO KEY UPDATE OF departure),
standing AS (
     SELECT concerned.id, concerned.is_open,
            CASE WHEN concerned.is_open
                 THEN (SELECT blackout.id
                         FROM blackouts_blackout AS blackout
                        WHERE blackout.place = concerned.place AND blackout.place <> ''
                          AND blackout.lifted_at IS NULL
                          AND concerned.local_date
                              BETWEEN blackout.first_date AND blackout.last_date
                        ORDER BY blackout.id
                        LIMIT 1)
                 ELSE {_COVERING_CONCERNED}
            END AS blackout_id
       FROM concerned),
changed AS (
     UPDATE catalog_departure AS departure
        SET is_open = standing.blackout_id IS NULL, blackout_id = standing.blackout_id
       FROM standing
      WHERE departure.id = standing.id
        AND departure.blackout_id IS DISTINCT FROM standing.blackout_id
  RETURNING standing.is_open AS was_open, departure.is_open)
SELECT count(*) FILTER (WHERE was_open), count(*) FILTER (WHERE is_open) FROM changed
"""


class SqlBlackoutStore:
    """Blackouts on the caller's connection and transaction; staff's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def effect(self, plan: BlackoutPlan, *, now: datetime) -> BlackoutEffect:
        row = await self._database.fetch_one(EFFECT, _scope(plan) | {"now": now})
        if row is None:
            raise LookupError("a count has no row")
        return BlackoutEffect(**by_name(_EFFECT_COLUMNS, row))

    async def add(self, plan: BlackoutPlan, *, requested_by: int, now: datetime) -> BlackoutId:
        parameters = _scope(plan) | {
            "reason": plan.reason, "requested_by": requested_by, "now": now,
        }  # fmt: skip
        return BlackoutId(await self._number(ADD, parameters))

    async def lock(self) -> None:
        await self._database.fetch_all(LOCK, {})

    async def lock_shared(self) -> None:
        await self._database.fetch_all(LOCK_SHARED, {})

    async def lock_options(self, blackout_id: BlackoutId) -> None:
        await self._database.fetch_all(LOCK_OPTIONS, {"blackout_id": blackout_id})

    async def close(self, blackout_id: BlackoutId, *, now: datetime) -> int:
        return await self._number(CLOSE, {"blackout_id": blackout_id, "now": now})

    async def lift(self, blackout_id: BlackoutId, *, lifted_by: int, now: datetime) -> bool:
        parameters = {"blackout_id": blackout_id, "lifted_by": lifted_by, "now": now}
        return await self._database.fetch_one(LIFT, parameters) is not None

    async def reopen(self, blackout_id: BlackoutId, *, now: datetime) -> int:
        return await self._number(REOPEN, {"blackout_id": blackout_id, "now": now})

    async def lock_options_of_product(self, product_id: ProductId) -> None:
        await self._database.fetch_all(LOCK_OPTIONS_OF_PRODUCT, {"product_id": product_id})

    async def follow_place(self, product_id: ProductId, *, now: datetime) -> BlackoutChanges:
        parameters = {"product_id": product_id, "now": now}
        row = await self._database.fetch_one(FOLLOW_PLACE, parameters)
        if row is None:
            raise LookupError("a count has no row")
        closed, opened = row
        return BlackoutChanges(closed, opened)

    async def _number(self, statement: str, parameters: dict[str, Any]) -> int:
        row = await self._database.fetch_one(statement, parameters)
        if row is None:
            raise LookupError("a statement that returns a number returned no row")
        (number,) = row
        return int(number)


def _scope(plan: BlackoutPlan) -> dict[str, Any]:
    return {
        "product_id": plan.product_id,
        "place": plan.place,
        "first_date": plan.first_date,
        "last_date": plan.last_date,
    }
