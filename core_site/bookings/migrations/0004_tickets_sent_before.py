"""Fill in when tickets were sent last, from the events that told of it."""

from django.db import migrations

# What the history says of a booking is what happened to it; this is not one of those things.
FILL_IN = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE bookings_booking DISABLE TRIGGER USER;
UPDATE bookings_booking AS booking
   SET tickets_sent_at = sent.last_at
  FROM (SELECT booking_uuid, max(created_at) AS last_at
          FROM events_event
         WHERE type = 'booking.tickets_sent'
         GROUP BY booking_uuid) AS sent
 WHERE sent.booking_uuid = booking.uuid;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE bookings_booking ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("bookings", "0003_tickets_sent_at"),
        ("events", "0001_initial"),
    ]

    operations = [migrations.RunSQL(FILL_IN, migrations.RunSQL.noop)]
