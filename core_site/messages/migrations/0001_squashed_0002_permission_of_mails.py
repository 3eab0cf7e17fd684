"""Messages to guests, and what staff have written for them."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from core_site.postgresql.create_models import CreateModels


class Migration(migrations.Migration):

    replaces = [('guest_messages', '0001_initial'), ('guest_messages', '0002_permission_of_mails')]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('bookings', '0001_squashed_0023_words_of_choices'),
        ('catalog', '0001_squashed_0012_place'),
        ('partners', '0001_squashed_0005_partner_kind'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name='ArrivalInfo',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='arrival_infos', to='catalog.product')),
                        ('language', models.CharField(choices=[('en', 'English'), ('de', 'German'), ('pt', 'Portuguese')], max_length=8)),
                        ('meeting_point', models.CharField(blank=True, help_text='As in: Doca de Belém, pontoon 3.', max_length=255)),
                        ('what_to_bring', models.CharField(blank=True, help_text='As in: sun cream, a towel, dry clothes.', max_length=255)),
                    ],
                    options={
                        'verbose_name': 'where guests meet and what they bring',
                        'verbose_name_plural': 'where guests meet and what they bring',
                        'ordering': ['product', 'language'],
                        'constraints': [models.UniqueConstraint(fields=('product', 'language'), name='arrival_info_once', violation_error_message='This product has it in this language already: change that one.')],
                    },
                ),
                migrations.CreateModel(
                    name='ArrivalInfoEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='guest_messages.arrivalinfo')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('product', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.product')),
                        ('language', models.CharField(choices=[('en', 'English'), ('de', 'German'), ('pt', 'Portuguese')], max_length=8)),
                        ('meeting_point', models.CharField(blank=True, help_text='As in: Doca de Belém, pontoon 3.', max_length=255)),
                        ('what_to_bring', models.CharField(blank=True, help_text='As in: sun cream, a towel, dry clothes.', max_length=255)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='DepartureNote',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('departure', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='catalog.departure')),
                        ('subject_en', models.CharField(blank=True, max_length=120, verbose_name='subject')),
                        ('text_en', models.TextField(blank=True, verbose_name='text')),
                        ('subject_de', models.CharField(blank=True, max_length=120, verbose_name='subject')),
                        ('text_de', models.TextField(blank=True, verbose_name='text')),
                        ('subject_pt', models.CharField(blank=True, max_length=120, verbose_name='subject')),
                        ('text_pt', models.TextField(blank=True, verbose_name='text')),
                        ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('created_at', models.DateTimeField()),
                    ],
                    options={
                        'permissions': [('write_to_guests', 'Can write to all guests of a departure')],
                        'default_permissions': (),
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('text_en', ''), _negated=True), models.Q(('text_de', ''), _negated=True), models.Q(('text_pt', ''), _negated=True), _connector='OR'), name='departure_note_says_something')],
                    },
                ),
                migrations.CreateModel(
                    name='DepartureNoteEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='guest_messages.departurenote')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('departure', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.departure')),
                        ('subject_en', models.CharField(blank=True, max_length=120, verbose_name='subject')),
                        ('text_en', models.TextField(blank=True, verbose_name='text')),
                        ('subject_de', models.CharField(blank=True, max_length=120, verbose_name='subject')),
                        ('text_de', models.TextField(blank=True, verbose_name='text')),
                        ('subject_pt', models.CharField(blank=True, max_length=120, verbose_name='subject')),
                        ('text_pt', models.TextField(blank=True, verbose_name='text')),
                        ('requested_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('created_at', models.DateTimeField()),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='HouseNote',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(blank=True, choices=[('TICKETS', 'Confirmation'), ('CHANGED', 'Change'), ('NEW_TIME', 'New time'), ('CANCELLED', 'Cancellation'), ('REMINDER', 'Reminder'), ('NOTE', 'Note from us')], default='', help_text='Empty: all of them.', max_length=16)),
                        ('language', models.CharField(choices=[('en', 'English'), ('de', 'German'), ('pt', 'Portuguese')], max_length=8)),
                        ('product', models.ForeignKey(blank=True, help_text='Empty: all products.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.product')),
                        ('above', models.TextField(blank=True, help_text='Stands between the greeting and the facts.', max_length=2000)),
                        ('below', models.TextField(blank=True, help_text='Stands under the facts, before our signature.', max_length=2000)),
                    ],
                    options={
                        'verbose_name': 'note in messages',
                        'verbose_name_plural': 'notes in messages',
                        'ordering': ['language', 'kind', 'product'],
                        'constraints': [models.UniqueConstraint(fields=('kind', 'language', 'product'), name='house_note_once', nulls_distinct=False, violation_error_message='There is a note for this message, language and product already: change that one.'), models.CheckConstraint(condition=models.Q(models.Q(('above', ''), _negated=True), models.Q(('below', ''), _negated=True), _connector='OR'), name='house_note_says_something', violation_error_message='Write something above or below the facts.')],
                    },
                ),
                migrations.CreateModel(
                    name='HouseNoteEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='guest_messages.housenote')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('kind', models.CharField(blank=True, choices=[('TICKETS', 'Confirmation'), ('CHANGED', 'Change'), ('NEW_TIME', 'New time'), ('CANCELLED', 'Cancellation'), ('REMINDER', 'Reminder'), ('NOTE', 'Note from us')], default='', help_text='Empty: all of them.', max_length=16)),
                        ('language', models.CharField(choices=[('en', 'English'), ('de', 'German'), ('pt', 'Portuguese')], max_length=8)),
                        ('product', models.ForeignKey(blank=True, db_constraint=False, help_text='Empty: all products.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.product')),
                        ('above', models.TextField(blank=True, help_text='Stands between the greeting and the facts.', max_length=2000)),
                        ('below', models.TextField(blank=True, help_text='Stands under the facts, before our signature.', max_length=2000)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Message',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('booking', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='bookings.booking')),
                        ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partners.partner')),
                        ('test_mode', models.BooleanField()),
                        ('kind', models.CharField(choices=[('TICKETS', 'Confirmation'), ('CHANGED', 'Change'), ('NEW_TIME', 'New time'), ('CANCELLED', 'Cancellation'), ('REMINDER', 'Reminder'), ('NOTE', 'Note from us')], max_length=16)),
                        ('outcome', models.CharField(choices=[('WAITING', 'Waiting'), ('SENT', 'Accepted'), ('KEPT', 'Kept here, not sent'), ('REFUSED', 'Not accepted'), ('DROPPED', 'No longer needed')], max_length=8)),
                        ('stands_since', models.DateTimeField(db_column='created_at', help_text='When it was sent, kept or last tried; before, owed.')),
                        ('owed_at', models.DateTimeField(null=True)),
                        ('due_at', models.DateTimeField(help_text='When it is tried next.', null=True)),
                        ('cause', models.CharField(help_text='Why it is owed: one message for each cause.', max_length=80, null=True)),
                        ('language', models.CharField(blank=True, choices=[('en', 'English'), ('de', 'German'), ('pt', 'Portuguese')], db_default='', default='', max_length=8)),
                        ('reason', models.CharField(blank=True, choices=[('RECIPIENT', "The mail server refuses the recipient's address"), ('SENDER', 'The mail server refuses our own address'), ('CONTENT', 'The mail server refuses what is in it'), ('UNSUPPORTED', 'The mail server cannot send to an address of this script'), ('SERVER_AWAY', 'The mail server cannot be reached'), ('LIMIT', 'The booking or its partner caused too many mails in a day'), ('ERROR', 'An error of the system; its log says more')], db_default='', default='', max_length=16)),
                        ('attempts', models.PositiveSmallIntegerField(db_default=0, default=0)),
                        ('recipient', models.TextField(blank=True)),
                        ('words', models.TextField(blank=True, db_default='', default='', help_text='What staff say to this guest.')),
                        ('note', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='guest_messages.departurenote')),
                        ('subject', models.TextField(blank=True)),
                        ('body', models.TextField(blank=True)),
                        ('attachments', models.JSONField(blank=True, default=list, help_text='The names of its files.')),
                    ],
                    options={
                        'verbose_name': 'message to a guest',
                        'verbose_name_plural': 'messages to guests',
                        'db_table': 'bookings_guestmail',
                        'ordering': ['-id'],
                        'default_permissions': ('view',),
                        'indexes': [models.Index(fields=['booking', '-stands_since'], name='mail_of_booking'), models.Index(fields=['partner', 'test_mode', '-stands_since'], name='mail_of_partner'), models.Index(fields=['stands_since'], name='mail_by_age'), models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='message_due'), models.Index(fields=['outcome', '-id'], name='message_by_outcome')],
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('attachments', []), ('body', '')), models.Q(('outcome', 'KEPT'), ('test_mode', True)), _connector='OR'), name='only_messages_of_tests_are_kept'), models.CheckConstraint(condition=models.Q(('due_at', None), ('outcome__in', ['WAITING', 'REFUSED']), _connector='OR'), name='settled_messages_are_not_due'), models.UniqueConstraint(condition=models.Q(('cause__isnull', False)), fields=('booking', 'kind', 'cause'), name='message_once_for_each_cause')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='arrivalinfo',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "guest_messages_arrivalinfoevent" ("id", "language", "meeting_point", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "what_to_bring") VALUES (NEW."id", NEW."language", NEW."meeting_point", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."product_id", NEW."what_to_bring"); RETURN NULL;', hash='6ed1026751100df2213556c413caffd7049f4517', operation='INSERT', pgid='pgtrigger_insert_insert_6a16d', table='guest_messages_arrivalinfo', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='arrivalinfo',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "guest_messages_arrivalinfoevent" ("id", "language", "meeting_point", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "what_to_bring") VALUES (NEW."id", NEW."language", NEW."meeting_point", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."product_id", NEW."what_to_bring"); RETURN NULL;', hash='e5d6414d4e58c1578e2f7d105718da1859309829', operation='UPDATE', pgid='pgtrigger_update_update_b468d', table='guest_messages_arrivalinfo', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='arrivalinfo',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "guest_messages_arrivalinfoevent" ("id", "language", "meeting_point", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "what_to_bring") VALUES (OLD."id", OLD."language", OLD."meeting_point", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."product_id", OLD."what_to_bring"); RETURN NULL;', hash='1b6f328e60412703a3a1b83d6afbac5abb5906a9', operation='DELETE', pgid='pgtrigger_delete_delete_362dc', table='guest_messages_arrivalinfo', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='departurenote',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "guest_messages_departurenoteevent" ("created_at", "departure_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "requested_by_id", "subject_de", "subject_en", "subject_pt", "text_de", "text_en", "text_pt") VALUES (NEW."created_at", NEW."departure_id", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."requested_by_id", NEW."subject_de", NEW."subject_en", NEW."subject_pt", NEW."text_de", NEW."text_en", NEW."text_pt"); RETURN NULL;', hash='70b7069ab147503665058e9155783b4a7fb3f91b', operation='INSERT', pgid='pgtrigger_insert_insert_86e3a', table='guest_messages_departurenote', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='departurenote',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "guest_messages_departurenoteevent" ("created_at", "departure_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "requested_by_id", "subject_de", "subject_en", "subject_pt", "text_de", "text_en", "text_pt") VALUES (NEW."created_at", NEW."departure_id", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."requested_by_id", NEW."subject_de", NEW."subject_en", NEW."subject_pt", NEW."text_de", NEW."text_en", NEW."text_pt"); RETURN NULL;', hash='a715a09a266c9457b18e042feb92529c2d978604', operation='UPDATE', pgid='pgtrigger_update_update_55bed', table='guest_messages_departurenote', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='departurenote',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "guest_messages_departurenoteevent" ("created_at", "departure_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "requested_by_id", "subject_de", "subject_en", "subject_pt", "text_de", "text_en", "text_pt") VALUES (OLD."created_at", OLD."departure_id", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."requested_by_id", OLD."subject_de", OLD."subject_en", OLD."subject_pt", OLD."text_de", OLD."text_en", OLD."text_pt"); RETURN NULL;', hash='3d7e7135b43ade8329840cf09bb549f950361c86', operation='DELETE', pgid='pgtrigger_delete_delete_1379e', table='guest_messages_departurenote', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='housenote',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "guest_messages_housenoteevent" ("above", "below", "id", "kind", "language", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id") VALUES (NEW."above", NEW."below", NEW."id", NEW."kind", NEW."language", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."product_id"); RETURN NULL;', hash='0410b32bcc776ea8609140069ed61b9d50558249', operation='INSERT', pgid='pgtrigger_insert_insert_e8623', table='guest_messages_housenote', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='housenote',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "guest_messages_housenoteevent" ("above", "below", "id", "kind", "language", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id") VALUES (NEW."above", NEW."below", NEW."id", NEW."kind", NEW."language", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."product_id"); RETURN NULL;', hash='a12723faa4458dd6c220c90893129c0d7dd712e6', operation='UPDATE', pgid='pgtrigger_update_update_eb81e', table='guest_messages_housenote', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='housenote',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "guest_messages_housenoteevent" ("above", "below", "id", "kind", "language", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id") VALUES (OLD."above", OLD."below", OLD."id", OLD."kind", OLD."language", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."product_id"); RETURN NULL;', hash='9383b16eeeb6768fc9d9caa4effbced32f604421', operation='DELETE', pgid='pgtrigger_delete_delete_e44b0', table='guest_messages_housenote', when='AFTER')),
                ),
            ],
        ),
    ]
