"""Bookings in PostgreSQL: a change is one statement that also writes its event and places."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from shared_domain.availability import DepartureId
from shared_domain.availability.booking_sql_store import (
    EXPIRE,
    expires_at,
    has_run_out,
    is_expired,
    is_running,
)
from shared_domain.availability.sql_store import SqlAvailabilityStore, build_departure
from shared_domain.bookings.mapping import (
    BOOKING_COLUMNS,
    ITEM_COLUMNS,
    booking_columns,
    build_booking,
    event_data,
    items_to_json,
)
from shared_domain.bookings.model import Booking, BookingId
from shared_domain.bookings.places import reserved_deltas
from shared_domain.bookings.requests import BookingFilter
from shared_domain.bookings.search_sql_store import (
    BOOKING_ROW,
    DEPARTURE_ROW,
    OWN,
    count_tickets_statement,
    own_parameters,
    search_statement,
    select_own,
)
from shared_domain.bookings.store import NO_DETAILS, HoldLimits
from shared_domain.catalog import Product, ProductId
from shared_domain.catalog.sql_store import SqlCatalogStore
from shared_domain.database import Database
from shared_domain.events import EventType
from shared_domain.partners import Access, PartnerId
from shared_domain.rows import (
    assignments,
    by_name,
    only_value,
    placeholders,
    recordset,
    select_list,
    table_assignments,
    table_columns,
)
from shared_domain.unreadable import RowUnreadable, read_each
from shared_domain.users.sql_store import SqlUserStore

#: The store, and the rows as it writes them, for what writes many at once.
__all__ = ["SqlBookingStore", "booking_columns", "event_data", "items_to_json"]

GET = select_own("   AND booking.uuid = %(uuid)s\n")

GET_SEVERAL = select_own("   AND booking.uuid = ANY(%(uuids)s)\n")

# A booking that is there and was not loaded is one that cannot be read.
IS_THERE = f"""
SELECT 1
  FROM bookings_booking AS booking
{OWN}
   AND booking.uuid = %(uuid)s
"""

# Read in a statement of its own: after a wait, the items must not be older than the lock.
LOCK = f"""
SELECT booking.id
  FROM bookings_booking AS booking
{OWN}
   AND booking.uuid = %(uuid)s
   FOR NO KEY UPDATE
"""

_HOLD_LIMITS = {"max_minutes": "max_hold_minutes", "max_percent": "max_held_percent"}

HOLD_LIMITS = f"""
SELECT {select_list(_HOLD_LIMITS)} FROM partners_partner WHERE id = %(partner_id)s
"""

# A statement of its own, after the departure's lock: it sees every hold made before.
OTHER_PLACES_HELD = f"""
SELECT coalesce(sum(hold.places), 0)::bigint
  FROM bookings_booking AS hold
 WHERE hold.departure_id = %(departure_id)s AND hold.partner_id = %(partner_id)s
   AND hold.test_mode = %(test_mode)s AND {is_running("hold")}
   AND hold.id IS DISTINCT FROM %(id)s::bigint
"""

EARLIER_RESERVATION = """
SELECT reservation_fingerprint
  FROM bookings_booking
 WHERE partner_id = %(partner_id)s AND test_mode = %(test_mode)s AND uuid = %(uuid)s
"""

HAS_PAYMENTS = """
SELECT EXISTS (SELECT FROM payments_account WHERE booking_id = %(booking_id)s)
"""

#: Columns that a reservation leaves to their defaults, and those that no change touches.
_SET_LATER = frozenset(
    {
        *("confirmed_at", "sale_date", "redeemed_at", "cancelled_at", "cancellation_refund"),
        *("cancellation_initiator", "cancellation_reason", "refund_retail_minor"),
        *("refund_net_minor", "tickets_due_at", "tickets_sent_at", "voucher_code"),
        *("internal_note", "tickets_recipient"),
    }
)
_SET_ONCE = frozenset(
    {"uuid", "partner_id", "test_mode", "supplier_reference", "created_at", "channel"}
)

_JSONB = frozenset({"contact", "taxes"})

_INSERTED = [name for name in BOOKING_COLUMNS if name not in {"id", *_SET_LATER}]
_UPDATED = [name for name in BOOKING_COLUMNS if name not in {"id", *_SET_ONCE}]

_ITEMS = recordset("items", "item", ITEM_COLUMNS)
_ITEM_NAMES = ", ".join(ITEM_COLUMNS)
_ITEM_VALUES = ", ".join(table_columns("item", ITEM_COLUMNS).values())

# An array: of a join with the keys, PostgreSQL expects 100 rows, and reads all departures.
_RECORD_AND_MOVE = """
recorded AS (
     INSERT INTO events_event (partner_id, test_mode, type, booking_uuid, data)
     SELECT partner_id, test_mode, %(event)s, uuid, %(event_data)s::jsonb FROM stored),
moved AS (
     UPDATE catalog_departure AS departure
        SET reserved = departure.reserved + (%(stock)s::jsonb ->> departure.id::text)::int
      WHERE departure.id = ANY (ARRAY(SELECT jsonb_object_keys(%(stock)s::jsonb)::bigint))
        AND EXISTS (SELECT FROM stored))
"""

# NOT EXISTS: ON CONFLICT alone would wait for a transaction that changes the existing booking, a
# cancellation say, which waits for the departure that is locked here. ON CONFLICT is left for
# reservations with the same uuid that are being inserted at the same moment.
INSERT = f"""
WITH stored AS (
     INSERT INTO bookings_booking ({", ".join(_INSERTED)}, reservation_fingerprint)
     SELECT {placeholders(_INSERTED, jsonb=_JSONB)}, %(fingerprint)s
      WHERE NOT EXISTS (
            SELECT FROM bookings_booking
             WHERE partner_id = %(partner_id)s AND test_mode = %(test_mode)s AND uuid = %(uuid)s)
     ON CONFLICT DO NOTHING
     RETURNING id, uuid, partner_id, test_mode, status),
added AS (
     INSERT INTO bookings_unititem (booking_id, {_ITEM_NAMES})
     SELECT stored.id, {_ITEM_VALUES}
       FROM stored, {_ITEMS}),
{_RECORD_AND_MOVE}
SELECT id FROM stored
"""

SAVE = f"""
WITH stored AS (
     UPDATE bookings_booking
        SET {assignments(_UPDATED, jsonb=_JSONB)}
      WHERE id = %(id)s
  RETURNING id, uuid, partner_id, test_mode, status),
{_RECORD_AND_MOVE}
SELECT id FROM stored
"""

# A function: the edge's role may not delete from the table itself, see its migration.
REMOVE_ITEMS = """
SELECT bookings_remove_items(%(id)s, %(kept)s::uuid[])
"""

SAVE_ITEMS = f"""
INSERT INTO bookings_unititem AS stored (booking_id, {_ITEM_NAMES})
SELECT %(id)s, {_ITEM_VALUES}
  FROM {_ITEMS}
    ON CONFLICT (booking_id, uuid) DO UPDATE
   SET {table_assignments("EXCLUDED", [name for name in ITEM_COLUMNS if name != "uuid"])}
"""

DEPARTURES_WITH_EXPIRED_HOLDS = f"""
SELECT hold.departure_id
  FROM bookings_booking AS hold
  LEFT JOIN catalog_departure AS departure ON departure.id = hold.departure_id
 WHERE {is_expired("hold")}
 GROUP BY hold.departure_id
 ORDER BY min({expires_at("hold")})
 LIMIT %(limit)s
"""

EXPIRE_UNDATED_HOLDS = f"""
WITH expired AS (
     SELECT hold.id, hold.hold_expires_at AS expires_at
       FROM bookings_booking AS hold
      WHERE hold.departure_id IS NULL AND {has_run_out("hold")}
      ORDER BY hold.hold_expires_at
      LIMIT %(most)s
        FOR NO KEY UPDATE SKIP LOCKED),
{EXPIRE}
SELECT count(*) FROM ended
"""


class SqlBookingStore:
    """Bookings from ``database``; ``availability`` and ``catalog`` share its connection."""

    def __init__(self, database: Database, availability: SqlAvailabilityStore) -> None:
        self._database = database
        self.availability = availability
        self.users = SqlUserStore(database)

    @property
    def catalog(self) -> SqlCatalogStore:
        return self.availability.catalog

    async def get(self, uuid: UUID, access: Access, *, now: datetime) -> Booking | None:
        own = own_parameters(access) | {"uuid": uuid}
        found = await self._load(GET, own | {"now": now})
        if not found and await self._database.fetch_one(IS_THERE, own):
            raise RowUnreadable("booking", uuid)
        return found[0] if found else None

    async def get_several(
        self, uuids: Collection[UUID], access: Access, *, now: datetime
    ) -> list[Booking]:
        """Return those of the bookings that exist and can be read, in any order."""
        return await self._load(
            GET_SEVERAL, own_parameters(access) | {"uuids": list(uuids), "now": now}
        )

    async def get_locked(self, uuid: UUID, access: Access, *, now: datetime) -> Booking | None:
        if await self._database.fetch_one(LOCK, own_parameters(access) | {"uuid": uuid}) is None:
            return None
        return await self.get(uuid, access, now=now)

    async def search(
        self,
        search: BookingFilter,
        access: Access,
        *,
        limit: int,
        most_tickets: int,
        now: datetime,
    ) -> list[Booking]:
        asked_for = _asked_for(search)
        return await self._load(
            search_statement(asked_for, limit=limit, most_tickets=most_tickets),
            own_parameters(access) | asked_for | {"now": now},
        )

    async def hold_limits(self, partner_id: PartnerId) -> HoldLimits:
        row = await self._database.fetch_one(HOLD_LIMITS, {"partner_id": partner_id})
        if row is None:
            raise LookupError(f"partner {partner_id} is gone")
        return HoldLimits(**by_name(_HOLD_LIMITS, row))

    async def other_places_held(self, hold: Booking, *, now: datetime) -> int:
        row = await self._database.fetch_one(
            OTHER_PLACES_HELD,
            {
                "departure_id": hold.departure.id if hold.departure else None,
                "partner_id": hold.partner_id,
                "test_mode": hold.test_mode,
                "id": hold.id,
                "now": now,
            },
        )
        if row is None:
            raise LookupError("a sum has no row")
        (places,) = row
        return int(places)

    async def earlier_reservation(self, uuid: UUID, access: Access) -> bytes | None:
        row = await self._database.fetch_one(
            EARLIER_RESERVATION, own_parameters(access) | {"uuid": uuid}
        )
        return None if row is None else bytes(only_value(row))

    async def has_payments(self, booking_id: BookingId) -> bool:
        row = await self._database.fetch_one(HAS_PAYMENTS, {"booking_id": booking_id})
        return row is not None and bool(only_value(row))

    async def insert(self, booking: Booking, *, fingerprint: bytes) -> BookingId | None:
        row = await self._database.fetch_one(
            INSERT,
            {
                **booking_columns(booking),
                "fingerprint": fingerprint,
                "items": items_to_json(booking),
                "event": EventType.RESERVED.value,
                "event_data": event_data(None, booking),
                "stock": json.dumps(reserved_deltas(None, booking)),
            },
        )
        return None if row is None else BookingId(only_value(row))

    async def save(
        self,
        after: Booking,
        *,
        before: Booking,
        event: EventType,
        details: Mapping[str, object] = NO_DETAILS,
    ) -> None:
        await self._database.fetch_one(
            SAVE,
            {
                **booking_columns(after),
                "event": event.value,
                "event_data": event_data(before, after, details),
                "stock": json.dumps(reserved_deltas(before, after)),
            },
        )
        if after.unit_items != before.unit_items:
            kept = [item.uuid for item in after.unit_items]
            if {item.uuid for item in before.unit_items} - set(kept):
                await self._database.execute(REMOVE_ITEMS, {"id": after.id, "kept": kept})
            await self._database.execute(
                SAVE_ITEMS, {"id": after.id, "items": items_to_json(after)}
            )

    async def count_tickets(self, search: BookingFilter, access: Access, *, most: int) -> int:
        asked_for = _asked_for(search)
        row = await self._database.fetch_one(
            count_tickets_statement(asked_for, most=most), own_parameters(access) | asked_for
        )
        return int(only_value(row) or 0)

    async def departures_with_expired_holds(
        self, *, now: datetime, limit: int
    ) -> list[DepartureId | None]:
        most = {"now": now, "limit": limit}
        rows = await self._database.fetch_all(DEPARTURES_WITH_EXPIRED_HOLDS, most)
        return [departure_id for (departure_id,) in rows]

    async def expire_undated_holds(self, *, now: datetime, most: int) -> int:
        row = await self._database.fetch_one(EXPIRE_UNDATED_HOLDS, {"now": now, "most": most})
        return int(only_value(row) or 0)

    async def _load(self, statement: str, parameters: Mapping[str, Any]) -> list[Booking]:
        rows = await self._database.fetch_all(statement, parameters)
        if not rows:
            return []
        bookings = [
            by_name(BOOKING_ROW, row[: len(BOOKING_ROW)])
            | {"departure": by_name(DEPARTURE_ROW, row[len(BOOKING_ROW) :])}
            for row in rows
        ]
        revisions = {ProductId(values["product_id"]): values["revision"] for values in bookings}
        products = await self.catalog.products(revisions, parameters["partner_id"])
        return read_each(
            bookings,
            lambda values: _build(values, products),
            kind="booking",
            id_of=lambda values: values["id"],
        )


def _asked_for(search: BookingFilter) -> dict[str, Any]:
    return {name: value for name, value in search.parameters().items() if value is not None}


def _build(values: Mapping[str, Any], products: Mapping[ProductId, Product]) -> Booking:
    departure = values["departure"]
    return build_booking(
        values,
        products[values["product_id"]],
        None if departure["id"] is None else build_departure(departure),
    )
