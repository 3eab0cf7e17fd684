"""Bookings in PostgreSQL: a change is one statement that also writes its event and places."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from shared_domain.availability import DepartureId
from shared_domain.availability.sql_store import (
    DEPARTURE_COLUMNS,
    IS_EXPIRED,
    SqlAvailabilityStore,
    tests_taken,
)
from shared_domain.bookings.hold_expiry_sql_store import (
    DEPARTURES_WITH_EXPIRED_HOLDS,
    EXPIRE_UNDATED_HOLDS,
)
from shared_domain.bookings.mapping import (
    booking_columns,
    booking_from,
    event_data,
    items_to_json,
)
from shared_domain.bookings.model import Booking, BookingId
from shared_domain.bookings.places import reserved_deltas
from shared_domain.bookings.requests import BookingFilter
from shared_domain.bookings.store import NO_DETAILS, HoldLimits
from shared_domain.catalog import ProductId
from shared_domain.catalog.sql_store import SqlCatalogStore
from shared_domain.database import Database
from shared_domain.events import EventType
from shared_domain.partners import Access, PartnerId
from shared_domain.unreadable import RowUnreadable, read_each

#: The store, and the rows as it writes them, for what writes many at once.
__all__ = ["SqlBookingStore", "booking_columns", "event_data", "items_to_json"]

_TESTS_TAKEN = tests_taken(partner_id="booking.partner_id")

# One trip reads a booking, its departure and its items; the product comes from memory by revision.
_SELECT = f"""
SELECT product.id, product.revision,
       booking.id, booking.uuid, booking.partner_id, booking.test_mode, booking.status,
       booking.supplier_reference, booking.reseller_reference, booking.created_at,
       booking.updated_at, booking.hold_expires_at, booking.confirmed_at, booking.sale_date,
       booking.redeemed_at, booking.cancelled_at, booking.cancellation_refund,
       booking.cancellation_initiator, booking.cancellation_reason, booking.refund_retail_minor,
       booking.refund_net_minor, booking.contact, booking.notes, booking.email_receipt,
       booking.tickets_due_at, booking.tickets_sent_at, booking.voucher_code, booking.places,
       booking.currency, booking.original_minor, booking.retail_minor, booking.net_minor,
       booking.taxes, booking.carried_out,
       (SELECT json_agg(json_build_array(
                 item.uuid, item.unit_id, item.reseller_reference, item.supplier_reference,
                 item.redeemed_at, item.ticket_code, item.contact, item.original_minor,
                 item.retail_minor, item.net_minor, item.taxes, item.refund_retail_minor,
                 item.refund_net_minor) ORDER BY item.position)::text
          FROM bookings_unititem AS item WHERE item.booking_id = booking.id),
       booking.option_id,
       {DEPARTURE_COLUMNS},
       CASE WHEN departure.id IS NULL THEN 0
            WHEN booking.test_mode THEN ({_TESTS_TAKEN})
            ELSE departure.reserved - (
            SELECT coalesce(sum(hold.places), 0)::bigint
              FROM bookings_booking AS hold
             WHERE hold.departure_id = departure.id AND {IS_EXPIRED} AND NOT hold.test_mode) END
  FROM bookings_booking AS booking
  JOIN catalog_product AS product ON product.id = booking.product_id
  LEFT JOIN catalog_departure AS departure ON departure.id = booking.departure_id
"""

_OWN = """
 WHERE booking.partner_id = %(partner_id)s
   AND booking.test_mode = %(test_mode)s
"""

GET = f"""{_SELECT}{_OWN}
   AND booking.uuid = %(uuid)s
"""

# A booking that is there and was not loaded is one that cannot be read.
IS_THERE = f"""
SELECT 1
  FROM bookings_booking AS booking
{_OWN}
   AND booking.uuid = %(uuid)s
"""

# Read in a statement of its own: after a wait, the items must not be older than the lock.
LOCK = f"""
SELECT booking.id
  FROM bookings_booking AS booking
{_OWN}
   AND booking.uuid = %(uuid)s
   FOR NO KEY UPDATE
"""

# Only the conditions that were asked for: with "IS NULL OR …" PostgreSQL could not use an index.
SEARCH_CONDITIONS = {
    "reseller_reference": "booking.reseller_reference = ANY(%(reseller_reference)s)",
    "supplier_reference": "booking.supplier_reference = %(supplier_reference)s",
    "first_date": "departure.local_date >= %(first_date)s",
    "last_date": "departure.local_date <= %(last_date)s",
    "product_code": "product.code = %(product_code)s",
    "option_code": "option.code = %(option_code)s",
}


def search_statement(asked_for: Iterable[str]) -> str:
    """Return the search by these conditions, newest booking first."""
    conditions = "".join(f"   AND {SEARCH_CONDITIONS[name]}\n" for name in asked_for)
    return f"""{_SELECT}
  JOIN catalog_option AS option ON option.id = booking.option_id
{_OWN}{conditions}
 ORDER BY booking.id DESC
 LIMIT %(limit)s
"""


SEARCH = search_statement(SEARCH_CONDITIONS)

HOLD_LIMITS = """
SELECT max_hold_minutes, max_held_percent FROM partners_partner WHERE id = %(partner_id)s
"""

# A statement of its own, after the departure's lock: it sees every hold made before.
OTHER_PLACES_HELD = """
SELECT coalesce(sum(places), 0)::bigint
  FROM bookings_booking
 WHERE departure_id = %(departure_id)s AND partner_id = %(partner_id)s
   AND test_mode = %(test_mode)s AND status = 'ON_HOLD' AND hold_expires_at > %(now)s
   AND id IS DISTINCT FROM %(id)s::bigint
"""

EARLIER_RESERVATION = """
SELECT reservation_fingerprint
  FROM bookings_booking
 WHERE partner_id = %(partner_id)s AND test_mode = %(test_mode)s AND uuid = %(uuid)s
"""

_ITEMS = """
       jsonb_to_recordset(%(items)s::jsonb) AS item (
       uuid uuid, position smallint, unit_id bigint, reseller_reference text,
       supplier_reference text, redeemed_at timestamptz, ticket_code text, contact jsonb,
       original_minor bigint, retail_minor bigint, net_minor bigint, taxes jsonb,
       refund_retail_minor bigint, refund_net_minor bigint)
"""

_TELL = """
told AS (
     INSERT INTO events_event (partner_id, test_mode, type, booking_uuid, data)
     SELECT partner_id, test_mode, %(event)s, uuid, %(event_data)s::jsonb FROM stored),
moved AS (
     UPDATE catalog_departure AS departure
        SET reserved = departure.reserved + change.value::int
       FROM stored, jsonb_each_text(%(stock)s::jsonb) AS change
      WHERE departure.id = change.key::bigint)
"""

# NOT EXISTS: ON CONFLICT alone would wait for whoever changes the twin, a cancellation say, which
# waits for the departure that we hold. It is left for twins that are being inserted right now.
INSERT = f"""
WITH stored AS (
     INSERT INTO bookings_booking
            (uuid, partner_id, product_id, option_id, departure_id, test_mode, status,
             supplier_reference, reseller_reference, reservation_fingerprint, created_at,
             updated_at, hold_expires_at, contact, notes, email_receipt, places, currency,
             original_minor, retail_minor, net_minor, taxes)
     SELECT %(uuid)s, %(partner_id)s, %(product_id)s, %(option_id)s, %(departure_id)s,
            %(test_mode)s, %(status)s, %(supplier_reference)s, %(reseller_reference)s,
            %(fingerprint)s, %(created_at)s, %(updated_at)s, %(hold_expires_at)s,
            %(contact)s::jsonb, %(notes)s, %(email_receipt)s, %(places)s, %(currency)s,
            %(original_minor)s, %(retail_minor)s, %(net_minor)s, %(taxes)s::jsonb
      WHERE NOT EXISTS (
            SELECT FROM bookings_booking
             WHERE partner_id = %(partner_id)s AND test_mode = %(test_mode)s AND uuid = %(uuid)s)
     ON CONFLICT DO NOTHING
     RETURNING id, uuid, partner_id, test_mode, status),
added AS (
     INSERT INTO bookings_unititem
            (booking_id, uuid, position, unit_id, reseller_reference, supplier_reference,
             redeemed_at, ticket_code, contact, original_minor, retail_minor, net_minor, taxes)
     SELECT stored.id, item.uuid, item.position, item.unit_id, item.reseller_reference,
            item.supplier_reference, item.redeemed_at, item.ticket_code, item.contact,
            item.original_minor, item.retail_minor, item.net_minor, item.taxes
       FROM stored, {_ITEMS}),
{_TELL}
SELECT id FROM stored
"""

SAVE = f"""
WITH stored AS (
     UPDATE bookings_booking
        SET product_id = %(product_id)s, option_id = %(option_id)s,
            departure_id = %(departure_id)s, status = %(status)s,
            reseller_reference = %(reseller_reference)s, updated_at = %(updated_at)s,
            hold_expires_at = %(hold_expires_at)s, confirmed_at = %(confirmed_at)s,
            sale_date = %(sale_date)s, redeemed_at = %(redeemed_at)s,
            cancelled_at = %(cancelled_at)s, cancellation_refund = %(cancellation_refund)s,
            cancellation_initiator = %(cancellation_initiator)s,
            cancellation_reason = %(cancellation_reason)s,
            refund_retail_minor = %(refund_retail_minor)s,
            refund_net_minor = %(refund_net_minor)s, contact = %(contact)s::jsonb,
            notes = %(notes)s, email_receipt = %(email_receipt)s,
            tickets_due_at = %(tickets_due_at)s, tickets_sent_at = %(tickets_sent_at)s,
            voucher_code = %(voucher_code)s,
            places = %(places)s, currency = %(currency)s, original_minor = %(original_minor)s,
            retail_minor = %(retail_minor)s, net_minor = %(net_minor)s, taxes = %(taxes)s::jsonb,
            carried_out = %(carried_out)s::jsonb
      WHERE id = %(id)s
  RETURNING id, uuid, partner_id, test_mode, status),
{_TELL}
SELECT id FROM stored
"""

# A function: the edge's role may not delete from the table itself, see its migration.
REMOVE_ITEMS = """
SELECT bookings_remove_items(%(id)s, %(kept)s::uuid[])
"""

SAVE_ITEMS = f"""
INSERT INTO bookings_unititem AS stored
       (booking_id, uuid, position, unit_id, reseller_reference, supplier_reference,
        redeemed_at, ticket_code, contact, original_minor, retail_minor, net_minor, taxes,
        refund_retail_minor, refund_net_minor)
SELECT %(id)s, item.uuid, item.position, item.unit_id, item.reseller_reference,
       item.supplier_reference, item.redeemed_at, item.ticket_code, item.contact,
       item.original_minor, item.retail_minor, item.net_minor, item.taxes,
       item.refund_retail_minor, item.refund_net_minor
  FROM {_ITEMS}
    ON CONFLICT (booking_id, uuid) DO UPDATE
   SET position = EXCLUDED.position, unit_id = EXCLUDED.unit_id,
       reseller_reference = EXCLUDED.reseller_reference,
       supplier_reference = EXCLUDED.supplier_reference, redeemed_at = EXCLUDED.redeemed_at,
       ticket_code = EXCLUDED.ticket_code, contact = EXCLUDED.contact,
       original_minor = EXCLUDED.original_minor, retail_minor = EXCLUDED.retail_minor,
       net_minor = EXCLUDED.net_minor, taxes = EXCLUDED.taxes,
       refund_retail_minor = EXCLUDED.refund_retail_minor,
       refund_net_minor = EXCLUDED.refund_net_minor
"""


class SqlBookingStore:
    """Bookings from ``database``; ``availability`` and ``catalog`` share its connection."""

    def __init__(self, database: Database, availability: SqlAvailabilityStore) -> None:
        self._database = database
        self.availability = availability

    @property
    def catalog(self) -> SqlCatalogStore:
        return self.availability.catalog

    async def get(self, uuid: UUID, access: Access, *, now: datetime) -> Booking | None:
        own = _own(access) | {"uuid": uuid}
        found = await self._load(GET, own | {"now": now})
        if not found and await self._database.fetch_one(IS_THERE, own):
            raise RowUnreadable("booking", uuid)
        return found[0] if found else None

    async def get_locked(self, uuid: UUID, access: Access, *, now: datetime) -> Booking | None:
        if await self._database.fetch_one(LOCK, _own(access) | {"uuid": uuid}) is None:
            return None
        return await self.get(uuid, access, now=now)

    async def search(
        self, search: BookingFilter, access: Access, *, limit: int, now: datetime
    ) -> list[Booking]:
        asked_for = {name: it for name, it in search.parameters().items() if it is not None}
        return await self._load(
            search_statement(asked_for),
            _own(access) | asked_for | {"limit": limit, "now": now},
        )

    async def hold_limits(self, partner_id: PartnerId) -> HoldLimits:
        row = await self._database.fetch_one(HOLD_LIMITS, {"partner_id": partner_id})
        if row is None:
            raise LookupError(f"partner {partner_id} is gone")
        return HoldLimits(*row)

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
        places: int = row[0]
        return places

    async def earlier_reservation(self, uuid: UUID, access: Access) -> bytes | None:
        row = await self._database.fetch_one(EARLIER_RESERVATION, _own(access) | {"uuid": uuid})
        return None if row is None else bytes(row[0])

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
        return None if row is None else BookingId(row[0])

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

    async def departures_with_expired_holds(
        self, *, now: datetime, limit: int
    ) -> list[DepartureId | None]:
        rows = await self._database.fetch_all(
            DEPARTURES_WITH_EXPIRED_HOLDS, {"now": now, "limit": limit}
        )
        return [row[0] for row in rows]

    async def expire_undated_holds(self, *, now: datetime) -> None:
        await self._database.execute(EXPIRE_UNDATED_HOLDS, {"now": now})

    async def _load(self, statement: str, parameters: Mapping[str, Any]) -> list[Booking]:
        rows = await self._database.fetch_all(statement, parameters)
        if not rows:
            return []
        revisions = {ProductId(row[0]): row[1] for row in rows}
        products = await self.catalog.products(revisions, parameters["partner_id"])
        return read_each(
            rows,
            lambda row: booking_from(row, products[row[0]]),
            kind="booking",
            id_of=itemgetter(2),
        )


def _own(access: Access) -> dict[str, Any]:
    """Return the parameters that restrict a statement to one partner's live or test bookings."""
    return {"partner_id": access.partner_id, "test_mode": access.test_mode}
