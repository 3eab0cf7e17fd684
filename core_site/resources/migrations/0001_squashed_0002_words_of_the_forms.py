"""Guides, boats and vehicles, and the departures that they are given to."""

import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from core_site.postgresql.create_models import CreateModels

# ON DELETE CASCADE, which Django does not write: assignments go with what deletes departures in SQL.
ADD_KEY = """
ALTER TABLE resources_assignment
  ADD CONSTRAINT resources_assignment_departure
      FOREIGN KEY (departure_id) REFERENCES catalog_departure (id)
      ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
"""
DROP_KEY = "ALTER TABLE resources_assignment DROP CONSTRAINT resources_assignment_departure"


class Migration(migrations.Migration):

    replaces = [('resources', '0001_initial'), ('resources', '0002_words_of_the_forms')]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('catalog', '0001_squashed_0012_place'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name='Resource',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('GUIDE', 'Guide'), ('BOAT', 'Boat'), ('VEHICLE', 'Vehicle'), ('EQUIPMENT', 'Equipment')], max_length=16)),
                        ('name', models.CharField(max_length=80, unique=True)),
                        ('capacity', models.PositiveIntegerField(blank=True, help_text='Guests it takes at once, on all its departures together. Empty: it limits nothing, as a guide.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10000000)], verbose_name='places')),
                        ('staff_user', models.OneToOneField(blank=True, help_text='Who sees the departures of this guide under My week.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='resource', to=settings.AUTH_USER_MODEL)),
                        ('telephone', models.CharField(blank=True, default='', max_length=32)),
                        ('is_active', models.BooleanField(default=True, help_text='Off: it is not offered for more departures.', verbose_name='in use')),
                    ],
                    options={
                        'verbose_name': 'guide, boat or equipment',
                        'verbose_name_plural': 'guides and boats',
                        'ordering': ['kind', 'name'],
                        'permissions': [('see_own_week', 'Can see the own week, as a guide')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['GUIDE', 'BOAT', 'VEHICLE', 'EQUIPMENT'])), name='resource_kind_is_known', violation_error_message='Kind: choose one of those that the form offers.'), models.CheckConstraint(condition=models.Q(models.Q(('capacity__gte', 1), ('capacity__lte', 10000000)), ('capacity', None), _connector='OR'), name='resource_capacity_is_in_range', violation_error_message='Places: use a whole number from 1 to 10,000,000.')],
                    },
                ),
                migrations.CreateModel(
                    name='Assignment',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('resource', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='resources.resource')),
                        ('departure', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='catalog.departure')),
                        ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField(editable=False, help_text="From the departure's start to its end; a trigger keeps it so.")),
                    ],
                    options={
                        'permissions': [('assign_resource', 'Can give departures guides, boats and equipment')],
                        'default_permissions': (),
                        'indexes': [django.contrib.postgres.indexes.GistIndex(fields=['during'], name='assignment_by_time')],
                        'constraints': [models.UniqueConstraint(fields=('resource', 'departure'), name='resource_once_on_departure')],
                    },
                ),
                migrations.CreateModel(
                    name='AssignmentEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='resources.assignment')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('resource', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='resources.resource')),
                        ('departure', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.departure')),
                        ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField(editable=False, help_text="From the departure's start to its end; a trigger keeps it so.")),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='ResourceEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='resources.resource')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('kind', models.CharField(choices=[('GUIDE', 'Guide'), ('BOAT', 'Boat'), ('VEHICLE', 'Vehicle'), ('EQUIPMENT', 'Equipment')], max_length=16)),
                        ('name', models.CharField(max_length=80)),
                        ('capacity', models.PositiveIntegerField(blank=True, help_text='Guests it takes at once, on all its departures together. Empty: it limits nothing, as a guide.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10000000)], verbose_name='places')),
                        ('staff_user', models.ForeignKey(blank=True, db_constraint=False, help_text='Who sees the departures of this guide under My week.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('telephone', models.CharField(blank=True, default='', max_length=32)),
                        ('is_active', models.BooleanField(default=True, help_text='Off: it is not offered for more departures.', verbose_name='in use')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='resource',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "resources_resourceevent" ("capacity", "id", "is_active", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "staff_user_id", "telephone") VALUES (NEW."capacity", NEW."id", NEW."is_active", NEW."kind", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."staff_user_id", NEW."telephone"); RETURN NULL;', hash='ac893a464e9e5aec49a635cada1ac5227014dc2f', operation='INSERT', pgid='pgtrigger_insert_insert_09d61', table='resources_resource', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='resource',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "resources_resourceevent" ("capacity", "id", "is_active", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "staff_user_id", "telephone") VALUES (NEW."capacity", NEW."id", NEW."is_active", NEW."kind", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."staff_user_id", NEW."telephone"); RETURN NULL;', hash='4c6fec9dec0187d52f395990bfc634b6f95bc0a5', operation='UPDATE', pgid='pgtrigger_update_update_4f99f', table='resources_resource', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='resource',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "resources_resourceevent" ("capacity", "id", "is_active", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "staff_user_id", "telephone") VALUES (OLD."capacity", OLD."id", OLD."is_active", OLD."kind", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."staff_user_id", OLD."telephone"); RETURN NULL;', hash='e981908605f26b5eb1aca7f410631392987fbddb', operation='DELETE', pgid='pgtrigger_delete_delete_551db', table='resources_resource', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='assignment',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "resources_assignmentevent" ("departure_id", "during", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "resource_id") VALUES (NEW."departure_id", NEW."during", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."resource_id"); RETURN NULL;', hash='2fca463d4408c4e0fddeb7c5b8aa2b1f21697469', operation='INSERT', pgid='pgtrigger_insert_insert_46ee8', table='resources_assignment', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='assignment',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "resources_assignmentevent" ("departure_id", "during", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "resource_id") VALUES (OLD."departure_id", OLD."during", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."resource_id"); RETURN NULL;', hash='197fee7315e663d361c77b14759e7acfe306ce74', operation='DELETE', pgid='pgtrigger_delete_delete_dc850', table='resources_assignment', when='AFTER')),
                ),
            ],
        ),
        migrations.RunSQL(ADD_KEY, DROP_KEY),
    ]
