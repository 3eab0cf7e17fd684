"""Takes away indexes that no query uses, and lets that of departures answer statements alone.

The search has terms of its own (``core_site.search``); neither addresses nor last names are looked
up in the bookings any more. Departures and partners have indexes that begin with them.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0021_keep_price")]

    operations = [
        migrations.AddIndex(
            "booking",
            models.Index(
                fields=["departure", "status"],
                include=[
                    "partner",
                    "currency",
                    "net_minor",
                    "refund_net_minor",
                    "test_mode",
                    "confirmed_at",
                    "cancellation_refund",
                    "places",
                ],
                name="booking_by_departure",
            ),
        ),
        migrations.AlterField(
            "booking",
            "departure",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bookings",
                to="catalog.departure",
            ),
        ),
        migrations.AlterField(
            "booking",
            "partner",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bookings",
                to="partners.partner",
            ),
        ),
        migrations.RemoveIndex("booking", "booking_of_departure"),
        migrations.RemoveIndex("booking", "booking_by_email"),
        migrations.RemoveIndex("booking", "booking_by_last_name"),
    ]
