"""Fill in the terms of bookings from before, in small transactions while others are made.

A run that is interrupted is finished by the next: what has terms is left alone.
"""

from django.db import migrations, transaction

BATCH = 2_000

_NEXT = """
SELECT count(search_write_terms(booking.id)), max(booking.id)
  FROM (SELECT id FROM bookings_booking WHERE id > %s ORDER BY id LIMIT %s) AS booking
"""


def fill(apps, schema_editor):
    last = 0
    while last is not None:
        with transaction.atomic(), schema_editor.connection.cursor() as cursor:
            cursor.execute(_NEXT, [last, BATCH])
            _, last = cursor.fetchone()


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("search", "0001_initial")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
