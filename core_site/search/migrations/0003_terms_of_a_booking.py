"""Gives the terms of a booking a name to be joined by; the table stays as it is."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("search", "0002_terms_of_earlier_bookings")]

    operations = [
        migrations.AlterField(
            "bookingterms",
            "booking",
            models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                primary_key=True,
                related_name="search_terms",
                serialize=False,
                to="bookings.booking",
            ),
        ),
    ]
