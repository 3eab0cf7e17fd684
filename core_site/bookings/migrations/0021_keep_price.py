"""Adds the permission to keep a booking's price when it is moved."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("bookings", "0020_delete_guestmail")]

    operations: ClassVar = [
        migrations.AlterModelOptions(
            name="booking",
            options={
                "ordering": ["-id"],
                "permissions": [
                    (
                        "view_personal_data",
                        "Can see who travels: contact details, notes and reasons",
                    ),
                    ("sell_booking", "Can make bookings at the desk"),
                    ("oversell", "Can book over capacity or in the past"),
                    ("keep_price", "Can keep a booking's price when moving it"),
                ],
            },
        ),
    ]
