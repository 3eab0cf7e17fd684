"""Give users a mode: those of before were made as live ones, and stay live."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0002_max_held_percent'),
        ('users', '0004_one_user_for_each_email_key'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='user',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='user',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='user',
            name='delete_delete',
        ),
        migrations.RemoveConstraint(
            model_name='user',
            name='user_email_of_partner',
        ),
        migrations.RemoveIndex(
            model_name='user',
            name='user_of_partner',
        ),
        migrations.AddField(
            model_name='user',
            name='test_mode',
            field=models.BooleanField(default=False, help_text='Made by a test key, which sees no other users.'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='userevent',
            name='test_mode',
            field=models.BooleanField(default=False, help_text='Made by a test key, which sees no other users.'),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(fields=['partner', 'test_mode', 'created_at', 'id'], name='user_of_partner'),
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
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(fields=('partner', 'test_mode', 'email_key'), name='user_email_of_partner'),
        ),
    ]
