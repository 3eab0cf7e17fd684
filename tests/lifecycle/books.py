"""The accounts: what must be true of the rows after every step."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

BOOKINGS = """
SELECT booking.uuid, booking::text || coalesce((
         SELECT string_agg(item::text, ',' ORDER BY item.position)
           FROM bookings_unititem AS item WHERE item.booking_id = booking.id), ''),
       booking.status,
       (SELECT count(*) FROM events_event AS event WHERE event.booking_uuid = booking.uuid),
       (SELECT event.type || (event.data->>'status')
          FROM events_event AS event WHERE event.booking_uuid = booking.uuid
         ORDER BY event.id DESC LIMIT 1)
  FROM bookings_booking AS booking
"""

MISCOUNTED = """
SELECT departure.id, departure.reserved, departure.capacity, taken.places
  FROM catalog_departure AS departure,
       LATERAL (SELECT coalesce(sum(booking.places), 0) AS places
                  FROM bookings_booking AS booking
                 WHERE booking.departure_id = departure.id AND NOT booking.test_mode
                   AND booking.status IN ('ON_HOLD', 'PENDING', 'CONFIRMED', 'REDEEMED')) AS taken
 WHERE departure.reserved <> taken.places OR departure.reserved > departure.capacity
"""

MISPLACED = """
SELECT booking.uuid, booking.places, party.places, party.positions
  FROM bookings_booking AS booking
 CROSS JOIN LATERAL (
       SELECT sum(unit.pax_count) AS places, count(*) AS items,
              count(DISTINCT item.position) AS positions, max(item.position) AS last,
              count(DISTINCT item.supplier_reference) AS refs,
              bool_and(unit.option_id = booking.option_id) AS is_of_option
         FROM bookings_unititem AS item JOIN catalog_unit AS unit ON unit.id = item.unit_id
        WHERE item.booking_id = booking.id) AS party
  LEFT JOIN catalog_departure AS departure ON departure.id = booking.departure_id
  JOIN catalog_option AS option ON option.id = booking.option_id
  JOIN catalog_product AS product ON product.id = booking.product_id
 WHERE booking.places <> CASE WHEN booking.departure_id IS NULL THEN 0 ELSE party.places END
    OR party.refs <> party.items OR party.positions <> party.items
    OR party.last <> party.items - 1 OR NOT party.is_of_option
    OR departure.option_id <> booking.option_id OR option.product_id <> booking.product_id
    OR booking.departure_id IS NULL AND product.availability_required
"""

#: Held past the ceiling of the whole hold, or past the slot's booking cut-off.
HELD_TOO_LONG = """
SELECT booking.uuid, booking.created_at, booking.hold_expires_at
  FROM bookings_booking AS booking
  JOIN partners_partner AS partner ON partner.id = booking.partner_id
  LEFT JOIN catalog_departure AS departure ON departure.id = booking.departure_id
 WHERE booking.hold_expires_at
       > booking.created_at + partner.max_hold_minutes * interval '1 minute'
    OR booking.status = 'ON_HOLD' AND booking.hold_expires_at > departure.booking_cutoff_at
"""

MONEY = """
SELECT booking.uuid, product.pricing_per,
       booking.original_minor, booking.retail_minor, booking.net_minor, booking.taxes::text,
       (SELECT json_agg(json_build_array(
                 item.original_minor, item.retail_minor, item.net_minor, item.taxes))
          FROM bookings_unititem AS item WHERE item.booking_id = booking.id)::text
  FROM bookings_booking AS booking
  JOIN catalog_product AS product ON product.id = booking.product_id
"""

REFUNDS = """
SELECT booking.uuid, booking.status, booking.cancellation_refund, booking.retail_minor,
       booking.net_minor, booking.refund_retail_minor, booking.refund_net_minor,
       (SELECT json_agg(json_build_array(item.retail_minor, item.net_minor,
                                         item.refund_retail_minor, item.refund_net_minor))
          FROM bookings_unititem AS item WHERE item.booking_id = booking.id)::text
  FROM bookings_booking AS booking
"""

EVENTS = "SELECT count(*), max(id) FROM events_event"

DEPARTURES = (
    "SELECT string_agg(departure::text, ',' ORDER BY id) FROM catalog_departure AS departure"
)


@dataclass(frozen=True)
class Entry:
    """A booking with its items as text, and what was told of it."""

    text: str
    status: str
    told: int
    last_told: str


def rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def all_bookings() -> dict[Any, Entry]:
    return {uuid: Entry(*entry) for uuid, *entry in rows(BOOKINGS)}


def everything() -> tuple[Any, ...]:
    """Return all that a refusal must leave alone."""
    return all_bookings(), rows(EVENTS), rows(DEPARTURES)


def check_places() -> None:
    assert rows(MISCOUNTED) == []
    assert rows(MISPLACED) == []


def check_holds() -> None:
    assert rows(HELD_TOO_LONG) == []


def check_told_once(before: dict[Any, Entry], after: dict[Any, Entry]) -> None:
    """Every booking that changed has exactly one more event, with its status; the others none."""
    assert before.keys() <= after.keys()
    for uuid, entry in after.items():
        earlier = before.get(uuid, Entry("", "", 0, ""))
        has_changed = entry.text != earlier.text
        assert entry.told - earlier.told == has_changed, (uuid, earlier, entry)
        assert entry.last_told.endswith(entry.status), (uuid, entry)
