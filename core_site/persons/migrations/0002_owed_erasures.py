"""A user that is deleted leaves its bookings' guests to be erased, by either half alike."""

from django.db import migrations, models

# As before, and the erasure of the bookings' guests is owed. Always, since a reservation that has
# not been committed may name the user; the worker settles it.
ERASE = """
CREATE OR REPLACE FUNCTION users_erase(erased uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
    DELETE FROM users_user WHERE id = erased;
    UPDATE idempotency_record
       SET body = NULL, headers = NULL, fingerprint = '{}'
     WHERE subject = erased;
    INSERT INTO persons_owederasure (user_id, owed_since, due_at)
    VALUES (erased, statement_timestamp(), statement_timestamp())
        ON CONFLICT (user_id) DO NOTHING
$function$;
"""

BEFORE = """
CREATE OR REPLACE FUNCTION users_erase(erased uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
    DELETE FROM users_user WHERE id = erased;
    UPDATE idempotency_record
       SET body = NULL, headers = NULL, fingerprint = '{}'
     WHERE subject = erased
$function$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('persons', '0001_initial'),
        ('users', '0002_erase'),
    ]

    operations = [
        migrations.CreateModel(
            name='OwedErasure',
            fields=[
                ('user_id', models.UUIDField(primary_key=True, serialize=False)),
                ('owed_since', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['due_at', 'user_id'], name='erasure_due')],
            },
        ),
        migrations.RunSQL(ERASE, BEFORE),
    ]
