"""Days on which products are closed, with their history."""

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
        ('catalog', '0001_squashed_0012_place'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name='Blackout',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('product', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='blackouts', to='catalog.product')),
                        ('place', models.CharField(blank=True, default='', max_length=80)),
                        ('first_date', models.DateField(verbose_name='from')),
                        ('last_date', models.DateField(help_text='This day included.', verbose_name='until')),
                        ('reason', models.CharField(max_length=200)),
                        ('added_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('added_at', models.DateTimeField()),
                        ('lifted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('lifted_at', models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        'verbose_name': 'blackout period',
                        'ordering': ['-id'],
                        'permissions': [('manage_blackout', 'Can add and lift blackout periods')],
                        'default_permissions': ('view',),
                        'indexes': [models.Index(condition=models.Q(('lifted_at', None)), fields=['last_date'], name='blackout_in_force')],
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('product', None), models.Q(('place', ''), _negated=True)), models.Q(('place', ''), ('product__isnull', False)), _connector='OR'), name='blackout_of_a_product_or_a_place'), models.CheckConstraint(condition=models.Q(('last_date__gte', models.F('first_date'))), name='blackout_makes_a_range')],
                    },
                ),
                migrations.CreateModel(
                    name='BlackoutEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='blackouts.blackout')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('product', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.product')),
                        ('place', models.CharField(blank=True, default='', max_length=80)),
                        ('first_date', models.DateField(verbose_name='from')),
                        ('last_date', models.DateField(help_text='This day included.', verbose_name='until')),
                        ('reason', models.CharField(max_length=200)),
                        ('added_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('added_at', models.DateTimeField()),
                        ('lifted_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('lifted_at', models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='blackout',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "blackouts_blackoutevent" ("added_at", "added_by_id", "first_date", "id", "last_date", "lifted_at", "lifted_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "product_id", "reason") VALUES (NEW."added_at", NEW."added_by_id", NEW."first_date", NEW."id", NEW."last_date", NEW."lifted_at", NEW."lifted_by_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."place", NEW."product_id", NEW."reason"); RETURN NULL;', hash='5b860ed67bd70924056da2812e74e628ee251fd8', operation='INSERT', pgid='pgtrigger_insert_insert_1b5ca', table='blackouts_blackout', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='blackout',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "blackouts_blackoutevent" ("added_at", "added_by_id", "first_date", "id", "last_date", "lifted_at", "lifted_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "product_id", "reason") VALUES (NEW."added_at", NEW."added_by_id", NEW."first_date", NEW."id", NEW."last_date", NEW."lifted_at", NEW."lifted_by_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."place", NEW."product_id", NEW."reason"); RETURN NULL;', hash='26afc52be6fe7049aff4df151f79807988f59787', operation='UPDATE', pgid='pgtrigger_update_update_e1f06', table='blackouts_blackout', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='blackout',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "blackouts_blackoutevent" ("added_at", "added_by_id", "first_date", "id", "last_date", "lifted_at", "lifted_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "product_id", "reason") VALUES (OLD."added_at", OLD."added_by_id", OLD."first_date", OLD."id", OLD."last_date", OLD."lifted_at", OLD."lifted_by_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."place", OLD."product_id", OLD."reason"); RETURN NULL;', hash='4c4fcdbf2c15fcf89df0fa8c0de2cff26071d9d1', operation='DELETE', pgid='pgtrigger_delete_delete_04828', table='blackouts_blackout', when='AFTER')),
                ),
            ],
        ),
    ]
