"""Says of the partition of commits that none has a key, so that the look-up of a key passes it by.

It has no index of keys, and is the largest partition: each call with a key read it from end to end.
"""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('idempotency', '0002_partitions'),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE idempotency_record_commit"
            " ADD CONSTRAINT idempotency_record_commit_has_no_key"
            " CHECK (key_digest IS NULL AND subject IS NULL)",
            "ALTER TABLE idempotency_record_commit"
            " DROP CONSTRAINT idempotency_record_commit_has_no_key",
        ),
    ]
