"""Notices of moved departures in PostgreSQL: one row for each booking with a due notice."""

import json
from datetime import datetime

from shared_domain.availability import (
    DepartureTimes,
    departure_times_to_json,
    parse_departure_times,
)
from shared_domain.bookings.model import BookingId
from shared_domain.bookings.move_notices.services import MoveNotice
from shared_domain.database import Database
from shared_domain.events import EventType
from shared_domain.partners import Access, PartnerId
from shared_domain.rows import by_name, select_list, table_columns

DUE = """
SELECT notice.booking_id, booking.supplier_reference
  FROM bookings_movenotice AS notice
  JOIN bookings_booking AS booking ON booking.id = notice.booking_id
 WHERE notice.due_at <= %(now)s AND booking.status <> 'ON_HOLD'
 ORDER BY notice.due_at, notice.booking_id
"""

_NOTICE_COLUMNS = {
    "booking_id": "booking.id",
    **table_columns("booking", ("uuid", "partner_id", "test_mode")),
    **table_columns("notice", ("due_at", "before", "message")),
}

LOCK_NOTICE = f"""
SELECT {select_list(_NOTICE_COLUMNS)}
  FROM bookings_booking AS booking
  JOIN bookings_movenotice AS notice ON notice.booking_id = booking.id
 WHERE booking.id = %(booking_id)s
   FOR NO KEY UPDATE OF booking, notice SKIP LOCKED
"""

QUEUE = """
INSERT INTO bookings_movenotice (booking_id, due_at, before, message)
VALUES (%(booking_id)s, %(now)s, %(before)s::jsonb, %(message)s)
    ON CONFLICT (booking_id) DO UPDATE
    SET due_at = EXCLUDED.due_at,
        message = coalesce(nullif(EXCLUDED.message, ''), bookings_movenotice.message)
"""

SETTLE = """
WITH settled AS (
     DELETE FROM bookings_movenotice WHERE booking_id = %(booking_id)s RETURNING booking_id)
INSERT INTO events_event (partner_id, test_mode, type, booking_uuid, data)
SELECT booking.partner_id, booking.test_mode, %(event)s, booking.uuid,
       jsonb_build_object('status', booking.status)
  FROM settled
  JOIN bookings_booking AS booking ON booking.id = settled.booking_id
 WHERE %(is_sent)s
"""


class SqlMoveNoticeStore:
    """Notices on the caller's connection and transaction; the worker's own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, *, now: datetime) -> list[tuple[BookingId, str]]:
        rows = await self._database.fetch_all(DUE, {"now": now})
        return [(BookingId(booking_id), reference) for booking_id, reference in rows]

    async def lock(self, booking_id: BookingId) -> MoveNotice | None:
        row = await self._database.fetch_one(LOCK_NOTICE, {"booking_id": booking_id})
        if row is None:
            return None
        values = by_name(_NOTICE_COLUMNS, row)
        return MoveNotice(
            booking_id=BookingId(values["booking_id"]),
            uuid=values["uuid"],
            access=Access(
                partner_id=PartnerId(values["partner_id"]), test_mode=values["test_mode"]
            ),
            due_at=values["due_at"],
            before=parse_departure_times(json.loads(values["before"])),
            message=values["message"],
        )

    async def settle(self, booking_id: BookingId, *, is_sent: bool) -> None:
        await self._database.execute(
            SETTLE,
            {
                "booking_id": booking_id,
                "is_sent": is_sent,
                "event": EventType.MOVE_NOTICE_SENT.value,
            },
        )

    async def queue(
        self, booking_id: BookingId, before: DepartureTimes, *, message: str, now: datetime
    ) -> None:
        parameters = {
            "booking_id": booking_id,
            "before": json.dumps(departure_times_to_json(before)),
            "message": message,
            "now": now,
        }
        await self._database.execute(QUEUE, parameters)
