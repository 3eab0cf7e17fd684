"""The trigger that tells of a product's local start times, which its schedules hold."""

from pathlib import Path

from django.db import migrations

TRIGGER = Path(__file__).with_name("schedules.sql").read_text(encoding="utf-8")

# The function that was replaced stays as it is: its callers are the same.
DROP_TRIGGER = """
DROP TRIGGER events_record_schedule ON catalog_schedule;
DROP FUNCTION events_record_schedule();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0001_squashed_0012_place'),
        ('events', '0006_acknowledgements'),
    ]

    operations = [migrations.RunSQL(TRIGGER, DROP_TRIGGER)]
