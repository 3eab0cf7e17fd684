"""Partners and their API keys, with histories."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from core_site.postgresql.create_models import CreateModels


class Migration(migrations.Migration):

    replaces = [('partners', '0001_initial'), ('partners', '0002_max_held_percent'), ('partners', '0003_test_mail_addresses'), ('partners', '0004_apikey_rate_limit'), ('partners', '0005_partner_kind')]

    initial = True

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name='Partner',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code', models.SlugField(help_text="Short and permanent, such as 'alpine-tickets'.", max_length=64, unique=True)),
                        ('name', models.CharField(max_length=200)),
                        ('kind', models.CharField(choices=[('reseller', 'Reseller: sells by its own program'), ('direct', 'Direct: our own sales at the booking desk')], db_default='reseller', default='reseller', help_text='For good. A direct partner sells every product at the retail price, without commission, and has no API keys.', max_length=8)),
                        ('email', models.EmailField(help_text='Whom to write to about the API, or about what the desk has sold.', max_length=254)),
                        ('is_active', models.BooleanField(default=True, help_text="Without it, none of the partner's keys work.")),
                        ('max_hold_minutes', models.PositiveIntegerField(default=240, help_text="How long this partner may hold places, in minutes, all extensions included. A hold also ends with its departure's booking cut-off.", validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10080)])),
                        ('max_held_percent', models.PositiveSmallIntegerField(db_default=80, default=80, help_text="How much of a departure's capacity this partner's running holds may take together, from 1 to 100. Its first hold may always take more; confirmed bookings do not count.", validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='most held at once, in per cent')),
                        ('test_mail_addresses', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, db_default=[], default=list, help_text='A mail about a test booking is kept under Mails, unless its guest has one of these addresses; then it is sent.', size=None, verbose_name='addresses for mails of tests')),
                        ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                    ],
                    options={
                        'ordering': ['name'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('max_hold_minutes__gte', 1), ('max_hold_minutes__lte', 10080)), name='partner_max_hold_minutes_1_to_10080', violation_error_message='A hold lasts from 1 minute to 7 days (10080 minutes).'), models.CheckConstraint(condition=models.Q(('max_held_percent__gte', 1), ('max_held_percent__lte', 100)), name='partner_max_held_percent_1_to_100', violation_error_message='The share held at once is from 1 to 100 per cent.'), models.CheckConstraint(condition=models.Q(('code', ''), _negated=True), name='partner_code_not_empty'), models.CheckConstraint(condition=models.Q(('kind__in', ['reseller', 'direct'])), name='partner_kind_is_known')],
                    },
                ),
                migrations.CreateModel(
                    name='PartnerEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='partners.partner')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('code', models.SlugField(db_index=False, help_text="Short and permanent, such as 'alpine-tickets'.", max_length=64)),
                        ('name', models.CharField(max_length=200)),
                        ('kind', models.CharField(choices=[('reseller', 'Reseller: sells by its own program'), ('direct', 'Direct: our own sales at the booking desk')], db_default='reseller', default='reseller', help_text='For good. A direct partner sells every product at the retail price, without commission, and has no API keys.', max_length=8)),
                        ('email', models.EmailField(help_text='Whom to write to about the API, or about what the desk has sold.', max_length=254)),
                        ('is_active', models.BooleanField(default=True, help_text="Without it, none of the partner's keys work.")),
                        ('max_hold_minutes', models.PositiveIntegerField(default=240, help_text="How long this partner may hold places, in minutes, all extensions included. A hold also ends with its departure's booking cut-off.", validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10080)])),
                        ('max_held_percent', models.PositiveSmallIntegerField(db_default=80, default=80, help_text="How much of a departure's capacity this partner's running holds may take together, from 1 to 100. Its first hold may always take more; confirmed bookings do not count.", validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='most held at once, in per cent')),
                        ('test_mail_addresses', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, db_default=[], default=list, help_text='A mail about a test booking is kept under Mails, unless its guest has one of these addresses; then it is sent.', size=None, verbose_name='addresses for mails of tests')),
                        ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='ApiKey',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='api_keys', to='partners.partner')),
                        ('label', models.CharField(help_text='What the key is for.', max_length=100)),
                        ('prefix', models.TextField(help_text='The beginning of the key, to recognise it by.')),
                        ('digest', models.BinaryField(help_text='SHA-256 of the key.', unique=True)),
                        ('is_test', models.BooleanField(help_text='Test keys make and see test bookings only.')),
                        ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), help_text='What the key may do.', size=None)),
                        ('created_at', models.DateTimeField()),
                        ('expires_at', models.DateTimeField(blank=True, null=True)),
                        ('revoked_at', models.DateTimeField(blank=True, null=True)),
                        ('replaced_by', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaces', to='partners.apikey')),
                        ('rate_limit_per_second', models.PositiveIntegerField(blank=True, help_text='How many calls the key may make in a second, in the long run. Empty: as many as every key (PORTICO_KEY_CALLS_PER_SECOND).', null=True, verbose_name='calls in a second')),
                    ],
                    options={
                        'verbose_name': 'API key',
                        'ordering': ['-id'],
                        'constraints': [models.CheckConstraint(condition=django.db.models.lookups.Exact(django.db.models.functions.text.Length('digest'), 32), name='apikey_digest_is_sha256'), models.CheckConstraint(condition=models.Q(('scopes__contained_by', ['catalog:read', 'bookings:read', 'bookings:write', 'users:read', 'users:write'])), name='apikey_scopes_known'), models.CheckConstraint(condition=models.Q(('scopes__len__gt', 0)), name='apikey_scopes_not_empty'), models.CheckConstraint(condition=models.Q(('rate_limit_per_second', None), models.Q(('rate_limit_per_second__gte', 1), ('rate_limit_per_second__lte', 10000)), _connector='OR'), name='apikey_rate_limit_1_to_10000'), models.CheckConstraint(condition=models.Q(models.Q(('is_test', True), ('prefix__startswith', 'pk_test_')), models.Q(('is_test', False), ('prefix__startswith', 'pk_live_')), _connector='OR'), name='apikey_prefix_tells_mode')],
                    },
                ),
                migrations.CreateModel(
                    name='ApiKeyEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='partners.apikey')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('partner', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='partners.partner')),
                        ('label', models.CharField(help_text='What the key is for.', max_length=100)),
                        ('prefix', models.TextField(help_text='The beginning of the key, to recognise it by.')),
                        ('is_test', models.BooleanField(help_text='Test keys make and see test bookings only.')),
                        ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), help_text='What the key may do.', size=None)),
                        ('created_at', models.DateTimeField()),
                        ('expires_at', models.DateTimeField(blank=True, null=True)),
                        ('revoked_at', models.DateTimeField(blank=True, null=True)),
                        ('replaced_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='partners.apikey')),
                        ('rate_limit_per_second', models.PositiveIntegerField(blank=True, help_text='How many calls the key may make in a second, in the long run. Empty: as many as every key (PORTICO_KEY_CALLS_PER_SECOND).', null=True, verbose_name='calls in a second')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='partner',
                    trigger=pgtrigger.compiler.Trigger(name='notify_edge', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."is_active" IS DISTINCT FROM (NEW."is_active"))', func="PERFORM pg_notify('portico_api_key', '*'); RETURN NULL;", hash='f37a5286bc1e04190b5c2cb0a00157ae07db6bb1', operation='UPDATE', pgid='pgtrigger_notify_edge_f6bf8', table='partners_partner', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='partner',
                    trigger=pgtrigger.compiler.Trigger(name='keep_kind', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."kind" IS DISTINCT FROM (NEW."kind"))', func="\n    RAISE EXCEPTION 'a partner keeps its kind'\n        USING ERRCODE = 'check_violation', CONSTRAINT = 'partner_keeps_its_kind';\n", hash='b6c90ce34fe7ba3766ec4d28eea58e4f17f143b3', operation='UPDATE', pgid='pgtrigger_keep_kind_a96a5', table='partners_partner', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='partner',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "partners_partnerevent" ("code", "created_at", "email", "id", "is_active", "kind", "max_held_percent", "max_hold_minutes", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "test_mail_addresses") VALUES (NEW."code", NEW."created_at", NEW."email", NEW."id", NEW."is_active", NEW."kind", NEW."max_held_percent", NEW."max_hold_minutes", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."test_mail_addresses"); RETURN NULL;', hash='7c0d2cad47627be39cca5a89bf2184d853394e20', operation='INSERT', pgid='pgtrigger_insert_insert_71860', table='partners_partner', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='partner',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "partners_partnerevent" ("code", "created_at", "email", "id", "is_active", "kind", "max_held_percent", "max_hold_minutes", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "test_mail_addresses") VALUES (NEW."code", NEW."created_at", NEW."email", NEW."id", NEW."is_active", NEW."kind", NEW."max_held_percent", NEW."max_hold_minutes", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."test_mail_addresses"); RETURN NULL;', hash='bbca6a55ada9ba52fd8d83258888550c1ef1ffd6', operation='UPDATE', pgid='pgtrigger_update_update_17ece', table='partners_partner', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='partner',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "partners_partnerevent" ("code", "created_at", "email", "id", "is_active", "kind", "max_held_percent", "max_hold_minutes", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "test_mail_addresses") VALUES (OLD."code", OLD."created_at", OLD."email", OLD."id", OLD."is_active", OLD."kind", OLD."max_held_percent", OLD."max_hold_minutes", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."test_mail_addresses"); RETURN NULL;', hash='6483f0a26880d5eb86d30d001a3cdf6212b3aaa9', operation='DELETE', pgid='pgtrigger_delete_delete_e7dd8', table='partners_partner', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='partnerevent',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='a13e8879ffafbd590ff94ddd2a82e6a6ef165dbd', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_20581', table='partners_partnerevent', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='apikey',
                    trigger=pgtrigger.compiler.Trigger(name='notify_edge', sql=pgtrigger.compiler.UpsertTriggerSql(func="PERFORM pg_notify('portico_api_key', OLD.id::text); RETURN NULL;", hash='015c4f78d936fecd846e134f6ff61d321edb2892', operation='UPDATE OR DELETE', pgid='pgtrigger_notify_edge_3615c', table='partners_apikey', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='apikey',
                    trigger=pgtrigger.compiler.Trigger(name='not_of_direct_partner', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT FROM partners_partner\n                WHERE id = NEW.partner_id AND kind = 'direct') THEN\n        RAISE EXCEPTION 'a direct partner has no API keys'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'apikey_of_a_reseller';\n    END IF;\n    RETURN NEW;\n", hash='c947f682fa7da8ad5354a40439f17eb25dedd76d', operation='INSERT', pgid='pgtrigger_not_of_direct_partner_332be', table='partners_apikey', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='apikey',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "partners_apikeyevent" ("created_at", "expires_at", "id", "is_test", "label", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prefix", "rate_limit_per_second", "replaced_by_id", "revoked_at", "scopes") VALUES (NEW."created_at", NEW."expires_at", NEW."id", NEW."is_test", NEW."label", NEW."partner_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."prefix", NEW."rate_limit_per_second", NEW."replaced_by_id", NEW."revoked_at", NEW."scopes"); RETURN NULL;', hash='fa3f67066f1e361c0da86d503ab1eba04a2ee1e1', operation='INSERT', pgid='pgtrigger_insert_insert_5235f', table='partners_apikey', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='apikey',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_test" IS DISTINCT FROM (NEW."is_test") OR OLD."label" IS DISTINCT FROM (NEW."label") OR OLD."partner_id" IS DISTINCT FROM (NEW."partner_id") OR OLD."prefix" IS DISTINCT FROM (NEW."prefix") OR OLD."rate_limit_per_second" IS DISTINCT FROM (NEW."rate_limit_per_second") OR OLD."replaced_by_id" IS DISTINCT FROM (NEW."replaced_by_id") OR OLD."revoked_at" IS DISTINCT FROM (NEW."revoked_at") OR OLD."scopes" IS DISTINCT FROM (NEW."scopes"))', func='INSERT INTO "partners_apikeyevent" ("created_at", "expires_at", "id", "is_test", "label", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prefix", "rate_limit_per_second", "replaced_by_id", "revoked_at", "scopes") VALUES (NEW."created_at", NEW."expires_at", NEW."id", NEW."is_test", NEW."label", NEW."partner_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."prefix", NEW."rate_limit_per_second", NEW."replaced_by_id", NEW."revoked_at", NEW."scopes"); RETURN NULL;', hash='00fdf035d79ae7b4b083a71078c2b34f3cad986d', operation='UPDATE', pgid='pgtrigger_update_update_33ba9', table='partners_apikey', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='apikey',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "partners_apikeyevent" ("created_at", "expires_at", "id", "is_test", "label", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prefix", "rate_limit_per_second", "replaced_by_id", "revoked_at", "scopes") VALUES (OLD."created_at", OLD."expires_at", OLD."id", OLD."is_test", OLD."label", OLD."partner_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."prefix", OLD."rate_limit_per_second", OLD."replaced_by_id", OLD."revoked_at", OLD."scopes"); RETURN NULL;', hash='35cf8d54ae4de8b7ebaf619fc48695b32c1b79ee', operation='DELETE', pgid='pgtrigger_delete_delete_63b13', table='partners_apikey', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='apikeyevent',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='4bb0ea978c33b57dc6d8595745350deb8b21a401', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_710b8', table='partners_apikeyevent', when='BEFORE')),
                ),
            ],
        ),
    ]
