"""Finds a departure's bookings by partner; sums of sales have tables of their own.

The index it replaces held all that statements added up, so that each booking wrote that twice.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0001_squashed_0023_words_of_choices")]

    operations = [
        migrations.AddIndex(
            "booking",
            models.Index(
                fields=["departure", "partner", "status"], name="booking_of_departures_partner"
            ),
        ),
        migrations.RemoveIndex("booking", "booking_by_departure"),
    ]
