"""Indexes for the filters of the staff's list of events."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0002_events_of_tests")]

    operations = [
        migrations.AddIndex(
            "event", models.Index(fields=["type", "-id"], name="event_by_type")
        ),
        migrations.AddIndex(
            "event",
            models.Index(
                fields=["-id"], name="event_of_tests", condition=models.Q(test_mode=True)
            ),
        ),
    ]
