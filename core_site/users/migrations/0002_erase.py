"""Deleting a user with what stored answers say of it, for the edge too."""

from django.db import migrations

# SECURITY DEFINER: a role that may DELETE from a table may also LOCK it against all others, so the
# edge may not (PostgreSQL's manual, LOCK). The answers stay as "carried out", without content.
ERASE = """
CREATE FUNCTION users_erase(erased uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
    DELETE FROM users_user WHERE id = erased;
    UPDATE idempotency_record
       SET body = NULL, headers = NULL, fingerprint = '{}'
     WHERE subject = erased
$function$;
REVOKE ALL ON FUNCTION users_erase(uuid) FROM PUBLIC;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('idempotency', '0002_partitions'),
        ('users', '0001_squashed_0005_test_users'),
    ]

    operations = [migrations.RunSQL(ERASE, "DROP FUNCTION users_erase(uuid)")]
