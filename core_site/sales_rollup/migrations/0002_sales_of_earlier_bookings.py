"""Add up the bookings from before, while others are made.

Each statement sees one snapshot of the bookings and of the differences noted since the triggers are
there: what it subtracts, the differences add. It runs before any worker folds them.
"""

from django.db import migrations

_SALES = """
SELECT part.sale_date, booking.product_id, booking.partner_id, booking.currency, part.month,
       part.sold_bookings, part.sold_cancelled, part.sold_retail_minor, part.sold_net_minor,
       part.owed_bookings, part.owed_net_minor, part.owed_minor
  FROM bookings_booking AS booking
  LEFT JOIN catalog_departure AS departure ON departure.id = booking.departure_id,
       sales_rollup_parts(booking, departure.local_date) AS part
 UNION ALL
SELECT sale_date, product_id, partner_id, currency, month,
       -sold_bookings, -sold_cancelled, -sold_retail_minor, -sold_net_minor,
       -owed_bookings, -owed_net_minor, -owed_minor
  FROM sales_rollup_salechange
"""

DAYS = f"""
INSERT INTO sales_rollup_soldday
       (day, product_id, partner_id, currency, bookings, cancelled, retail_minor, net_minor)
SELECT sale_date, product_id, partner_id, currency, sum(sold_bookings), sum(sold_cancelled),
       sum(sold_retail_minor), sum(sold_net_minor)
  FROM ({_SALES}) AS sale
 WHERE sale_date IS NOT NULL
 GROUP BY GROUPING SETS ((sale_date, currency), (sale_date, product_id, currency),
                         (sale_date, partner_id, currency))
"""

MONTHS = f"""
INSERT INTO sales_rollup_owedmonth
       (partner_id, month, currency, bookings, net_minor, owed_minor)
SELECT partner_id, month, currency, sum(owed_bookings), sum(owed_net_minor), sum(owed_minor)
  FROM ({_SALES}) AS sale
 WHERE month IS NOT NULL
 GROUP BY partner_id, month, currency
"""


class Migration(migrations.Migration):
    dependencies = [("sales_rollup", "0001_initial")]

    operations = [
        migrations.RunSQL(DAYS, "DELETE FROM sales_rollup_soldday"),
        migrations.RunSQL(MONTHS, "DELETE FROM sales_rollup_owedmonth"),
    ]
