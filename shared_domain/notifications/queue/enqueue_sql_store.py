"""SQL that writes notifications for the next events of the log into the queue."""

from collections.abc import Collection

from shared_domain.events import PUBLISHED_AS

# The departures of which a booking's event changes the vacancies: its own, the one that it left,
# and those that share a boat, guide or equipment with either at the time.
_DEPARTURES = """
booked AS MATERIALIZED (
     SELECT event.position, event.test_mode, departure.id, departure.option_id,
            departure.local_date, departure.has_resources
       FROM news AS event
      CROSS JOIN LATERAL (
            SELECT booking.departure_id AS id
              FROM bookings_booking AS booking
             WHERE booking.uuid = event.booking_uuid AND booking.partner_id = event.partner_id
               AND booking.test_mode = event.test_mode
             UNION
            SELECT (event.data ->> 'departureBefore')::bigint) AS concerned
      CROSS JOIN LATERAL (
            SELECT departure.id, departure.option_id, departure.local_date, departure.has_resources
              FROM catalog_departure AS departure
             WHERE departure.id = concerned.id
            OFFSET 0) AS departure
      WHERE event.type = ANY(%(moves_places)s)),
touched AS (
     SELECT position, test_mode, option_id, local_date FROM booked
      UNION
     SELECT booked.position, booked.test_mode, other.option_id, other.local_date
       FROM booked
       JOIN resources_assignment AS own ON own.departure_id = booked.id
       JOIN resources_assignment AS shared
            ON shared.resource_id = own.resource_id AND shared.during && own.during
      CROSS JOIN LATERAL (
            SELECT other.option_id, other.local_date
              FROM catalog_departure AS other
             WHERE other.id = shared.departure_id
            OFFSET 0) AS other
      WHERE booked.has_resources AND NOT booked.test_mode)"""

# LIMIT 1 tells PostgreSQL of the tables' one row: before their first ANALYZE it would plan for
# thousands, and compile the statement where it may (jit).
#
# One worker at a time; another one that comes meanwhile has nothing to do. What is added is in one
# order, in which TAKE locks as well, so that the two do not wait for each other.
TELL = f"""
WITH progress AS MATERIALIZED (
     SELECT id, position FROM notifications_progress LIMIT 1 FOR UPDATE SKIP LOCKED),
span AS MATERIALIZED (
     SELECT progress.id, progress.position AS after,
            least(log.last_position, progress.position + %(most)s) AS upto
       FROM progress, (SELECT last_position FROM events_log LIMIT 1) AS log),
news AS MATERIALIZED (
     SELECT event.position, event.partner_id, event.test_mode, event.type, event.booking_uuid,
            event.product_id, event.data
       FROM span
       JOIN events_event AS event
            ON event.position > span.after AND event.position <= span.upto),
{_DEPARTURES},
changes AS MATERIALIZED (
     SELECT 'BOOKING_UPDATE' AS kind, partner_id, test_mode, booking_uuid,
            NULL::bigint AS product_id, NULL AS code, NULL::date AS first_date,
            NULL::date AS last_date, true AS is_of_inactive, max(position) AS position
       FROM news
      WHERE type = ANY(%(of_bookings)s)
      GROUP BY partner_id, test_mode, booking_uuid
      UNION ALL
     SELECT 'PRODUCT_UPDATE', partner_id, test_mode, NULL, product_id,
            max(data ->> 'productId'), NULL, NULL, bool_or(type = 'product.removed'), max(position)
       FROM news
      WHERE type = ANY(%(of_products)s)
      GROUP BY partner_id, test_mode, product_id
      UNION ALL
     SELECT 'AVAILABILITY_UPDATE', NULL, test_mode, NULL, product_id, NULL, min(first_date),
            max(last_date), false, max(position)
       FROM (SELECT news.position, news.test_mode, news.product_id,
                    least(coalesce(data ->> 'localDateStart', data ->> 'localDate')::date,
                          (data -> 'before' ->> 'localDate')::date) AS first_date,
                    greatest(coalesce(data ->> 'localDateEnd', data ->> 'localDate')::date,
                             (data -> 'before' ->> 'localDate')::date) AS last_date
               FROM news
              WHERE type = ANY(%(of_availability)s)
              UNION ALL
             SELECT touched.position, touched.test_mode, option.product_id, touched.local_date,
                    touched.local_date
               FROM touched
               JOIN catalog_option AS option ON option.id = touched.option_id) AS dates
      GROUP BY test_mode, product_id),
heard AS MATERIALIZED (
     SELECT partner_id, kind, test_mode, booking_uuid, product_id, code, first_date, last_date,
            position, is_of_inactive
       FROM changes WHERE partner_id IS NOT NULL
      UNION ALL
     SELECT terms.partner_id, kind, test_mode, booking_uuid, changes.product_id, code,
            first_date, last_date, position, is_of_inactive
       FROM changes
       JOIN catalog_partnerterms AS terms ON terms.product_id = changes.product_id
      WHERE changes.partner_id IS NULL),
wanted AS (
     SELECT subscription.id AS subscription_id, heard.kind,
            coalesce(heard.booking_uuid::text, heard.product_id::text) AS subject,
            max(coalesce(product.code, heard.code)) AS product_code, heard.booking_uuid,
            min(heard.first_date) AS first_date, max(heard.last_date) AS last_date
       FROM heard
       JOIN notifications_subscription AS subscription
            ON subscription.partner_id = heard.partner_id
               AND (heard.test_mode IS NULL OR heard.test_mode = subscription.test_mode)
               AND heard.kind = ANY(subscription.notification_types)
       JOIN notifications_queue AS queue
            ON queue.subscription_id = subscription.id AND queue.begins_after < heard.position
       JOIN partners_partner AS partner
            ON partner.id = subscription.partner_id AND partner.is_active
       LEFT JOIN catalog_product AS product ON product.id = heard.product_id
      WHERE subscription.disabled_by = '' AND subscription.removed_at IS NULL
        AND (heard.is_of_inactive OR product.is_active)
      GROUP BY subscription.id, heard.kind, heard.booking_uuid, heard.product_id),
stored AS (
     INSERT INTO notifications_notification AS waiting
            (public_id, subscription_id, kind, subject, product_code, booking_uuid,
             local_date_start, local_date_end, state, next_attempt_at, created_at)
     SELECT gen_random_uuid(), wanted.subscription_id, wanted.kind, wanted.subject,
            coalesce(wanted.product_code, ''), wanted.booking_uuid, wanted.first_date,
            wanted.last_date, 'waiting', greatest(now(), CASE wanted.kind
            WHEN 'AVAILABILITY_UPDATE' THEN (
                 SELECT earlier.last_attempt_at + %(pace)s::interval
                   FROM notifications_notification AS earlier
                  WHERE earlier.subscription_id = wanted.subscription_id
                    AND earlier.kind = wanted.kind AND earlier.subject = wanted.subject
                  ORDER BY earlier.id DESC
                  LIMIT 1) END), now()
       FROM wanted
      ORDER BY wanted.subscription_id, wanted.kind, wanted.subject
         ON CONFLICT (subscription_id, kind, subject) WHERE state = 'waiting' AND attempts = 0
         DO UPDATE
        SET local_date_start = least(waiting.local_date_start, excluded.local_date_start),
            local_date_end = greatest(waiting.local_date_end, excluded.local_date_end)
     RETURNING subscription_id, next_attempt_at, xmax = 0 AS is_new),
added AS MATERIALIZED (
     SELECT queue.subscription_id, added.first
       FROM (SELECT subscription_id, min(next_attempt_at) AS first
               FROM stored WHERE is_new GROUP BY subscription_id) AS added
       JOIN notifications_queue AS queue ON queue.subscription_id = added.subscription_id
      ORDER BY queue.subscription_id
        FOR UPDATE OF queue),
marked AS (
     UPDATE notifications_queue AS queue
        SET wakeups = queue.wakeups + 1,
            due_at = CASE WHEN queue.claim IS NOT NULL THEN queue.due_at
                          ELSE least(queue.due_at, greatest(queue.resume_at, added.first)) END
       FROM added
      WHERE queue.subscription_id = added.subscription_id)
UPDATE notifications_progress
   SET position = span.upto
  FROM span
 WHERE notifications_progress.id = span.id AND span.upto > span.after
RETURNING notifications_progress.position
"""


def _stored_types(*subjects: str, without: Collection[str] = ()) -> list[str]:
    return [
        stored.value
        for stored, published in PUBLISHED_AS.items()
        if published.subject in subjects and published.value not in without
    ]


_DEPARTURES_CAME_OR_WENT = ["product.departures_added", "product.departures_removed"]

#: By the type of the event, as it is stored: what it is about, and which of a booking's events
#: change how many places are free.
TOLD_OF = {
    "of_bookings": _stored_types("booking"),
    "of_products": _stored_types("product", "price", without=_DEPARTURES_CAME_OR_WENT),
    "of_availability": [*_stored_types("departure"), *_DEPARTURES_CAME_OR_WENT],
    "moves_places": _stored_types(
        "booking",
        without=(
            *("booking.confirmed", "booking.pending", "booking.accepted", "booking.redeemed"),
            *("booking.redemption_undone", "booking.tickets_sent"),
        ),
    ),
}
