"""The triggers that tell of what schedules set: a product's start times, the end of a sale."""

from pathlib import Path

from django.db import migrations

TRIGGER = Path(__file__).with_name("schedules.sql").read_text(encoding="utf-8")

# What was replaced stays as it is: it is called as before.
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
