"""The model ``Endpoint`` becomes ``WebhookEndpoint``: the rollout has a model of that name, too.

Its tables keep their names, so that statements and the edge's rights stay as they are. Content
types and permissions are renamed, so that roles keep what they may do. The triggers of the history
are named after the model.
"""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from core_site.postgresql.change_models import ChangeModels


NAMES = {"endpoint": "webhookendpoint", "endpointevent": "webhookendpointevent"}


def rename(apps, editor, names):
    content_types = apps.get_model("contenttypes", "ContentType")
    permissions = apps.get_model("auth", "Permission")
    log_entries = apps.get_model("admin", "LogEntry")
    for old, new in names.items():
        for kind in content_types.objects.filter(app_label="webhooks", model=old):
            # A process of this release that began before the migration has made the new one.
            for early in content_types.objects.filter(app_label="webhooks", model=new):
                log_entries.objects.filter(content_type=early).update(content_type=kind)
                early.delete()
            for permission in permissions.objects.filter(content_type=kind):
                verb = permission.codename.removesuffix(f"_{old}")
                if verb != permission.codename:
                    permission.codename = f"{verb}_{new}"
                    permission.save(update_fields=["codename"])
            kind.model = new
            kind.save(update_fields=["model"])


def rename_forwards(apps, editor):
    rename(apps, editor, NAMES)


def rename_backwards(apps, editor):
    rename(apps, editor, {new: old for old, new in NAMES.items()})


class Migration(migrations.Migration):
    dependencies = [
        ("webhooks", "0002_history_ids_of_64_bits"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterModelTable("Endpoint", "webhooks_endpoint"),
                migrations.AlterModelTable("EndpointEvent", "webhooks_endpointevent"),
                migrations.RenameModel("Endpoint", "WebhookEndpoint"),
                migrations.RenameModel("EndpointEvent", "WebhookEndpointEvent"),
            ],
        ),
        migrations.RunPython(rename_forwards, rename_backwards),
        ChangeModels([
            pgtrigger.migrations.RemoveTrigger(
                model_name='webhookendpoint',
                name='insert_insert',
            ),
            pgtrigger.migrations.RemoveTrigger(
                model_name='webhookendpoint',
                name='update_update',
            ),
            pgtrigger.migrations.RemoveTrigger(
                model_name='webhookendpoint',
                name='delete_delete',
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='webhookendpoint',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "webhooks_endpointevent" ("created_at", "description", "disabled_at", "disabled_by", "id", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "previous_secret_key_id", "previous_secret_number", "previous_secret_until", "removed_at", "secret_key_id", "secret_number", "test_mode", "types", "updated_at", "url") VALUES (NEW."created_at", NEW."description", NEW."disabled_at", NEW."disabled_by", NEW."id", NEW."partner_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."previous_secret_key_id", NEW."previous_secret_number", NEW."previous_secret_until", NEW."removed_at", NEW."secret_key_id", NEW."secret_number", NEW."test_mode", NEW."types", NEW."updated_at", NEW."url"); RETURN NULL;', hash='ffc100726d9861a6acad94622f9553ae5b68cd9b', operation='INSERT', pgid='pgtrigger_insert_insert_9dcc2', table='webhooks_endpoint', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='webhookendpoint',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."disabled_at" IS DISTINCT FROM (NEW."disabled_at") OR OLD."disabled_by" IS DISTINCT FROM (NEW."disabled_by") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."partner_id" IS DISTINCT FROM (NEW."partner_id") OR OLD."previous_secret_key_id" IS DISTINCT FROM (NEW."previous_secret_key_id") OR OLD."previous_secret_number" IS DISTINCT FROM (NEW."previous_secret_number") OR OLD."previous_secret_until" IS DISTINCT FROM (NEW."previous_secret_until") OR OLD."removed_at" IS DISTINCT FROM (NEW."removed_at") OR OLD."secret_key_id" IS DISTINCT FROM (NEW."secret_key_id") OR OLD."secret_number" IS DISTINCT FROM (NEW."secret_number") OR OLD."test_mode" IS DISTINCT FROM (NEW."test_mode") OR OLD."types" IS DISTINCT FROM (NEW."types") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."url" IS DISTINCT FROM (NEW."url"))', func='INSERT INTO "webhooks_endpointevent" ("created_at", "description", "disabled_at", "disabled_by", "id", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "previous_secret_key_id", "previous_secret_number", "previous_secret_until", "removed_at", "secret_key_id", "secret_number", "test_mode", "types", "updated_at", "url") VALUES (NEW."created_at", NEW."description", NEW."disabled_at", NEW."disabled_by", NEW."id", NEW."partner_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."previous_secret_key_id", NEW."previous_secret_number", NEW."previous_secret_until", NEW."removed_at", NEW."secret_key_id", NEW."secret_number", NEW."test_mode", NEW."types", NEW."updated_at", NEW."url"); RETURN NULL;', hash='95619ae8c13a1cd0978b55913826ba6f3a8e5ad6', operation='UPDATE', pgid='pgtrigger_update_update_0a54d', table='webhooks_endpoint', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='webhookendpoint',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "webhooks_endpointevent" ("created_at", "description", "disabled_at", "disabled_by", "id", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "previous_secret_key_id", "previous_secret_number", "previous_secret_until", "removed_at", "secret_key_id", "secret_number", "test_mode", "types", "updated_at", "url") VALUES (OLD."created_at", OLD."description", OLD."disabled_at", OLD."disabled_by", OLD."id", OLD."partner_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."previous_secret_key_id", OLD."previous_secret_number", OLD."previous_secret_until", OLD."removed_at", OLD."secret_key_id", OLD."secret_number", OLD."test_mode", OLD."types", OLD."updated_at", OLD."url"); RETURN NULL;', hash='27f81b0cb9ad094e8a497b091093a0a5cfe59ece', operation='DELETE', pgid='pgtrigger_delete_delete_1aec2', table='webhooks_endpoint', when='AFTER')),
            ),
        ]),
    ]
