"""The table is partitioned by day, and its rows hold the answers of idempotent calls."""

from pathlib import Path

from django.db import migrations, models

PARTITIONS = Path(__file__).with_name("partitions.sql").read_text(encoding="utf-8")

#: Back to the table before; what it kept of answers is lost.
WITHOUT_PARTITIONS = """
ALTER TABLE idempotency_record RENAME TO idempotency_record_partitioned;
ALTER INDEX idempotency_record_pkey RENAME TO idempotency_record_partitioned_pkey;
CREATE TABLE idempotency_record (
    id uuid NOT NULL PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT transaction_timestamp(),
    is_given_up boolean NOT NULL DEFAULT false
);
CREATE INDEX idempotency_record_by_age ON idempotency_record (created_at);
INSERT INTO idempotency_record (id, created_at, is_given_up)
SELECT id, created_at, is_given_up FROM idempotency_record_partitioned;
DROP TABLE idempotency_record_partitioned;
DROP FUNCTION idempotency_drop_partition(interval);
DROP FUNCTION idempotency_make_partitions(integer);
DROP FUNCTION idempotency_first_id(date);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('idempotency', '0001_initial'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(PARTITIONS, WITHOUT_PARTITIONS)],
            state_operations=[
                migrations.RemoveIndex(
                    model_name='idempotencyrecord',
                    name='idempotency_record_by_age',
                ),
                migrations.AddField(
                    model_name='idempotencyrecord',
                    name='key_digest',
                    field=models.BinaryField(null=True),
                ),
                migrations.AddField(
                    model_name='idempotencyrecord',
                    name='fingerprint',
                    field=models.JSONField(null=True),
                ),
                migrations.AddField(
                    model_name='idempotencyrecord',
                    name='partner_id',
                    field=models.BigIntegerField(null=True),
                ),
                migrations.AddField(
                    model_name='idempotencyrecord',
                    name='test_mode',
                    field=models.BooleanField(null=True),
                ),
                migrations.AddField(
                    model_name='idempotencyrecord',
                    name='subject',
                    field=models.UUIDField(null=True),
                ),
                migrations.AddField(
                    model_name='idempotencyrecord',
                    name='status',
                    field=models.SmallIntegerField(null=True),
                ),
                migrations.AddField(
                    model_name='idempotencyrecord',
                    name='headers',
                    field=models.JSONField(null=True),
                ),
                migrations.AddField(
                    model_name='idempotencyrecord',
                    name='body',
                    field=models.TextField(null=True),
                ),
            ],
        ),
    ]
