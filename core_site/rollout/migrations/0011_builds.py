"""Builds: a fingerprint of the edge beside the release of a Django, and when they ran."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("endpoints", "0010_callers_by_name")]

    operations = [
        migrations.CreateModel(
            name="Build",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("site", models.CharField(blank=True, default="", max_length=100)),
                ("edge", models.CharField(max_length=64)),
                ("release", models.CharField(max_length=64)),
                ("first_seen_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("heard_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-last_seen_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("site", "edge", "release"), name="build_is_one")
                ],
            },
        ),
    ]
