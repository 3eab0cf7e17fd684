"""Spells statuses and marks as the pages do; nothing in the database changes."""

from django.db import migrations, models

_STATUSES = [
    ("ON_HOLD", "On hold"),
    ("CONFIRMED", "Confirmed"),
    ("EXPIRED", "Expired"),
    ("CANCELLED", "Cancelled"),
    ("REDEEMED", "Redeemed"),
    ("PENDING", "Pending"),
    ("REJECTED", "Rejected"),
]


class Migration(migrations.Migration):
    dependencies = [("bookings", "0022_indexes_in_use")]

    operations = [
        *(
            migrations.AlterField(
                model, "status", models.CharField(choices=_STATUSES, max_length=16)
            )
            for model in ("booking", "bookingevent")
        ),
        *(
            migrations.AlterField(
                model,
                "attendance",
                models.CharField(
                    blank=True,
                    choices=[("LATE", "Late"), ("NO_SHOW", "No-show")],
                    help_text="What was noted on the manifest; a redeemed ticket counts before it.",
                    max_length=8,
                    null=True,
                ),
            )
            for model in ("unititem", "unititemevent")
        ),
    ]
