"""The tables of the roll-up of sales, and the triggers that note what changes of bookings add."""

import re
from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

from core_site.postgresql.create_models import CreateModels

SQL = Path(__file__).with_name("rollup.sql").read_text(encoding="utf-8")

DROP = "\n".join(
    [
        *(
            f"DROP TRIGGER {name} ON {table};"
            for name, table in re.findall(r"^CREATE TRIGGER (\w+)\b.*?\bON (\w+)", SQL, re.M | re.S)
        ),
        *(f"DROP FUNCTION {name};" for name in re.findall(r"^CREATE FUNCTION (\w+)", SQL, re.M)),
    ]
)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('bookings', '0001_squashed_0023_words_of_choices'),
        ('catalog', '0013_squashed_0017_tells_of_shared_places'),
        ('partners', '0001_squashed_0005_partner_kind'),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name='SaleChange',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('currency', models.CharField(max_length=3)),
                        ('sale_date', models.DateField(null=True)),
                        ('month', models.DateField(null=True)),
                        ('sold_bookings', models.IntegerField()),
                        ('sold_cancelled', models.IntegerField()),
                        ('sold_retail_minor', models.BigIntegerField()),
                        ('sold_net_minor', models.BigIntegerField()),
                        ('owed_bookings', models.IntegerField()),
                        ('owed_net_minor', models.BigIntegerField()),
                        ('owed_minor', models.BigIntegerField()),
                        ('partner', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='partners.partner')),
                        ('product', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='catalog.product')),
                    ],
                    options={
                        'default_permissions': (),
                    },
                ),
                migrations.CreateModel(
                    name='OwedMonth',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('month', models.DateField(help_text='Its first day.')),
                        ('currency', models.CharField(max_length=3)),
                        ('bookings', models.IntegerField()),
                        ('net_minor', models.BigIntegerField()),
                        ('owed_minor', models.BigIntegerField()),
                        ('partner', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='partners.partner')),
                    ],
                    options={
                        'default_permissions': (),
                        'indexes': [models.Index(fields=['month'], name='owed_month_by_month')],
                        'constraints': [models.UniqueConstraint(fields=('partner', 'month', 'currency'), name='owed_month_once'), models.CheckConstraint(condition=models.Q(('month__day', 1)), name='owed_month_is_a_first_day')],
                    },
                ),
                migrations.CreateModel(
                    name='SoldDay',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('day', models.DateField()),
                        ('currency', models.CharField(max_length=3)),
                        ('bookings', models.IntegerField()),
                        ('cancelled', models.IntegerField()),
                        ('retail_minor', models.BigIntegerField()),
                        ('net_minor', models.BigIntegerField()),
                        ('partner', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='partners.partner')),
                        ('product', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='catalog.product')),
                    ],
                    options={
                        'default_permissions': (),
                        'indexes': [models.Index(fields=['day'], name='sold_day_by_day')],
                        'constraints': [models.UniqueConstraint(fields=('product', 'partner', 'day', 'currency'), name='sold_day_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('product', None), ('partner', None), _connector='OR'), name='sold_day_of_one_thing')],
                    },
                ),
            ],
        ),
        migrations.RunSQL(SQL, DROP),
    ]
