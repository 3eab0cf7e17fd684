"""Give test bookings the places that they take of their partner's test stock; they had none."""

from django.db import migrations

# What the history says of a booking is what happened to it; this is not one of those things.
FILL_IN = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE bookings_booking DISABLE TRIGGER USER;
UPDATE bookings_booking AS booking
   SET places = party.places
  FROM (SELECT item.booking_id, sum(unit.pax_count) AS places
          FROM bookings_unititem AS item
          JOIN catalog_unit AS unit ON unit.id = item.unit_id
         GROUP BY item.booking_id) AS party
 WHERE party.booking_id = booking.id
   AND booking.test_mode AND booking.departure_id IS NOT NULL AND booking.places = 0;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE bookings_booking ENABLE TRIGGER USER;
"""

EMPTY = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE bookings_booking DISABLE TRIGGER USER;
UPDATE bookings_booking SET places = 0 WHERE test_mode;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE bookings_booking ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):
    dependencies = [("bookings", "0008_test_stock")]

    operations = [migrations.RunSQL(FILL_IN, EMPTY)]
