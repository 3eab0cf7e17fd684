"""The search terms of bookings, the normal form of a search, and the triggers that keep the terms."""

import re
from pathlib import Path

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

from core_site.postgresql.create_models import CreateModels

SQL = "\n".join(
    Path(__file__).with_name(name).read_text(encoding="utf-8")
    for name in ("folding.sql", "terms.sql")
)

_CREATED = re.compile(r"^CREATE TRIGGER (\w+)\b.*?\bON (\w+)", re.MULTILINE | re.DOTALL)

DROP = "\n".join(
    [
        *(f"DROP TRIGGER {name} ON {table};" for name, table in _CREATED.findall(SQL)),
        *(f"DROP FUNCTION {name};" for name in re.findall(r"^CREATE FUNCTION (\w+)", SQL, re.M)),
    ]
)


class Migration(migrations.Migration):

    replaces = [('search', '0001_initial'), ('search', '0002_terms_of_earlier_bookings'), ('search', '0003_terms_of_a_booking')]

    initial = True

    dependencies = [
        ('bookings', '0001_squashed_0023_words_of_choices'),
        ('catalog', '0001_squashed_0012_place'),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name='BookingTerms',
                    fields=[
                        ('booking', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='search_terms', serialize=False, to='bookings.booking')),
                        ('day', models.DateField()),
                        ('terms', django.contrib.postgres.search.SearchVectorField()),
                    ],
                    options={
                        'indexes': [django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['terms'], name='search_terms'), models.Index(fields=['day', 'booking'], name='search_by_day')],
                    },
                ),
            ],
        ),
        migrations.RunSQL(SQL, DROP),
    ]
