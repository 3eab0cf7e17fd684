"""Canary writes are settled by idempotency records, as every other write of the edge.

An edge of the release before, still running, loses nothing by it: its canary fails before it has
stored anything, and Django answers.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("endpoints", "0004_crossing_writes"),
    ]

    operations = [
        migrations.DeleteModel("CanaryWrite"),
    ]
