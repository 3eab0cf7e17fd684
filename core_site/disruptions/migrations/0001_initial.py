"""Departures cancelled or moved together, and what became of their bookings."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from core_site.postgresql.create_models import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('bookings', '0001_squashed_0023_words_of_choices'),
        ('catalog', '0001_squashed_0012_place'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name='Disruption',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('CANCEL', 'Cancel'), ('MOVE', 'Move')], max_length=8)),
                        ('refund', models.CharField(choices=[('BY_THE_RULES', 'By the rules'), ('FULL', 'In full'), ('NONE', 'None')], max_length=16)),
                        ('reason', models.TextField(blank=True, help_text='Partners read it.')),
                        ('message', models.TextField(blank=True, help_text='Guests read it in their mail.')),
                        ('title', models.CharField(max_length=200)),
                        ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('started_at', models.DateTimeField()),
                        ('finished_at', models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        'verbose_name': 'cancelled or moved departures',
                        'verbose_name_plural': 'cancelled or moved departures',
                        'ordering': ['-id'],
                        'permissions': [('run_disruption', 'Can cancel or move whole departures')],
                        'default_permissions': ('view',),
                        'indexes': [models.Index(condition=models.Q(('finished_at', None)), fields=['id'], name='disruption_running')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['CANCEL', 'MOVE'])), name='disruption_kind_is_known'), models.CheckConstraint(condition=models.Q(('refund__in', ['FULL', 'BY_THE_RULES', 'NONE'])), name='disruption_refund_is_known')],
                    },
                ),
                migrations.CreateModel(
                    name='DisruptedDeparture',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('disruption', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='departures', to='disruptions.disruption')),
                        ('departure', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='disruptions', to='catalog.departure')),
                        ('target', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='catalog.departure')),
                    ],
                    options={
                        'default_permissions': (),
                        'constraints': [models.UniqueConstraint(fields=('disruption', 'departure'), name='departure_once_in_disruption'), models.CheckConstraint(condition=models.Q(('target', None), models.Q(('target', models.F('departure')), _negated=True), _connector='OR'), name='departure_moves_elsewhere')],
                    },
                ),
                migrations.CreateModel(
                    name='DisruptedBooking',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('disruption', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='disruptions.disruption')),
                        ('disrupted_departure', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='disruptions.disrupteddeparture')),
                        ('booking', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='disruptions', to='bookings.booking')),
                        ('outcome', models.CharField(choices=[('PENDING', 'Waits'), ('DONE', 'Done'), ('REFUSED', 'Not done'), ('NEEDLESS', 'Not needed')], db_default='PENDING', default='PENDING', max_length=8)),
                        ('refusal', models.TextField(blank=True, db_default='', default='')),
                        ('attempts', models.PositiveSmallIntegerField(db_default=0, default=0)),
                        ('settled_at', models.DateTimeField(blank=True, null=True)),
                        ('notice', models.CharField(choices=[('NONE', 'None'), ('DUE', 'Waits to be sent'), ('SENT', 'Sent'), ('GIVEN_UP', 'Could not be sent')], db_default='NONE', default='NONE', max_length=8)),
                        ('notice_due_at', models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        'default_permissions': (),
                        'indexes': [models.Index(fields=['disruption', 'outcome'], name='disrupted_by_outcome'), models.Index(condition=models.Q(('notice', 'DUE')), fields=['notice_due_at'], name='disrupted_notice_due')],
                        'constraints': [models.UniqueConstraint(fields=('disruption', 'booking'), name='booking_once_in_disruption'), models.CheckConstraint(condition=models.Q(('outcome__in', ['PENDING', 'DONE', 'REFUSED', 'NEEDLESS'])), name='disrupted_outcome_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'PENDING'), ('settled_at', None)), models.Q(models.Q(('outcome', 'PENDING'), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='exactly_settled_lines_say_when'), models.CheckConstraint(condition=models.Q(models.Q(('notice', 'DUE'), ('notice_due_at__isnull', False)), models.Q(models.Q(('notice', 'DUE'), _negated=True), ('notice_due_at', None)), _connector='OR'), name='exactly_due_notices_say_since_when')],
                    },
                ),
                migrations.CreateModel(
                    name='DisruptionEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='disruptions.disruption')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('kind', models.CharField(choices=[('CANCEL', 'Cancel'), ('MOVE', 'Move')], max_length=8)),
                        ('refund', models.CharField(choices=[('BY_THE_RULES', 'By the rules'), ('FULL', 'In full'), ('NONE', 'None')], max_length=16)),
                        ('reason', models.TextField(blank=True, help_text='Partners read it.')),
                        ('message', models.TextField(blank=True, help_text='Guests read it in their mail.')),
                        ('title', models.CharField(max_length=200)),
                        ('requested_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('started_at', models.DateTimeField()),
                        ('finished_at', models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='disruption',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "disruptions_disruptionevent" ("finished_at", "id", "kind", "message", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "refund", "requested_by_id", "started_at", "title") VALUES (NEW."finished_at", NEW."id", NEW."kind", NEW."message", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reason", NEW."refund", NEW."requested_by_id", NEW."started_at", NEW."title"); RETURN NULL;', hash='b807a7a860ee1053d435bf1d4335c80b365a9c9c', operation='INSERT', pgid='pgtrigger_insert_insert_7ebdf', table='disruptions_disruption', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='disruption',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "disruptions_disruptionevent" ("finished_at", "id", "kind", "message", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "refund", "requested_by_id", "started_at", "title") VALUES (NEW."finished_at", NEW."id", NEW."kind", NEW."message", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reason", NEW."refund", NEW."requested_by_id", NEW."started_at", NEW."title"); RETURN NULL;', hash='80a54b2c46adfd7f7097eed3e4f3b006ef05f9b3', operation='UPDATE', pgid='pgtrigger_update_update_f1876', table='disruptions_disruption', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='disruption',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "disruptions_disruptionevent" ("finished_at", "id", "kind", "message", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "refund", "requested_by_id", "started_at", "title") VALUES (OLD."finished_at", OLD."id", OLD."kind", OLD."message", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."reason", OLD."refund", OLD."requested_by_id", OLD."started_at", OLD."title"); RETURN NULL;', hash='82aded72bb4131f8c4d565cb4bb2401893814573', operation='DELETE', pgid='pgtrigger_delete_delete_5d1d7', table='disruptions_disruption', when='AFTER')),
                ),
            ],
        ),
    ]
