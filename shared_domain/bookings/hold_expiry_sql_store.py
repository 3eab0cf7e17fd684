"""The statements by which the worker finds and notes what has lapsed."""

from shared_domain.availability.sql_store import EXPIRES_AT, IS_EXPIRED

DEPARTURES_WITH_EXPIRED_HOLDS = f"""
SELECT hold.departure_id
  FROM bookings_booking AS hold
  LEFT JOIN catalog_departure AS departure ON departure.id = hold.departure_id
 WHERE {IS_EXPIRED}
 GROUP BY hold.departure_id
 ORDER BY min({EXPIRES_AT})
 LIMIT %(limit)s
"""

EXPIRE_UNDATED_HOLDS = """
WITH lapsed AS (
     SELECT id
       FROM bookings_booking
      WHERE departure_id IS NULL AND status = 'ON_HOLD' AND hold_expires_at <= %(now)s
        FOR NO KEY UPDATE SKIP LOCKED),
expired AS (
     UPDATE bookings_booking AS booking
        SET status = 'EXPIRED', updated_at = %(now)s
       FROM lapsed
      WHERE booking.id = lapsed.id
  RETURNING booking.partner_id, booking.test_mode, booking.uuid)
INSERT INTO events_event (partner_id, test_mode, type, booking_uuid, data)
SELECT partner_id, test_mode, 'booking.expired', uuid, '{"status": "EXPIRED"}' FROM expired
"""
