"""Give partners a list of addresses that mails of their tests are sent to."""

import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0002_max_held_percent'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='partner',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='partner',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='partner',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='partner',
            name='test_mail_addresses',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, db_default=[], default=list, help_text='A mail about a test booking is kept under Mails, unless its guest has one of these addresses; then it is sent.', size=None, verbose_name='addresses for mails of tests'),
        ),
        migrations.AddField(
            model_name='partnerevent',
            name='test_mail_addresses',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, db_default=[], default=list, help_text='A mail about a test booking is kept under Mails, unless its guest has one of these addresses; then it is sent.', size=None, verbose_name='addresses for mails of tests'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='partner',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "partners_partnerevent" ("code", "created_at", "email", "id", "is_active", "max_held_percent", "max_hold_minutes", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "test_mail_addresses") VALUES (NEW."code", NEW."created_at", NEW."email", NEW."id", NEW."is_active", NEW."max_held_percent", NEW."max_hold_minutes", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."test_mail_addresses"); RETURN NULL;', hash='0385916953ada7bcfca6447d5e715c25da7e50e4', operation='INSERT', pgid='pgtrigger_insert_insert_71860', table='partners_partner', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='partner',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "partners_partnerevent" ("code", "created_at", "email", "id", "is_active", "max_held_percent", "max_hold_minutes", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "test_mail_addresses") VALUES (NEW."code", NEW."created_at", NEW."email", NEW."id", NEW."is_active", NEW."max_held_percent", NEW."max_hold_minutes", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."test_mail_addresses"); RETURN NULL;', hash='004f10137c4fbf958e9bd65c554529c1b6ea7c46', operation='UPDATE', pgid='pgtrigger_update_update_17ece', table='partners_partner', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='partner',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "partners_partnerevent" ("code", "created_at", "email", "id", "is_active", "max_held_percent", "max_hold_minutes", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "test_mail_addresses") VALUES (OLD."code", OLD."created_at", OLD."email", OLD."id", OLD."is_active", OLD."max_held_percent", OLD."max_hold_minutes", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."test_mail_addresses"); RETURN NULL;', hash='edd73721b64b334ddf882a94f09263f00f2d7254', operation='DELETE', pgid='pgtrigger_delete_delete_e7dd8', table='partners_partner', when='AFTER')),
        ),
    ]
