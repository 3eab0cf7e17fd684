"""Give every user the key by which its address is compared."""

from django.db import migrations

from shared_domain.contact_data import email_key

BATCH = 1000


def fill(apps, schema_editor):
    """Fill the keys in, the oldest user of a partner first.

    Addresses were compared by PostgreSQL's lower() before, which knows fewer of them to be the same.
    A younger user whose key is taken keeps its address; see Note [Two users with one key] in
    shared_domain/users/sql_store.py.
    """
    user_model = apps.get_model("users", "User")
    users = user_model.objects.order_by("partner_id", "created_at", "id").only("partner_id", "email")
    taken, partner_id, batch = set(), None, []
    for user in users.iterator(chunk_size=BATCH):
        if user.partner_id != partner_id:
            partner_id, taken = user.partner_id, set()
        key = email_key(user.email)
        user.email_key = f"{key} {user.id}" if key in taken else key
        taken.add(key)
        batch.append(user)
        if len(batch) == BATCH:
            user_model.objects.bulk_update(batch, ["email_key"])
            batch = []
    user_model.objects.bulk_update(batch, ["email_key"])


class Migration(migrations.Migration):

    dependencies = [
        ("users", "0002_user_email_key"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
