"""Exemptions of the desk, with their history."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from core_site.postgresql.create_models import CreateModels


class Migration(migrations.Migration):

    replaces = [('booking_desk', '0001_initial'), ('booking_desk', '0002_exemption_history')]

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
                    name='Exemption',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('booking', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exemptions', to='bookings.booking')),
                        ('departure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exemptions', to='catalog.departure')),
                        ('staff_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('reason', models.TextField()),
                        ('is_after_cutoff', models.BooleanField(verbose_name='after the booking cut-off')),
                        ('capacity_before', models.PositiveIntegerField(null=True)),
                        ('capacity_after', models.PositiveIntegerField(null=True)),
                        ('created_at', models.DateTimeField()),
                    ],
                    options={
                        'ordering': ['-id'],
                        'default_permissions': ('view',),
                        'indexes': [models.Index(fields=['departure', '-id'], name='exemption_of_departure')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('is_after_cutoff', True), ('capacity_after__gt', models.F('capacity_before')), _connector='OR'), name='exemption_is_from_something')],
                    },
                ),
                migrations.CreateModel(
                    name='ExemptionEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='booking_desk.exemption')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('booking', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.booking')),
                        ('departure', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.departure')),
                        ('staff_user', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('is_after_cutoff', models.BooleanField(verbose_name='after the booking cut-off')),
                        ('capacity_before', models.PositiveIntegerField(null=True)),
                        ('capacity_after', models.PositiveIntegerField(null=True)),
                        ('created_at', models.DateTimeField()),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='exemption',
                    trigger=pgtrigger.compiler.Trigger(name='keep', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."booking_id" IS DISTINCT FROM (NEW."booking_id") OR OLD."capacity_after" IS DISTINCT FROM (NEW."capacity_after") OR OLD."capacity_before" IS DISTINCT FROM (NEW."capacity_before") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."departure_id" IS DISTINCT FROM (NEW."departure_id") OR OLD."is_after_cutoff" IS DISTINCT FROM (NEW."is_after_cutoff"))', func="\n    RAISE EXCEPTION 'an exemption is kept as it was made'\n        USING ERRCODE = 'insufficient_privilege';\n", hash='b1fe70248cbdb63a29f22bf006a247d00a79b9cd', operation='UPDATE', pgid='pgtrigger_keep_94292', table='booking_desk_exemption', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='exemption',
                    trigger=pgtrigger.compiler.Trigger(name='keep_row', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    RAISE EXCEPTION 'an exemption is kept as it was made'\n        USING ERRCODE = 'insufficient_privilege';\n", hash='4e61c4dc274e479cfd84eeebd885ef1912b05ecb', operation='DELETE', pgid='pgtrigger_keep_row_2a317', table='booking_desk_exemption', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='exemption',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "booking_desk_exemptionevent" ("booking_id", "capacity_after", "capacity_before", "created_at", "departure_id", "id", "is_after_cutoff", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "staff_user_id") VALUES (NEW."booking_id", NEW."capacity_after", NEW."capacity_before", NEW."created_at", NEW."departure_id", NEW."id", NEW."is_after_cutoff", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."staff_user_id"); RETURN NULL;', hash='24c5ad051569500219e7450bf3b34c2e843d4a1e', operation='INSERT', pgid='pgtrigger_insert_insert_e343f', table='booking_desk_exemption', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='exemptionevent',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='40ce65a2090921ed3f382d2f42e96c23853233fc', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_f1cfd', table='booking_desk_exemptionevent', when='BEFORE')),
                ),
            ],
        ),
    ]
