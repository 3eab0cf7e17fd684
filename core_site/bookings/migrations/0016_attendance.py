"""What the manifest notes about a ticket: late or no-show, when and by whom."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0015_channel'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='unititem',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='unititem',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='unititem',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='unititem',
            name='attendance',
            field=models.CharField(blank=True, choices=[('LATE', 'Late'), ('NO_SHOW', 'No Show')], help_text='What was noted on the manifest; a redeemed ticket counts before it.', max_length=8, null=True),
        ),
        migrations.AddField(
            model_name='unititem',
            name='attendance_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='unititem',
            name='attendance_by',
            field=models.CharField(blank=True, help_text="The staff user or the guide's link.", max_length=160, null=True),
        ),
        migrations.AddField(
            model_name='unititemevent',
            name='attendance',
            field=models.CharField(blank=True, choices=[('LATE', 'Late'), ('NO_SHOW', 'No Show')], help_text='What was noted on the manifest; a redeemed ticket counts before it.', max_length=8, null=True),
        ),
        migrations.AddField(
            model_name='unititemevent',
            name='attendance_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='unititemevent',
            name='attendance_by',
            field=models.CharField(blank=True, help_text="The staff user or the guide's link.", max_length=160, null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='unititem',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_unititemevent" ("attendance", "attendance_at", "attendance_by", "booking_id", "id", "net_minor", "original_minor", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "redeemed_at", "refund_net_minor", "refund_retail_minor", "reseller_reference", "retail_minor", "supplier_reference", "taxes", "ticket_code", "unit_id", "uuid") VALUES (NEW."attendance", NEW."attendance_at", NEW."attendance_by", NEW."booking_id", NEW."id", NEW."net_minor", NEW."original_minor", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."position", NEW."redeemed_at", NEW."refund_net_minor", NEW."refund_retail_minor", NEW."reseller_reference", NEW."retail_minor", NEW."supplier_reference", NEW."taxes", NEW."ticket_code", NEW."unit_id", NEW."uuid"); RETURN NULL;', hash='6809255b8066fd88ae54726a011085b90967370b', operation='INSERT', pgid='pgtrigger_insert_insert_ae8ea', table='bookings_unititem', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='unititem',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."attendance" IS DISTINCT FROM (NEW."attendance") OR OLD."attendance_at" IS DISTINCT FROM (NEW."attendance_at") OR OLD."attendance_by" IS DISTINCT FROM (NEW."attendance_by") OR OLD."booking_id" IS DISTINCT FROM (NEW."booking_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."net_minor" IS DISTINCT FROM (NEW."net_minor") OR OLD."original_minor" IS DISTINCT FROM (NEW."original_minor") OR OLD."position" IS DISTINCT FROM (NEW."position") OR OLD."redeemed_at" IS DISTINCT FROM (NEW."redeemed_at") OR OLD."refund_net_minor" IS DISTINCT FROM (NEW."refund_net_minor") OR OLD."refund_retail_minor" IS DISTINCT FROM (NEW."refund_retail_minor") OR OLD."reseller_reference" IS DISTINCT FROM (NEW."reseller_reference") OR OLD."retail_minor" IS DISTINCT FROM (NEW."retail_minor") OR OLD."supplier_reference" IS DISTINCT FROM (NEW."supplier_reference") OR OLD."taxes" IS DISTINCT FROM (NEW."taxes") OR OLD."ticket_code" IS DISTINCT FROM (NEW."ticket_code") OR OLD."unit_id" IS DISTINCT FROM (NEW."unit_id") OR OLD."uuid" IS DISTINCT FROM (NEW."uuid"))', func='INSERT INTO "bookings_unititemevent" ("attendance", "attendance_at", "attendance_by", "booking_id", "id", "net_minor", "original_minor", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "redeemed_at", "refund_net_minor", "refund_retail_minor", "reseller_reference", "retail_minor", "supplier_reference", "taxes", "ticket_code", "unit_id", "uuid") VALUES (NEW."attendance", NEW."attendance_at", NEW."attendance_by", NEW."booking_id", NEW."id", NEW."net_minor", NEW."original_minor", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."position", NEW."redeemed_at", NEW."refund_net_minor", NEW."refund_retail_minor", NEW."reseller_reference", NEW."retail_minor", NEW."supplier_reference", NEW."taxes", NEW."ticket_code", NEW."unit_id", NEW."uuid"); RETURN NULL;', hash='64613d3f017d4796da5216c784502e7c34775f97', operation='UPDATE', pgid='pgtrigger_update_update_17c23', table='bookings_unititem', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='unititem',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_unititemevent" ("attendance", "attendance_at", "attendance_by", "booking_id", "id", "net_minor", "original_minor", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "redeemed_at", "refund_net_minor", "refund_retail_minor", "reseller_reference", "retail_minor", "supplier_reference", "taxes", "ticket_code", "unit_id", "uuid") VALUES (OLD."attendance", OLD."attendance_at", OLD."attendance_by", OLD."booking_id", OLD."id", OLD."net_minor", OLD."original_minor", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."position", OLD."redeemed_at", OLD."refund_net_minor", OLD."refund_retail_minor", OLD."reseller_reference", OLD."retail_minor", OLD."supplier_reference", OLD."taxes", OLD."ticket_code", OLD."unit_id", OLD."uuid"); RETURN NULL;', hash='2c50f1db4565f25430ee7e3fa39e1e67acc60e22', operation='DELETE', pgid='pgtrigger_delete_delete_acf39', table='bookings_unititem', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='unititem',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('attendance', None), ('attendance_at', None), ('attendance_by', None)), models.Q(('attendance__in', ['LATE', 'NO_SHOW']), ('attendance_at__isnull', False), ('attendance_by__isnull', False)), _connector='OR'), name='item_attendance_says_when_and_by_whom'),
        ),
    ]
