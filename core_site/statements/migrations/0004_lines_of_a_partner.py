"""Finds a partner's bookings without a date by day of sale, and keeps no sums in indexes any more.

What revenue and statements add up is in the roll-up of sales. The list of bookings is still filtered
by days of sale, currency, product and partner.
"""

from django.db import migrations

ADD = """
CREATE INDEX booking_undated_of_partner ON bookings_booking (partner_id, sale_date, id)
 WHERE departure_id IS NULL AND NOT test_mode;
CREATE INDEX booking_sold ON bookings_booking (sale_date, id)
    INCLUDE (product_id, partner_id, currency)
 WHERE confirmed_at IS NOT NULL AND NOT test_mode;
DROP INDEX booking_undated_sums;
DROP INDEX booking_sales;
"""

TAKE_AWAY = """
CREATE INDEX booking_undated_sums ON bookings_booking (sale_date)
    INCLUDE (partner_id, currency, net_minor, refund_net_minor, status, confirmed_at,
             cancellation_refund)
 WHERE departure_id IS NULL AND NOT test_mode;
CREATE INDEX booking_sales ON bookings_booking (sale_date)
    INCLUDE (product_id, partner_id, currency, status, retail_minor, refund_retail_minor,
             net_minor, refund_net_minor)
 WHERE confirmed_at IS NOT NULL AND NOT test_mode;
DROP INDEX booking_undated_of_partner;
DROP INDEX booking_sold;
"""


class Migration(migrations.Migration):
    dependencies = [("statements", "0001_squashed_0003_undated_sums"), ("sales_rollup", "0001_initial")]

    operations = [migrations.RunSQL(ADD, TAKE_AWAY)]
