"""Lets the index of bookings without a date hold what a statement adds up of them."""

from django.db import migrations

ADD = """
CREATE INDEX booking_undated_sums ON bookings_booking (sale_date)
    INCLUDE (partner_id, currency, net_minor, refund_net_minor, status, confirmed_at,
             cancellation_refund)
 WHERE departure_id IS NULL AND NOT test_mode;
DROP INDEX booking_undated
"""

TAKE_AWAY = """
CREATE INDEX booking_undated ON bookings_booking (sale_date)
 WHERE departure_id IS NULL AND NOT test_mode;
DROP INDEX booking_undated_sums
"""


class Migration(migrations.Migration):
    dependencies = [("statements", "0002_undated_bookings")]

    operations = [migrations.RunSQL(ADD, TAKE_AWAY)]
