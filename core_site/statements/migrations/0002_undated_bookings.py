"""Finds bookings without a date by their day of sale, for the statements of a month."""

from django.db import migrations

ADD = """
CREATE INDEX booking_undated ON bookings_booking (sale_date)
 WHERE departure_id IS NULL AND NOT test_mode
"""


class Migration(migrations.Migration):
    dependencies = [("statements", "0001_initial")]

    operations = [migrations.RunSQL(ADD, "DROP INDEX booking_undated")]
