"""Indexes for the filters and the search of the staff's list of payments."""

from django.contrib.postgres.indexes import OpClass
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [
        migrations.AddIndex(
            "entry", models.Index(fields=["kind", "-id"], name="entry_by_kind")
        ),
        migrations.AddIndex(
            "entry", models.Index(fields=["method", "-id"], name="entry_by_method")
        ),
        migrations.AddIndex(
            "entry",
            models.Index(
                OpClass(models.F("reference"), name="text_pattern_ops"), name="entry_by_reference"
            ),
        ),
    ]
