"""A canary's write has an id of its own: a proxy may send one request id twice."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("endpoints", "0002_effects"),
    ]

    operations = [
        migrations.RenameField("canarywrite", "request_id", "id"),
    ]
