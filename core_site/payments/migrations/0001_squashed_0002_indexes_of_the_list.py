"""The ledger of each booking: entries, and the accounts that add them up."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from core_site.postgresql.create_models import CreateModels

# The account copies what the booking's services change, whichever half they run in. The edge's role
# has no right on it, so the trigger runs as the owner of the tables.
FOLLOW_BOOKING = """
CREATE FUNCTION payments_follow_booking() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
BEGIN
    UPDATE payments_account
       SET status = NEW.status, currency = NEW.currency, retail_minor = NEW.retail_minor,
           refund_retail_minor = NEW.refund_retail_minor, cancelled_at = NEW.cancelled_at,
           changed_at = NEW.updated_at
     WHERE booking_id = NEW.id;
    RETURN NULL;
END
$function$;
REVOKE ALL ON FUNCTION payments_follow_booking() FROM PUBLIC;
CREATE TRIGGER payments_follow_booking
 AFTER UPDATE ON bookings_booking
   FOR EACH ROW WHEN (
       (OLD.status, OLD.currency, OLD.retail_minor, OLD.refund_retail_minor, OLD.cancelled_at)
       IS DISTINCT FROM
       (NEW.status, NEW.currency, NEW.retail_minor, NEW.refund_retail_minor, NEW.cancelled_at))
   EXECUTE FUNCTION payments_follow_booking();
"""
LEAVE_BOOKING = """
DROP TRIGGER payments_follow_booking ON bookings_booking;
DROP FUNCTION payments_follow_booking();
"""


class Migration(migrations.Migration):

    replaces = [('payments', '0001_initial'), ('payments', '0002_indexes_of_the_list')]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('bookings', '0001_squashed_0023_words_of_choices'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name='Account',
                    fields=[
                        ('booking', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='account', serialize=False, to='bookings.booking')),
                        ('is_direct', models.BooleanField(verbose_name='our own sale')),
                        ('status', models.CharField(max_length=16)),
                        ('currency', models.CharField(max_length=3)),
                        ('retail_minor', models.BigIntegerField()),
                        ('refund_retail_minor', models.BigIntegerField(null=True)),
                        ('cancelled_at', models.DateTimeField(null=True)),
                        ('received_minor', models.BigIntegerField(verbose_name='received')),
                        ('refunded_minor', models.BigIntegerField(verbose_name='refunded')),
                        ('written_off_minor', models.BigIntegerField(verbose_name='written off')),
                        ('changed_at', models.DateTimeField()),
                        ('balance_minor', models.GeneratedField(db_persist=True, expression=models.Case(models.When(models.Q(('received_minor__gte', django.db.models.expressions.CombinedExpression(models.Case(models.When(models.Q(('is_direct', True), ('status__in', ['ON_HOLD', 'PENDING', 'CONFIRMED', 'REDEEMED'])), then=models.F('retail_minor')), models.When(models.Q(('is_direct', True), ('status', 'CANCELLED')), then=django.db.models.expressions.CombinedExpression(models.F('retail_minor'), '-', django.db.models.functions.comparison.Coalesce(models.F('refund_retail_minor'), models.Value(0)))), default=models.Value(0), output_field=models.BigIntegerField()), '+', models.F('refunded_minor')))), then=django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.Case(models.When(models.Q(('is_direct', True), ('status__in', ['ON_HOLD', 'PENDING', 'CONFIRMED', 'REDEEMED'])), then=models.F('retail_minor')), models.When(models.Q(('is_direct', True), ('status', 'CANCELLED')), then=django.db.models.expressions.CombinedExpression(models.F('retail_minor'), '-', django.db.models.functions.comparison.Coalesce(models.F('refund_retail_minor'), models.Value(0)))), default=models.Value(0), output_field=models.BigIntegerField()), '-', models.F('received_minor')), '+', models.F('refunded_minor'))), default=django.db.models.functions.comparison.Greatest(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.Case(models.When(models.Q(('is_direct', True), ('status__in', ['ON_HOLD', 'PENDING', 'CONFIRMED', 'REDEEMED'])), then=models.F('retail_minor')), models.When(models.Q(('is_direct', True), ('status', 'CANCELLED')), then=django.db.models.expressions.CombinedExpression(models.F('retail_minor'), '-', django.db.models.functions.comparison.Coalesce(models.F('refund_retail_minor'), models.Value(0)))), default=models.Value(0), output_field=models.BigIntegerField()), '-', models.F('received_minor')), '+', models.F('refunded_minor')), '-', models.F('written_off_minor')), models.Value(0)), output_field=models.BigIntegerField()), output_field=models.BigIntegerField())),
                        ('since', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Coalesce(models.F('cancelled_at'), models.F('changed_at')), output_field=models.DateTimeField())),
                    ],
                    options={
                        'verbose_name': 'guest account',
                        'ordering': ['since'],
                        'default_permissions': ('view',),
                        'indexes': [models.Index(condition=models.Q(('balance_minor__lt', 0)), fields=['since', 'booking'], name='account_refund_due'), models.Index(condition=models.Q(('balance_minor__gt', 0)), fields=['since', 'booking'], name='account_payment_due')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('received_minor__gte', models.F('refunded_minor')), ('refunded_minor__gte', 0)), name='account_refunds_what_it_received'), models.CheckConstraint(condition=models.Q(('written_off_minor__gte', 0)), name='account_writes_off_debts')],
                    },
                ),
                migrations.CreateModel(
                    name='Entry',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('booking', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='bookings.booking')),
                        ('kind', models.CharField(choices=[('RECEIVED', 'Received'), ('REFUNDED', 'Refunded'), ('WRITTEN_OFF', 'Written off')], max_length=16)),
                        ('amount_minor', models.BigIntegerField(verbose_name='amount')),
                        ('currency', models.CharField(max_length=3)),
                        ('method', models.CharField(blank=True, choices=[('CASH', 'Cash'), ('CARD', 'Card'), ('BANK_TRANSFER', 'Bank transfer'), ('VOUCHER', 'Voucher'), ('OTHER', 'Other')], max_length=16, null=True)),
                        ('reference', models.CharField(blank=True, help_text='Of the receipt or the bank statement.', max_length=100)),
                        ('note', models.TextField(blank=True)),
                        ('reverses', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversal', to='payments.entry')),
                        ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('recorded_at', models.DateTimeField()),
                    ],
                    options={
                        'verbose_name': 'payment',
                        'ordering': ['-id'],
                        'permissions': [('refund_entry', 'Can record refunds and write-offs, and reverse payments')],
                        'default_permissions': ('add', 'view'),
                        'indexes': [models.Index(fields=['booking', 'id'], name='entry_of_booking'), models.Index(fields=['recorded_at'], name='entry_by_time'), models.Index(fields=['kind', '-id'], name='entry_by_kind'), models.Index(fields=['method', '-id'], name='entry_by_method'), models.Index(django.contrib.postgres.indexes.OpClass(models.F('reference'), name='text_pattern_ops'), name='entry_by_reference')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='entry_amount_is_above_zero'), models.CheckConstraint(condition=models.Q(('kind__in', ['RECEIVED', 'REFUNDED', 'WRITTEN_OFF'])), name='entry_kind_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'WRITTEN_OFF'), ('method', None)), models.Q(models.Q(('kind', 'WRITTEN_OFF'), _negated=True), ('method__in', ['CASH', 'CARD', 'BANK_TRANSFER', 'VOUCHER', 'OTHER']), ('method__isnull', False)), _connector='OR'), name='entry_method_is_of_money'), models.CheckConstraint(condition=models.Q(('reverses', None), models.Q(('reverses', models.F('id')), _negated=True), _connector='OR'), name='entry_reverses_another')],
                    },
                ),
                migrations.CreateModel(
                    name='EntryEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='payments.entry')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('booking', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.booking')),
                        ('kind', models.CharField(choices=[('RECEIVED', 'Received'), ('REFUNDED', 'Refunded'), ('WRITTEN_OFF', 'Written off')], max_length=16)),
                        ('amount_minor', models.BigIntegerField(verbose_name='amount')),
                        ('currency', models.CharField(max_length=3)),
                        ('method', models.CharField(blank=True, choices=[('CASH', 'Cash'), ('CARD', 'Card'), ('BANK_TRANSFER', 'Bank transfer'), ('VOUCHER', 'Voucher'), ('OTHER', 'Other')], max_length=16, null=True)),
                        ('reference', models.CharField(blank=True, help_text='Of the receipt or the bank statement.', max_length=100)),
                        ('reverses', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='payments.entry')),
                        ('recorded_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('recorded_at', models.DateTimeField()),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='entry',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "payments_entryevent" ("amount_minor", "booking_id", "currency", "id", "kind", "method", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "reference", "reverses_id") VALUES (NEW."amount_minor", NEW."booking_id", NEW."currency", NEW."id", NEW."kind", NEW."method", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."reference", NEW."reverses_id"); RETURN NULL;', hash='8d8fd7dbcb7d6d4e66ba8bbd878ffd5e0f97a6b5', operation='INSERT', pgid='pgtrigger_insert_insert_651f2', table='payments_entry', when='AFTER')),
                ),
            ],
        ),
        migrations.RunSQL(FOLLOW_BOOKING, LEAVE_BOOKING),
    ]
