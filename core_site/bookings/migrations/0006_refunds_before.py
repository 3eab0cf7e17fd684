"""Freeze what earlier cancellations gave back, and the days of earlier sales.

Until now statements worked both out when they were read. This is their own rule, applied for the
last time, so that no month that was billed changes: a share of the price by the option's terms as
they were at that moment, with what is kept rounded half up, and the day by the product's own clock.
Every cancellation was judged as the partner's own until now, also when staff pressed the button.
"""

from django.db import migrations

from shared_domain.time_zones import zone

# What the history says of a booking is what happened to it; this is not one of those things. A row
# that is changed twice in one transaction waits for its foreign keys to be checked, and a table
# with rows that wait cannot be altered: so they are checked first.
HISTORY_OFF = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE bookings_booking DISABLE TRIGGER USER;
ALTER TABLE bookings_unititem DISABLE TRIGGER USER;
"""
HISTORY_ON = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE bookings_booking ENABLE TRIGGER USER;
ALTER TABLE bookings_unititem ENABLE TRIGGER USER;
"""

# Kept, in per cent, of every cancelled booking. Where the history of its option does not reach
# back that far, the option as it is has to do.
KEPT = """
CREATE TEMPORARY TABLE kept_before ON COMMIT DROP AS
SELECT booking.id AS booking_id,
       CASE booking.cancellation_refund
            WHEN 'FULL' THEN 0
            WHEN 'NONE' THEN 100
            ELSE 100 - coalesce(
                 (SELECT event.late_refund_percent
                    FROM catalog_optionevent AS event
                   WHERE event.pgh_obj_id = booking.option_id
                     AND event.pgh_created_at <= booking.cancelled_at
                   ORDER BY event.pgh_created_at DESC, event.pgh_id DESC
                   LIMIT 1), option.late_refund_percent) END AS percent
  FROM bookings_booking AS booking
  JOIN catalog_option AS option ON option.id = booking.option_id
 WHERE booking.status = 'CANCELLED'
"""

BOOKINGS = """
UPDATE bookings_booking AS booking
   SET cancellation_initiator = 'PARTNER',
       refund_retail_minor = booking.retail_minor
                           - (booking.retail_minor * kept.percent * 2 + 100) / 200,
       refund_net_minor = booking.net_minor - (booking.net_minor * kept.percent * 2 + 100) / 200
  FROM kept_before AS kept
 WHERE kept.booking_id = booking.id
"""

# A ticket gets what the refund grows by when it is added, so that the tickets add up.
ITEMS = """
UPDATE bookings_unititem AS item
   SET refund_retail_minor = item.retail_minor
                           - (share.retail_after - share.retail_before),
       refund_net_minor = item.net_minor - (share.net_after - share.net_before)
  FROM (SELECT sum_before.id,
               (sum_before.retail * sum_before.percent * 2 + 100) / 200 AS retail_after,
               ((sum_before.retail - sum_before.own_retail) * sum_before.percent * 2 + 100) / 200
                    AS retail_before,
               (sum_before.net * sum_before.percent * 2 + 100) / 200 AS net_after,
               ((sum_before.net - sum_before.own_net) * sum_before.percent * 2 + 100) / 200
                    AS net_before
          FROM (SELECT item.id, kept.percent, item.retail_minor AS own_retail,
                       item.net_minor AS own_net,
                       (sum(item.retail_minor) OVER tickets)::bigint AS retail,
                       (sum(item.net_minor) OVER tickets)::bigint AS net
                  FROM bookings_unititem AS item
                  JOIN kept_before AS kept ON kept.booking_id = item.booking_id
                 WHERE item.retail_minor IS NOT NULL
                WINDOW tickets AS (PARTITION BY item.booking_id
                                   ORDER BY item.position, item.id)) AS sum_before) AS share
 WHERE share.id = item.id
"""

SOLD = """
SELECT booking.id, booking.confirmed_at, product.time_zone
  FROM bookings_booking AS booking
  JOIN catalog_product AS product ON product.id = booking.product_id
 WHERE booking.confirmed_at IS NOT NULL
"""

DATES = """
UPDATE bookings_booking AS booking
   SET sale_date = sale.day
  FROM unnest(%s::bigint[], %s::date[]) AS sale (id, day)
 WHERE sale.id = booking.id
"""

AT_A_TIME = 10_000


def freeze_refunds(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(HISTORY_OFF)
        for statement in (KEPT, BOOKINGS, ITEMS):
            cursor.execute(statement)
        cursor.execute(HISTORY_ON)


def date_sales(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(SOLD)
        sold = cursor.fetchall()
        cursor.execute(HISTORY_OFF)
        for start in range(0, len(sold), AT_A_TIME):
            some = sold[start : start + AT_A_TIME]
            days = [confirmed_at.astimezone(zone(name)).date() for _, confirmed_at, name in some]
            cursor.execute(DATES, [[booking_id for booking_id, *_ in some], days])
        cursor.execute(HISTORY_ON)


class Migration(migrations.Migration):
    dependencies = [
        ("bookings", "0005_refunds"),
        ("catalog", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(freeze_refunds, migrations.RunPython.noop),
        migrations.RunPython(date_sales, migrations.RunPython.noop),
    ]
