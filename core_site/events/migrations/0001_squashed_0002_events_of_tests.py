"""The outbox: for an empty database in place of 0001 and 0002."""

import core_site.events.models
import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('events', '0001_initial'), ('events', '0002_events_of_tests')]

    initial = True

    dependencies = [
        ('partners', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partners.partner')),
                ('test_mode', models.BooleanField(help_text='Of a test booking; live readers never see it.')),
                ('type', models.CharField(max_length=32)),
                ('booking_uuid', models.UUIDField()),
                ('data', models.JSONField(default=dict)),
                ('transaction_id', models.BigIntegerField(db_default=core_site.events.models.CurrentTransactionId(), editable=False)),
                ('created_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False)),
            ],
            options={
                'ordering': ['transaction_id', 'id'],
                'indexes': [models.Index(fields=['partner', 'transaction_id', 'id'], name='event_in_order'), models.Index(fields=['booking_uuid'], name='event_of_booking')],
                'constraints': [models.CheckConstraint(condition=models.Q(('type', ''), _negated=True), name='event_has_a_type')],
            },
        ),
    ]
