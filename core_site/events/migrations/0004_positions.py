"""Positions of events, the log's one row, and the functions of the sequencer.

Nothing is numbered here: the sequencer gives the stored events their positions in batches, while
writers go on, in the order of their ids, which for each booking is the order of its commits.
"""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

FUNCTIONS = Path(__file__).with_name("positions.sql").read_text(encoding="utf-8")

DROP_FUNCTIONS = """
DROP FUNCTION events_give_positions(integer, bigint);
DROP FUNCTION events_become_sequencer();
DROP FUNCTION events_expire(timestamptz, integer);
"""


class Migration(migrations.Migration):

    dependencies = [
        # It has the function that positions.sql changes.
        ('endpoints', '0014_guard'),
        ('events', '0003_indexes_of_the_list'),
        ('partners', '0005_partner_kind'),
    ]

    operations = [
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
            },
        ),
        migrations.AlterModelOptions(
            name='event',
            options={'ordering': ['id']},
        ),
        migrations.RemoveIndex(
            model_name='event',
            name='event_in_order',
        ),
        migrations.AddField(
            model_name='event',
            name='api_key_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='event',
            name='departure_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='event',
            name='position',
            field=models.BigIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='event',
            name='product_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='event',
            name='booking_uuid',
            field=models.UUIDField(null=True),
        ),
        migrations.AlterField(
            model_name='event',
            name='partner',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='partners.partner'),
        ),
        migrations.AlterField(
            model_name='event',
            name='test_mode',
            field=models.BooleanField(help_text='Of a test booking or key; live readers never see it.', null=True),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('position__isnull', False)), fields=['partner', 'position'], name='event_of_partner'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('partner', None), ('position__isnull', False)), fields=['position'], name='event_of_every_partner'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('position', None)), fields=['id'], name='event_without_position'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.UniqueConstraint(condition=models.Q(('position__isnull', False)), fields=('position',), name='one_event_per_position'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(('position', None), ('position__gte', 1), _connector='OR'), name='positions_begin_at_1'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(('booking_uuid', None), models.Q(('partner__isnull', False), ('test_mode__isnull', False)), _connector='OR'), name='event_of_booking_is_its_partners'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(('booking_uuid__isnull', False), ('product_id__isnull', False), models.Q(('api_key_id__isnull', False), ('partner__isnull', False), ('test_mode__isnull', False)), _connector='OR'), name='event_is_about_something'),
        ),
        migrations.AddConstraint(
            model_name='eventlog',
            constraint=models.CheckConstraint(condition=models.Q(('is_only', True)), name='one_event_log'),
        ),
        migrations.AddConstraint(
            model_name='eventlog',
            constraint=models.CheckConstraint(condition=models.Q(('expired_to__gte', 0), ('expired_to__lte', models.F('last_position'))), name='only_given_positions_expire'),
        ),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
    ]
