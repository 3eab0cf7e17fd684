"""The SQL of the tuned peers; ``$1`` and so on are parameters, as PostgreSQL itself writes them."""

from tests.bench.peers.booking_texts import STORED_TEXTS

KEY = """
SELECT key.partner_id, partner.is_active, partner.max_hold_minutes, key.is_test, key.scopes,
       key.expires_at, key.revoked_at
  FROM partners_apikey AS key
  JOIN partners_partner AS partner ON partner.id = key.partner_id
 WHERE key.digest = $1
"""

#: A product as one partner sees it, whole, as JSON.
PRODUCT = """
SELECT (to_jsonb(product) || jsonb_build_object(
         'commission_basis_points', coalesce(terms.commission_basis_points, 0),
         'option_list', (
           SELECT jsonb_agg(to_jsonb(option) || jsonb_build_object(
                    'unit_list', (
                      SELECT jsonb_agg(to_jsonb(unit) ORDER BY unit.position, unit.id)
                        FROM catalog_unit AS unit WHERE unit.option_id = option.id),
                    'price_list', (
                      SELECT coalesce(jsonb_agg(to_jsonb(price) ORDER BY price.id), '[]')
                        FROM catalog_price AS price WHERE price.option_id = option.id),
                    'schedule_list', (
                      SELECT coalesce(jsonb_agg(jsonb_build_object(
                               'is_active', schedule.is_active,
                               'start_times', schedule.start_times,
                               'season_end', schedule.season_end)), '[]')
                        FROM catalog_schedule AS schedule WHERE schedule.option_id = option.id))
                  ORDER BY option.position, option.id)
             FROM catalog_option AS option WHERE option.product_id = product.id)))::text
  FROM catalog_product AS product
  LEFT JOIN catalog_partnerterms AS terms
    ON terms.product_id = product.id AND terms.partner_id = $2
 WHERE product.id = $1
"""

VISIBLE_PRODUCT = """
SELECT product.id, product.revision
  FROM catalog_product AS product
  JOIN catalog_partnerterms AS terms ON terms.product_id = product.id
 WHERE terms.partner_id = $1 AND product.code = $2 AND product.is_active
"""

VISIBLE_PRODUCTS = """
SELECT product.id, product.revision
  FROM catalog_product AS product
  JOIN catalog_partnerterms AS terms ON terms.product_id = product.id
 WHERE terms.partner_id = $1 AND product.is_active
 ORDER BY product.code
"""

_BOOKINGS = f"""
SELECT booking.uuid, booking.test_mode, booking.status, booking.supplier_reference,
       booking.reseller_reference, booking.created_at, booking.updated_at, booking.hold_expires_at,
       booking.confirmed_at, booking.redeemed_at, booking.cancelled_at,
       booking.cancellation_refund, booking.cancellation_reason, booking.contact::text,
       booking.notes, booking.user_id,
       booking.voucher_code, booking.currency, booking.original_minor, booking.retail_minor,
       booking.net_minor, booking.taxes::text,
       (SELECT json_agg(json_build_array(item.uuid, item.unit_id, item.reseller_reference,
                        item.supplier_reference, item.redeemed_at, item.ticket_code, item.contact,
                        item.original_minor, item.retail_minor, item.net_minor, item.taxes)
                        ORDER BY item.position)::text
          FROM bookings_unititem AS item WHERE item.booking_id = booking.id),
       booking.option_id, product.id, product.revision,
       departure.availability_id, departure.starts_at, departure.ends_at,
       departure.cutoffs_count_from, departure.booking_cutoff_at, departure.opening_hours::text,
       departure.capacity, departure.max_units, departure.is_open,
       CASE WHEN departure.id IS NULL THEN 0
            WHEN booking.test_mode THEN (
            SELECT coalesce(sum(test.places), 0)::bigint
              FROM bookings_booking AS test
             WHERE test.departure_id = departure.id AND test.partner_id = booking.partner_id
               AND test.test_mode
               AND (test.status IN ('CONFIRMED', 'REDEEMED')
                    OR test.status IN ('ON_HOLD', 'PENDING')
                   AND least(test.hold_expires_at, departure.booking_cutoff_at) > $2))
            ELSE departure.reserved - (
            SELECT coalesce(sum(hold.places), 0)::bigint
              FROM bookings_booking AS hold
             WHERE hold.departure_id = departure.id AND NOT hold.test_mode
               AND hold.status IN ('ON_HOLD', 'PENDING')
               AND least(hold.hold_expires_at, departure.booking_cutoff_at) <= $2) END,
       {", ".join(f"booking.{name}" for name in STORED_TEXTS)}
  FROM bookings_booking AS booking
  JOIN catalog_product AS product ON product.id = booking.product_id
  LEFT JOIN catalog_departure AS departure ON departure.id = booking.departure_id
 WHERE booking.partner_id = $1 AND booking.test_mode = $3
"""

BOOKING = f"{_BOOKINGS}   AND booking.uuid = $4"

BOOKINGS = f"""{_BOOKINGS}
   AND booking.reseller_reference = $4
 ORDER BY booking.id DESC
 LIMIT 1001
"""

#: The days of a calendar: only what a day shows of its departures.
DAYS = """
  WITH expired AS (
       SELECT departure_id, sum(places)::bigint AS places
         FROM bookings_booking
        WHERE status = 'ON_HOLD' AND hold_expires_at <= $4 AND NOT test_mode
        GROUP BY departure_id)
SELECT departure.local_date, departure.capacity,
       departure.reserved - coalesce(expired.places, 0)::bigint,
       departure.is_open AND departure.booking_cutoff_at > $4, departure.opening_hours::text
  FROM catalog_departure AS departure
  LEFT JOIN expired ON expired.departure_id = departure.id
 WHERE departure.option_id = $1 AND departure.local_date BETWEEN $2 AND $3
 ORDER BY departure.starts_at, departure.id
"""

SLOTS = """
  WITH expired AS (
       SELECT departure_id, sum(places)::bigint AS places
         FROM bookings_booking
        WHERE status = 'ON_HOLD' AND hold_expires_at <= $4 AND NOT test_mode
        GROUP BY departure_id)
SELECT departure.availability_id, departure.local_date, departure.starts_at, departure.ends_at,
       departure.booking_cutoff_at, departure.opening_hours::text, departure.capacity,
       departure.max_units, departure.is_open,
       departure.reserved - coalesce(expired.places, 0)::bigint
  FROM catalog_departure AS departure
  LEFT JOIN expired ON expired.departure_id = departure.id
 WHERE departure.option_id = $1 AND departure.local_date BETWEEN $2 AND $3
 ORDER BY departure.starts_at, departure.id
"""

USERS = """
SELECT id, email, age, created_at, updated_at
  FROM users_user
 WHERE partner_id = $1 AND test_mode = $2 AND (created_at, id) < ($3, $4)
 ORDER BY created_at DESC, id DESC
 LIMIT $5
"""

LOCK = """
SELECT departure.id, departure.availability_id, departure.local_date, departure.starts_at,
       departure.ends_at, departure.cutoffs_count_from, departure.booking_cutoff_at,
       departure.opening_hours::text, departure.capacity, departure.reserved, departure.max_units,
       departure.is_open,
       EXISTS (SELECT FROM bookings_booking AS hold
                WHERE hold.departure_id = departure.id AND hold.status = 'ON_HOLD'
                  AND hold.hold_expires_at <= $3)
  FROM catalog_departure AS departure
 WHERE departure.option_id = $1 AND departure.availability_id = $2
   FOR NO KEY UPDATE OF departure
"""

RELEASE = """
WITH lapsed AS (
     SELECT id FROM bookings_booking
      WHERE departure_id = $1 AND status = 'ON_HOLD' AND hold_expires_at <= $2
        FOR NO KEY UPDATE SKIP LOCKED),
expired AS (
     UPDATE bookings_booking AS booking SET status = 'EXPIRED', updated_at = $2
       FROM lapsed WHERE booking.id = lapsed.id
  RETURNING booking.partner_id, booking.test_mode, booking.uuid, booking.places),
recorded AS (
     INSERT INTO events_event (partner_id, test_mode, type, booking_uuid, data)
     SELECT partner_id, test_mode, 'booking.expired', uuid, '{"status": "EXPIRED"}' FROM expired),
released AS (
     SELECT coalesce(sum(places), 0)::bigint AS places FROM expired WHERE NOT test_mode)
UPDATE catalog_departure AS departure SET reserved = reserved - released.places
  FROM released WHERE departure.id = $1
RETURNING departure.reserved
"""

#: The rows of a reservation: booking, items, event, the departure's places, proof of the commit.
RESERVE = """
WITH stored AS (
     INSERT INTO bookings_booking
            (uuid, partner_id, product_id, option_id, departure_id, test_mode, status,
             supplier_reference, reseller_reference, reservation_fingerprint, created_at,
             updated_at, hold_expires_at, contact, notes, email_receipt, places, currency,
             original_minor, retail_minor, net_minor, taxes)
     VALUES ($1, $2, $3, $4, $5, $6, 'ON_HOLD', $7, $8, $9, $10, $10, $11, $12::jsonb, $13, $14,
             $15, $16, $17, $18, $19, $20::jsonb)
  RETURNING id),
added AS (
     INSERT INTO bookings_unititem
            (booking_id, uuid, position, unit_id, supplier_reference, contact, original_minor,
             retail_minor, net_minor, taxes)
     SELECT stored.id, item.uuid, item.position, item.unit_id, item.supplier_reference, '{}',
            item.original_minor, item.retail_minor, item.net_minor, item.taxes
       FROM stored, jsonb_to_recordset($21::jsonb) AS item (
            uuid uuid, position smallint, unit_id bigint, supplier_reference text,
            original_minor bigint, retail_minor bigint, net_minor bigint, taxes jsonb)),
recorded AS (
     INSERT INTO events_event (partner_id, test_mode, type, booking_uuid, data)
     VALUES ($2, $6, 'booking.reserved', $1, '{"status": "ON_HOLD"}')),
moved AS (
     UPDATE catalog_departure SET reserved = reserved + $15 WHERE id = $5 AND NOT $6)
INSERT INTO idempotency_record (id) VALUES ($22)
"""
