"""Bookings, their tickets and histories."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from core_site.postgresql.create_models import CreateModels

# SECURITY DEFINER: a role that may DELETE from a table may also LOCK it against all others, so the
# edge may not (PostgreSQL's manual, LOCK).
REMOVE = """
CREATE FUNCTION bookings_remove_items(of_booking bigint, kept uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
    DELETE FROM bookings_unititem WHERE booking_id = of_booking AND uuid <> ALL (kept)
$function$;
REVOKE ALL ON FUNCTION bookings_remove_items(bigint, uuid[]) FROM PUBLIC;
"""


class Migration(migrations.Migration):

    replaces = [('bookings', '0001_initial'), ('bookings', '0002_initial'), ('bookings', '0003_tickets_sent_at'), ('bookings', '0004_tickets_sent_before'), ('bookings', '0005_refunds'), ('bookings', '0006_refunds_before'), ('bookings', '0007_refund_constraints'), ('bookings', '0008_test_stock'), ('bookings', '0009_places_of_earlier_tests'), ('bookings', '0010_carried_out'), ('bookings', '0011_move_notice'), ('bookings', '0012_uuid_of_partner'), ('bookings', '0013_guestmail'), ('bookings', '0014_remove_items'), ('bookings', '0015_channel'), ('bookings', '0016_attendance'), ('bookings', '0017_move_notice_message'), ('bookings', '0018_internal_note'), ('bookings', '0019_pickup'), ('bookings', '0020_delete_guestmail'), ('bookings', '0021_keep_price'), ('bookings', '0022_indexes_in_use'), ('bookings', '0023_words_of_choices')]

    initial = True

    dependencies = [
        ('catalog', '0001_squashed_0012_place'),
        ('partners', '0001_squashed_0005_partner_kind'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name='Booking',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('uuid', models.UUIDField()),
                        ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to='partners.partner')),
                        ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to='catalog.product')),
                        ('option', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to='catalog.option')),
                        ('departure', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to='catalog.departure')),
                        ('test_mode', models.BooleanField(default=False)),
                        ('status', models.CharField(choices=[('ON_HOLD', 'On hold'), ('CONFIRMED', 'Confirmed'), ('EXPIRED', 'Expired'), ('CANCELLED', 'Cancelled'), ('REDEEMED', 'Redeemed'), ('PENDING', 'Pending'), ('REJECTED', 'Rejected')], max_length=16)),
                        ('supplier_reference', models.CharField(max_length=32, unique=True)),
                        ('reseller_reference', models.CharField(blank=True, max_length=255, null=True)),
                        ('channel', models.CharField(choices=[('API', 'API'), ('TELEPHONE', 'Telephone'), ('WALK_IN', 'Walk-in'), ('EMAIL', 'E-mail')], db_default='API', default='API', help_text="How it came: by a partner's program, or at the booking desk.", max_length=16)),
                        ('reservation_fingerprint', models.BinaryField(help_text='SHA-256 of the reservation as sent: a repeat with other content is refused.')),
                        ('created_at', models.DateTimeField()),
                        ('updated_at', models.DateTimeField()),
                        ('hold_expires_at', models.DateTimeField(blank=True, null=True)),
                        ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                        ('sale_date', models.DateField(blank=True, help_text="The product's local date when it was confirmed.", null=True)),
                        ('redeemed_at', models.DateTimeField(blank=True, null=True)),
                        ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                        ('cancellation_refund', models.CharField(blank=True, choices=[('FULL', 'Full'), ('PARTIAL', 'Partial'), ('NONE', 'None')], max_length=8, null=True)),
                        ('cancellation_initiator', models.CharField(blank=True, choices=[('PARTNER', 'Partner'), ('SUPPLIER', 'Supplier')], max_length=8, null=True)),
                        ('cancellation_reason', models.TextField(blank=True, null=True)),
                        ('refund_retail_minor', models.BigIntegerField(blank=True, help_text='What the guest gets back.', null=True)),
                        ('refund_net_minor', models.BigIntegerField(blank=True, help_text='What the partner no longer owes.', null=True)),
                        ('contact', models.JSONField(blank=True, default=dict)),
                        ('notes', models.TextField(blank=True, null=True)),
                        ('pickup_hotel', models.CharField(blank=True, help_text='Where the guests are picked up.', max_length=255, null=True)),
                        ('pickup_time', models.CharField(blank=True, help_text='By the clock of the product, as 08:30.', max_length=5, null=True)),
                        ('email_receipt', models.BooleanField(default=False)),
                        ('internal_note', models.TextField(blank=True, help_text='For staff; partners never see it.', null=True)),
                        ('tickets_due_at', models.DateTimeField(blank=True, help_text='Since when the guest is owed an e-mail with the tickets.', null=True)),
                        ('tickets_sent_at', models.DateTimeField(blank=True, help_text='When the guest was last sent the tickets by e-mail.', null=True)),
                        ('tickets_recipient', models.TextField(blank=True, help_text='Where the due tickets go, this once, but to the guest.', null=True)),
                        ('voucher_code', models.CharField(blank=True, max_length=32, null=True, unique=True)),
                        ('places', models.PositiveIntegerField(help_text="Places taken on the departure; by a test, of its partner's test stock only.")),
                        ('currency', models.CharField(max_length=3)),
                        ('original_minor', models.BigIntegerField()),
                        ('retail_minor', models.BigIntegerField()),
                        ('net_minor', models.BigIntegerField()),
                        ('taxes', models.JSONField(blank=True, default=list)),
                        ('carried_out', models.JSONField(blank=True, db_default=[], default=list, editable=False, help_text='The latest requests with an Idempotency-Key: digests of key and content.')),
                    ],
                    options={
                        'ordering': ['-id'],
                        'permissions': [('view_personal_data', 'Can see who travels: contact details, notes and reasons'), ('sell_booking', 'Can make bookings at the desk'), ('oversell', 'Can book over capacity or in the past'), ('keep_price', "Can keep a booking's price when moving it")],
                        'indexes': [models.Index(fields=['partner', '-id'], name='booking_of_partner'), models.Index(condition=models.Q(('reseller_reference__isnull', False)), fields=['partner', 'reseller_reference'], name='booking_by_reseller_reference'), models.Index(fields=['departure', 'status'], include=('partner', 'currency', 'net_minor', 'refund_net_minor', 'test_mode', 'confirmed_at', 'cancellation_refund', 'places'), name='booking_by_departure'), models.Index(condition=models.Q(('test_mode', True)), fields=['departure', 'partner'], name='booking_tests_of_departure'), models.Index(condition=models.Q(('status', 'ON_HOLD')), fields=['hold_expires_at'], name='booking_holds_by_expiry'), models.Index(condition=models.Q(('tickets_due_at__isnull', False)), fields=['tickets_due_at'], name='booking_tickets_due'), models.Index(fields=['status', '-id'], name='booking_by_status'), models.Index(condition=models.Q(('channel__in', ['TELEPHONE', 'WALK_IN', 'EMAIL'])), fields=['channel', '-id'], name='booking_by_desk_channel')],
                        'constraints': [models.UniqueConstraint(fields=('uuid', 'partner', 'test_mode'), name='booking_uuid_of_partner'), models.CheckConstraint(condition=models.Q(('status__in', ['ON_HOLD', 'CONFIRMED', 'EXPIRED', 'CANCELLED', 'REDEEMED', 'PENDING', 'REJECTED'])), name='booking_status_is_known'), models.CheckConstraint(condition=models.Q(('pickup_time', None), ('pickup_time__regex', '^([01][0-9]|2[0-3]):[0-5][0-9]$'), _connector='OR'), name='booking_pickup_time_is_a_time'), models.CheckConstraint(condition=models.Q(('channel__in', ['API', 'TELEPHONE', 'EMAIL', 'WALK_IN'])), name='booking_channel_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('hold_expires_at__isnull', False), ('status__in', ['ON_HOLD', 'EXPIRED'])), models.Q(models.Q(('status__in', ['ON_HOLD', 'EXPIRED']), _negated=True), ('hold_expires_at', None)), _connector='OR'), name='exactly_holds_expire'), models.CheckConstraint(condition=models.Q(models.Q(('cancelled_at__isnull', False), ('status', 'CANCELLED'), ('cancellation_initiator__isnull', False), ('cancellation_refund__isnull', False)), models.Q(models.Q(('status', 'CANCELLED'), _negated=True), ('cancellation_initiator', None), ('cancellation_refund', None), ('cancelled_at', None)), _connector='OR'), name='exactly_cancelled_bookings_say_so'), models.CheckConstraint(condition=models.Q(models.Q(('refund_retail_minor__isnull', False), ('status', 'CANCELLED'), ('refund_net_minor__isnull', False)), models.Q(models.Q(('status', 'CANCELLED'), _negated=True), ('refund_net_minor', None), ('refund_retail_minor', None)), _connector='OR'), name='exactly_cancelled_bookings_refund'), models.CheckConstraint(condition=models.Q(models.Q(('refund_net_minor', None), ('refund_retail_minor', None)), models.Q(('refund_retail_minor__range', (0, models.F('retail_minor'))), ('refund_net_minor__range', (0, models.F('net_minor')))), _connector='OR'), name='booking_refund_is_of_its_price'), models.CheckConstraint(condition=models.Q(models.Q(('cancellation_refund__in', ['FULL', 'NONE']), _negated=True), models.Q(('cancellation_refund', 'FULL'), ('refund_retail_minor', models.F('retail_minor')), ('refund_net_minor', models.F('net_minor'))), models.Q(('cancellation_refund', 'NONE'), ('refund_net_minor', 0), ('refund_retail_minor', 0)), _connector='OR'), name='booking_refund_is_what_it_is_called'), models.CheckConstraint(condition=models.Q(('confirmed_at', None), ('sale_date__isnull', False), _connector='OR'), name='confirmed_bookings_have_a_sale_date'), models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['CONFIRMED', 'REDEEMED']), _negated=True), ('confirmed_at__isnull', False), _connector='OR'), name='confirmed_bookings_say_when'), models.CheckConstraint(condition=models.Q(('original_minor__gte', models.F('retail_minor')), ('retail_minor__gte', models.F('net_minor')), ('net_minor__gte', 0)), name='booking_money_makes_sense')],
                    },
                ),
                migrations.CreateModel(
                    name='BookingEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='bookings.booking')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('uuid', models.UUIDField()),
                        ('partner', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='partners.partner')),
                        ('product', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.product')),
                        ('option', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.option')),
                        ('departure', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.departure')),
                        ('test_mode', models.BooleanField(default=False)),
                        ('status', models.CharField(choices=[('ON_HOLD', 'On hold'), ('CONFIRMED', 'Confirmed'), ('EXPIRED', 'Expired'), ('CANCELLED', 'Cancelled'), ('REDEEMED', 'Redeemed'), ('PENDING', 'Pending'), ('REJECTED', 'Rejected')], max_length=16)),
                        ('supplier_reference', models.CharField(max_length=32)),
                        ('reseller_reference', models.CharField(blank=True, max_length=255, null=True)),
                        ('channel', models.CharField(choices=[('API', 'API'), ('TELEPHONE', 'Telephone'), ('WALK_IN', 'Walk-in'), ('EMAIL', 'E-mail')], db_default='API', default='API', help_text="How it came: by a partner's program, or at the booking desk.", max_length=16)),
                        ('reservation_fingerprint', models.BinaryField(help_text='SHA-256 of the reservation as sent: a repeat with other content is refused.')),
                        ('created_at', models.DateTimeField()),
                        ('updated_at', models.DateTimeField()),
                        ('hold_expires_at', models.DateTimeField(blank=True, null=True)),
                        ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                        ('sale_date', models.DateField(blank=True, help_text="The product's local date when it was confirmed.", null=True)),
                        ('redeemed_at', models.DateTimeField(blank=True, null=True)),
                        ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                        ('cancellation_refund', models.CharField(blank=True, choices=[('FULL', 'Full'), ('PARTIAL', 'Partial'), ('NONE', 'None')], max_length=8, null=True)),
                        ('cancellation_initiator', models.CharField(blank=True, choices=[('PARTNER', 'Partner'), ('SUPPLIER', 'Supplier')], max_length=8, null=True)),
                        ('refund_retail_minor', models.BigIntegerField(blank=True, help_text='What the guest gets back.', null=True)),
                        ('refund_net_minor', models.BigIntegerField(blank=True, help_text='What the partner no longer owes.', null=True)),
                        ('pickup_time', models.CharField(blank=True, help_text='By the clock of the product, as 08:30.', max_length=5, null=True)),
                        ('email_receipt', models.BooleanField(default=False)),
                        ('tickets_due_at', models.DateTimeField(blank=True, help_text='Since when the guest is owed an e-mail with the tickets.', null=True)),
                        ('tickets_sent_at', models.DateTimeField(blank=True, help_text='When the guest was last sent the tickets by e-mail.', null=True)),
                        ('voucher_code', models.CharField(blank=True, max_length=32, null=True)),
                        ('places', models.PositiveIntegerField(help_text="Places taken on the departure; by a test, of its partner's test stock only.")),
                        ('currency', models.CharField(max_length=3)),
                        ('original_minor', models.BigIntegerField()),
                        ('retail_minor', models.BigIntegerField()),
                        ('net_minor', models.BigIntegerField()),
                        ('taxes', models.JSONField(blank=True, default=list)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='MoveNotice',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('booking', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='move_notice', to='bookings.booking')),
                        ('due_at', models.DateTimeField()),
                        ('before', models.JSONField()),
                        ('message', models.TextField(blank=True, db_default='', default='', help_text='What staff say beside the facts.')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['due_at'], name='move_notice_by_age')],
                    },
                ),
                migrations.CreateModel(
                    name='UnitItem',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('booking', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='unit_items', to='bookings.booking')),
                        ('uuid', models.UUIDField()),
                        ('position', models.PositiveSmallIntegerField()),
                        ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.unit')),
                        ('reseller_reference', models.CharField(blank=True, max_length=255, null=True)),
                        ('supplier_reference', models.CharField(max_length=40)),
                        ('redeemed_at', models.DateTimeField(blank=True, null=True)),
                        ('ticket_code', models.CharField(blank=True, max_length=32, null=True, unique=True)),
                        ('attendance', models.CharField(blank=True, choices=[('LATE', 'Late'), ('NO_SHOW', 'No-show')], help_text='What was noted on the manifest; a redeemed ticket counts before it.', max_length=8, null=True)),
                        ('attendance_at', models.DateTimeField(blank=True, null=True)),
                        ('attendance_by', models.CharField(blank=True, help_text="The staff user or the guide's link.", max_length=160, null=True)),
                        ('contact', models.JSONField(blank=True, default=dict)),
                        ('original_minor', models.BigIntegerField(blank=True, null=True)),
                        ('retail_minor', models.BigIntegerField(blank=True, null=True)),
                        ('net_minor', models.BigIntegerField(blank=True, null=True)),
                        ('refund_retail_minor', models.BigIntegerField(blank=True, null=True)),
                        ('refund_net_minor', models.BigIntegerField(blank=True, null=True)),
                        ('taxes', models.JSONField(blank=True, default=list)),
                    ],
                    options={
                        'ordering': ['booking', 'position'],
                        'constraints': [models.UniqueConstraint(fields=('booking', 'uuid'), name='item_uuid_in_booking'), models.CheckConstraint(condition=models.Q(models.Q(('attendance', None), ('attendance_at', None), ('attendance_by', None)), models.Q(('attendance__in', ['LATE', 'NO_SHOW']), ('attendance_at__isnull', False), ('attendance_by__isnull', False)), _connector='OR'), name='item_attendance_says_when_and_by_whom'), models.CheckConstraint(condition=models.Q(models.Q(('net_minor', None), ('original_minor', None), ('retail_minor', None)), models.Q(('net_minor__gte', 0), ('original_minor__gte', models.F('retail_minor')), ('retail_minor__gte', models.F('net_minor'))), _connector='OR'), name='item_money_makes_sense'), models.CheckConstraint(condition=models.Q(models.Q(('refund_net_minor', None), ('refund_retail_minor', None)), models.Q(('refund_retail_minor__isnull', False), ('retail_minor__isnull', False), ('refund_net_minor__isnull', False), ('refund_net_minor__range', (0, models.F('net_minor'))), ('refund_retail_minor__range', (0, models.F('retail_minor')))), _connector='OR'), name='item_refund_is_of_its_price')],
                    },
                ),
                migrations.CreateModel(
                    name='UnitItemEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='bookings.unititem')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('booking', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.booking')),
                        ('uuid', models.UUIDField()),
                        ('position', models.PositiveSmallIntegerField()),
                        ('unit', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.unit')),
                        ('reseller_reference', models.CharField(blank=True, max_length=255, null=True)),
                        ('supplier_reference', models.CharField(max_length=40)),
                        ('redeemed_at', models.DateTimeField(blank=True, null=True)),
                        ('ticket_code', models.CharField(blank=True, max_length=32, null=True)),
                        ('attendance', models.CharField(blank=True, choices=[('LATE', 'Late'), ('NO_SHOW', 'No-show')], help_text='What was noted on the manifest; a redeemed ticket counts before it.', max_length=8, null=True)),
                        ('attendance_at', models.DateTimeField(blank=True, null=True)),
                        ('attendance_by', models.CharField(blank=True, help_text="The staff user or the guide's link.", max_length=160, null=True)),
                        ('original_minor', models.BigIntegerField(blank=True, null=True)),
                        ('retail_minor', models.BigIntegerField(blank=True, null=True)),
                        ('net_minor', models.BigIntegerField(blank=True, null=True)),
                        ('refund_retail_minor', models.BigIntegerField(blank=True, null=True)),
                        ('refund_net_minor', models.BigIntegerField(blank=True, null=True)),
                        ('taxes', models.JSONField(blank=True, default=list)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='booking',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_bookingevent" ("cancellation_initiator", "cancellation_refund", "cancelled_at", "channel", "confirmed_at", "created_at", "currency", "departure_id", "email_receipt", "hold_expires_at", "id", "net_minor", "option_id", "original_minor", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pickup_time", "places", "product_id", "redeemed_at", "refund_net_minor", "refund_retail_minor", "reseller_reference", "reservation_fingerprint", "retail_minor", "sale_date", "status", "supplier_reference", "taxes", "test_mode", "tickets_due_at", "tickets_sent_at", "updated_at", "uuid", "voucher_code") VALUES (NEW."cancellation_initiator", NEW."cancellation_refund", NEW."cancelled_at", NEW."channel", NEW."confirmed_at", NEW."created_at", NEW."currency", NEW."departure_id", NEW."email_receipt", NEW."hold_expires_at", NEW."id", NEW."net_minor", NEW."option_id", NEW."original_minor", NEW."partner_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."pickup_time", NEW."places", NEW."product_id", NEW."redeemed_at", NEW."refund_net_minor", NEW."refund_retail_minor", NEW."reseller_reference", NEW."reservation_fingerprint", NEW."retail_minor", NEW."sale_date", NEW."status", NEW."supplier_reference", NEW."taxes", NEW."test_mode", NEW."tickets_due_at", NEW."tickets_sent_at", NEW."updated_at", NEW."uuid", NEW."voucher_code"); RETURN NULL;', hash='d9f577aa2d3694a0cb94aa8b130a0531a5c21b95', operation='INSERT', pgid='pgtrigger_insert_insert_28bb6', table='bookings_booking', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='booking',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."cancellation_initiator" IS DISTINCT FROM (NEW."cancellation_initiator") OR OLD."cancellation_refund" IS DISTINCT FROM (NEW."cancellation_refund") OR OLD."cancelled_at" IS DISTINCT FROM (NEW."cancelled_at") OR OLD."channel" IS DISTINCT FROM (NEW."channel") OR OLD."confirmed_at" IS DISTINCT FROM (NEW."confirmed_at") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."departure_id" IS DISTINCT FROM (NEW."departure_id") OR OLD."email_receipt" IS DISTINCT FROM (NEW."email_receipt") OR OLD."hold_expires_at" IS DISTINCT FROM (NEW."hold_expires_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."net_minor" IS DISTINCT FROM (NEW."net_minor") OR OLD."option_id" IS DISTINCT FROM (NEW."option_id") OR OLD."original_minor" IS DISTINCT FROM (NEW."original_minor") OR OLD."partner_id" IS DISTINCT FROM (NEW."partner_id") OR OLD."pickup_time" IS DISTINCT FROM (NEW."pickup_time") OR OLD."places" IS DISTINCT FROM (NEW."places") OR OLD."product_id" IS DISTINCT FROM (NEW."product_id") OR OLD."redeemed_at" IS DISTINCT FROM (NEW."redeemed_at") OR OLD."refund_net_minor" IS DISTINCT FROM (NEW."refund_net_minor") OR OLD."refund_retail_minor" IS DISTINCT FROM (NEW."refund_retail_minor") OR OLD."reseller_reference" IS DISTINCT FROM (NEW."reseller_reference") OR OLD."reservation_fingerprint" IS DISTINCT FROM (NEW."reservation_fingerprint") OR OLD."retail_minor" IS DISTINCT FROM (NEW."retail_minor") OR OLD."sale_date" IS DISTINCT FROM (NEW."sale_date") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."supplier_reference" IS DISTINCT FROM (NEW."supplier_reference") OR OLD."taxes" IS DISTINCT FROM (NEW."taxes") OR OLD."test_mode" IS DISTINCT FROM (NEW."test_mode") OR OLD."tickets_due_at" IS DISTINCT FROM (NEW."tickets_due_at") OR OLD."tickets_sent_at" IS DISTINCT FROM (NEW."tickets_sent_at") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."uuid" IS DISTINCT FROM (NEW."uuid") OR OLD."voucher_code" IS DISTINCT FROM (NEW."voucher_code"))', func='INSERT INTO "bookings_bookingevent" ("cancellation_initiator", "cancellation_refund", "cancelled_at", "channel", "confirmed_at", "created_at", "currency", "departure_id", "email_receipt", "hold_expires_at", "id", "net_minor", "option_id", "original_minor", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pickup_time", "places", "product_id", "redeemed_at", "refund_net_minor", "refund_retail_minor", "reseller_reference", "reservation_fingerprint", "retail_minor", "sale_date", "status", "supplier_reference", "taxes", "test_mode", "tickets_due_at", "tickets_sent_at", "updated_at", "uuid", "voucher_code") VALUES (NEW."cancellation_initiator", NEW."cancellation_refund", NEW."cancelled_at", NEW."channel", NEW."confirmed_at", NEW."created_at", NEW."currency", NEW."departure_id", NEW."email_receipt", NEW."hold_expires_at", NEW."id", NEW."net_minor", NEW."option_id", NEW."original_minor", NEW."partner_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."pickup_time", NEW."places", NEW."product_id", NEW."redeemed_at", NEW."refund_net_minor", NEW."refund_retail_minor", NEW."reseller_reference", NEW."reservation_fingerprint", NEW."retail_minor", NEW."sale_date", NEW."status", NEW."supplier_reference", NEW."taxes", NEW."test_mode", NEW."tickets_due_at", NEW."tickets_sent_at", NEW."updated_at", NEW."uuid", NEW."voucher_code"); RETURN NULL;', hash='35725db319671615f52465e4831602ca96194f19', operation='UPDATE', pgid='pgtrigger_update_update_d8751', table='bookings_booking', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='booking',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_bookingevent" ("cancellation_initiator", "cancellation_refund", "cancelled_at", "channel", "confirmed_at", "created_at", "currency", "departure_id", "email_receipt", "hold_expires_at", "id", "net_minor", "option_id", "original_minor", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pickup_time", "places", "product_id", "redeemed_at", "refund_net_minor", "refund_retail_minor", "reseller_reference", "reservation_fingerprint", "retail_minor", "sale_date", "status", "supplier_reference", "taxes", "test_mode", "tickets_due_at", "tickets_sent_at", "updated_at", "uuid", "voucher_code") VALUES (OLD."cancellation_initiator", OLD."cancellation_refund", OLD."cancelled_at", OLD."channel", OLD."confirmed_at", OLD."created_at", OLD."currency", OLD."departure_id", OLD."email_receipt", OLD."hold_expires_at", OLD."id", OLD."net_minor", OLD."option_id", OLD."original_minor", OLD."partner_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."pickup_time", OLD."places", OLD."product_id", OLD."redeemed_at", OLD."refund_net_minor", OLD."refund_retail_minor", OLD."reseller_reference", OLD."reservation_fingerprint", OLD."retail_minor", OLD."sale_date", OLD."status", OLD."supplier_reference", OLD."taxes", OLD."test_mode", OLD."tickets_due_at", OLD."tickets_sent_at", OLD."updated_at", OLD."uuid", OLD."voucher_code"); RETURN NULL;', hash='cc240e0a383de33d1cd0cb59e5b075f485b9285d', operation='DELETE', pgid='pgtrigger_delete_delete_0839f', table='bookings_booking', when='AFTER')),
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
            ],
        ),
        migrations.RunSQL(REMOVE, "DROP FUNCTION bookings_remove_items(bigint, uuid[])"),
    ]
