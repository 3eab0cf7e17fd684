"""The log of events: its table, the sequencer's functions, and the triggers that write events."""

import re
from pathlib import Path

import core_site.events.models
import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

from core_site.postgresql.create_models import CreateModels

FUNCTIONS = Path(__file__).with_name("positions.sql").read_text(encoding="utf-8")

DROP_FUNCTIONS = """
DROP FUNCTION events_give_positions(integer, bigint);
DROP FUNCTION events_become_sequencer();
DROP FUNCTION events_expire(timestamptz, integer);
"""

TRIGGERS = Path(__file__).with_name("catalogue.sql").read_text(encoding="utf-8")

_CREATED = re.compile(r"^CREATE TRIGGER (\w+)\b.*?\bON (\w+)", re.MULTILINE | re.DOTALL)

DROP_TRIGGERS = "\n".join(
    [
        *(f"DROP TRIGGER {name} ON {table};" for name, table in _CREATED.findall(TRIGGERS)),
        *(
            f"DROP FUNCTION {name};"
            for name in re.findall(r"^CREATE FUNCTION (\w+)", TRIGGERS, re.MULTILINE)
        ),
    ]
)


class Migration(migrations.Migration):

    replaces = [('events', '0001_initial'), ('events', '0002_events_of_tests'), ('events', '0003_indexes_of_the_list'), ('events', '0004_positions'), ('events', '0005_events_of_the_catalogue')]

    initial = True

    dependencies = [
        ('catalog', '0001_squashed_0012_place'),
        ('disruptions', '0001_initial'),
        ('partners', '0001_squashed_0005_partner_kind'),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name='Event',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('position', models.BigIntegerField(editable=False, null=True)),
                        ('partner', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='partners.partner')),
                        ('test_mode', models.BooleanField(help_text='Of a test booking or key; live readers never see it.', null=True)),
                        ('type', models.CharField(max_length=32)),
                        ('booking_uuid', models.UUIDField(null=True)),
                        ('product_id', models.BigIntegerField(null=True)),
                        ('departure_id', models.BigIntegerField(null=True)),
                        ('api_key_id', models.BigIntegerField(null=True)),
                        ('data', models.JSONField(default=dict)),
                        ('transaction_id', models.BigIntegerField(db_default=core_site.events.models.CurrentTransactionId(), editable=False)),
                        ('created_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False)),
                    ],
                    options={
                        'ordering': ['id'],
                        'indexes': [models.Index(condition=models.Q(('position__isnull', False)), fields=['partner', 'position'], name='event_of_partner'), models.Index(condition=models.Q(('partner', None), ('position__isnull', False)), fields=['position'], name='event_of_every_partner'), models.Index(condition=models.Q(('position', None)), fields=['id'], name='event_without_position'), models.Index(fields=['booking_uuid'], name='event_of_booking'), models.Index(fields=['type', '-id'], name='event_by_type'), models.Index(condition=models.Q(('test_mode', True)), fields=['-id'], name='event_of_tests')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('type', ''), _negated=True), name='event_has_a_type'), models.UniqueConstraint(condition=models.Q(('position__isnull', False)), fields=('position',), name='one_event_per_position'), models.CheckConstraint(condition=models.Q(('position', None), ('position__gte', 1), _connector='OR'), name='positions_begin_at_1'), models.CheckConstraint(condition=models.Q(('booking_uuid', None), models.Q(('partner__isnull', False), ('test_mode__isnull', False)), _connector='OR'), name='event_of_booking_is_its_partners'), models.CheckConstraint(condition=models.Q(('booking_uuid__isnull', False), ('product_id__isnull', False), models.Q(('api_key_id__isnull', False), ('partner__isnull', False), ('test_mode__isnull', False)), _connector='OR'), name='event_is_about_something')],
                    },
                ),
                migrations.CreateModel(
                    name='EventLog',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('last_position', models.BigIntegerField(db_default=0, default=0, editable=False)),
                        ('expired_to', models.BigIntegerField(db_default=0, default=0, editable=False, help_text='Readers get no event up to this position any more.')),
                        ('is_only', models.BooleanField(db_default=True, default=True, editable=False, unique=True)),
                    ],
                    options={
                        'db_table': 'events_log',
                        'default_permissions': (),
                        'constraints': [models.CheckConstraint(condition=models.Q(('is_only', True)), name='one_event_log'), models.CheckConstraint(condition=models.Q(('expired_to__gte', 0), ('expired_to__lte', models.F('last_position'))), name='only_given_positions_expire')],
                    },
                ),
            ],
        ),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.RunSQL(TRIGGERS, DROP_TRIGGERS),
    ]
