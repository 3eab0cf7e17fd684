"""Partners' own customers, with their history."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.db import migrations, models

from core_site.postgresql.create_models import CreateModels


class Migration(migrations.Migration):

    replaces = [('users', '0001_initial'), ('users', '0002_user_email_key'), ('users', '0003_fill_email_keys'), ('users', '0004_one_user_for_each_email_key'), ('users', '0005_test_users')]

    initial = True

    dependencies = [
        ('partners', '0001_squashed_0005_partner_kind'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name='User',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='users', to='partners.partner')),
                        ('test_mode', models.BooleanField(help_text='Made by a test key, which sees no other users.')),
                        ('email', models.CharField(max_length=254, verbose_name='e-mail')),
                        ('email_key', models.TextField(editable=False)),
                        ('age', models.PositiveSmallIntegerField()),
                        ('created_at', models.DateTimeField()),
                        ('updated_at', models.DateTimeField()),
                    ],
                    options={
                        'ordering': ['-created_at', '-id'],
                        'indexes': [models.Index(fields=['partner', 'test_mode', 'created_at', 'id'], name='user_of_partner'), models.Index(fields=['created_at', 'id'], name='user_by_creation'), models.Index(django.contrib.postgres.indexes.OpClass('email_key', name='text_pattern_ops'), name='user_by_email')],
                        'constraints': [models.UniqueConstraint(fields=('partner', 'test_mode', 'email_key'), name='user_email_of_partner'), models.CheckConstraint(condition=django.db.models.lookups.GreaterThanOrEqual(django.db.models.functions.text.Length('email'), 3), name='user_email_long_enough'), models.CheckConstraint(condition=models.Q(('age__gte', 0), ('age__lte', 120)), name='user_age_0_to_120')],
                    },
                ),
                migrations.CreateModel(
                    name='UserEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='users.user')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                        ('partner', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='partners.partner')),
                        ('test_mode', models.BooleanField(help_text='Made by a test key, which sees no other users.')),
                        ('created_at', models.DateTimeField()),
                        ('updated_at', models.DateTimeField()),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='user',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "users_userevent" ("created_at", "id", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "test_mode", "updated_at") VALUES (NEW."created_at", NEW."id", NEW."partner_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."test_mode", NEW."updated_at"); RETURN NULL;', hash='9cb24e0cd81e7be20ca6fd0b6deb7b645ae4f53e', operation='INSERT', pgid='pgtrigger_insert_insert_52e78', table='users_user', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='user',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."partner_id" IS DISTINCT FROM (NEW."partner_id") OR OLD."test_mode" IS DISTINCT FROM (NEW."test_mode") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at"))', func='INSERT INTO "users_userevent" ("created_at", "id", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "test_mode", "updated_at") VALUES (NEW."created_at", NEW."id", NEW."partner_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."test_mode", NEW."updated_at"); RETURN NULL;', hash='628b92ce2651c14d5a346e1a1c3344491c3417e6', operation='UPDATE', pgid='pgtrigger_update_update_16e22', table='users_user', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='user',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "users_userevent" ("created_at", "id", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "test_mode", "updated_at") VALUES (OLD."created_at", OLD."id", OLD."partner_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."test_mode", OLD."updated_at"); RETURN NULL;', hash='0958cd13b705ae733fbe4b21fffad362949afdf8', operation='DELETE', pgid='pgtrigger_delete_delete_56c96', table='users_user', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='userevent',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='147f21ffd56e65f8363f55068815758ec34d2613', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_6b2f3', table='users_userevent', when='BEFORE')),
                ),
            ],
        ),
    ]
