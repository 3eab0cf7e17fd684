"""Products with options, units, prices, terms, schedules and departures, with histories.

Without the blackout of a departure: its table refers to products, and comes between.
"""

import core_site.catalog.validation
import datetime
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from core_site.postgresql.create_models import CreateModels


class Migration(migrations.Migration):

    replaces = [('catalog', '0001_initial'), ('catalog', '0002_open_price_seasons'), ('catalog', '0003_limits_of_numbers'), ('catalog', '0004_clamp_numbers'), ('catalog', '0005_numbers_have_limits'), ('catalog', '0006_departure_local_start'), ('catalog', '0007_local_starts_of_departures'), ('catalog', '0008_one_departure_per_local_start'), ('catalog', '0009_telephone_as_shown'), ('catalog', '0010_direct_sells_at_retail'), ('catalog', '0011_guide_links'), ('catalog', '0012_place')]

    initial = True

    dependencies = [
        ('partners', '0001_squashed_0005_partner_kind'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name='Product',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code', models.SlugField(help_text='The id in the API; partners store it.', max_length=64, unique=True)),
                        ('internal_name', models.CharField(max_length=200)),
                        ('reference', models.CharField(blank=True, max_length=64, null=True)),
                        ('is_active', models.BooleanField(default=True, help_text='Inactive products are not sold.')),
                        ('place', models.CharField(blank=True, db_default='', default='', help_text='Where it starts: a town or a pier. Departures are found, cancelled and closed by it.', max_length=80)),
                        ('locale', models.CharField(default='en-GB', max_length=16)),
                        ('time_zone', models.CharField(default='Europe/Lisbon', max_length=64, validators=[core_site.catalog.validation.time_zone])),
                        ('allow_freesale', models.BooleanField(default=False)),
                        ('instant_confirmation', models.BooleanField(default=True)),
                        ('instant_delivery', models.BooleanField(default=True)),
                        ('availability_required', models.BooleanField(default=True, help_text='Off: guests may book without choosing a date.')),
                        ('availability_type', models.CharField(choices=[('START_TIME', 'Start times'), ('OPENING_HOURS', 'Opening hours')], default='START_TIME', max_length=16)),
                        ('delivery_formats', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('QRCODE', 'QR code'), ('CODE128', 'Code 128'), ('AZTECCODE', 'Aztec code')], max_length=16), default=core_site.catalog.validation.default_delivery_formats, size=None)),
                        ('delivery_methods', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('VOUCHER', 'Voucher'), ('TICKET', 'Ticket')], max_length=16), default=core_site.catalog.validation.default_delivery_methods, size=None)),
                        ('redemption_method', models.CharField(choices=[('DIGITAL', 'Digital'), ('PRINT', 'Print'), ('MANIFEST', 'Manifest')], default='DIGITAL', max_length=16)),
                        ('pricing_per', models.CharField(choices=[('UNIT', 'Ticket'), ('BOOKING', 'Booking')], default='UNIT', max_length=8)),
                        ('default_currency', models.CharField(default='EUR', max_length=3, validators=[core_site.catalog.validation.currency])),
                        ('available_currencies', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=3, validators=[core_site.catalog.validation.currency]), default=core_site.catalog.validation.default_currencies, size=None)),
                        ('tax_name', models.CharField(blank=True, help_text='As in VAT 23%.', max_length=64)),
                        ('tax_basis_points', models.PositiveIntegerField(default=0, help_text='Included in every price; 0 is no tax.', validators=[django.core.validators.MaxValueValidator(10000)], verbose_name='tax')),
                        ('revision', models.BigIntegerField(default=1, editable=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        'ordering': ['code'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('available_currencies__contains', [models.F('default_currency')])), name='default_currency_is_available', violation_error_message='First currency: choose one of the currencies.'), models.CheckConstraint(condition=models.Q(('delivery_formats__len__gte', 1), ('delivery_methods__len__gte', 1)), name='product_is_delivered_somehow', violation_error_message='Tickets as, Voucher or tickets: choose one at least.'), models.CheckConstraint(condition=models.Q(('tax_basis_points', 0), models.Q(('tax_name', ''), _negated=True), _connector='OR'), name='tax_has_a_name', violation_error_message='A tax that is more than 0 needs a name.'), models.CheckConstraint(condition=models.Q(models.Q(('tax_basis_points__gte', 0), ('tax_basis_points__lte', 10000)), ('tax_basis_points', None), _connector='OR'), name='tax_is_a_share', violation_error_message='Tax: use a whole number from 0 to 10,000.'), models.CheckConstraint(condition=models.Q(('availability_type__in', ['START_TIME', 'OPENING_HOURS'])), name='availability_type_is_known', violation_error_message='Sold by: choose from Start times, Opening hours.'), models.CheckConstraint(condition=models.Q(('redemption_method__in', ['DIGITAL', 'PRINT', 'MANIFEST'])), name='redemption_method_is_known', violation_error_message='Checked in by: choose from Digital, Print, Manifest.'), models.CheckConstraint(condition=models.Q(('pricing_per__in', ['UNIT', 'BOOKING'])), name='pricing_per_is_known', violation_error_message='Price for each: choose from Ticket, Booking.'), models.CheckConstraint(condition=models.Q(('delivery_formats__contained_by', ['QRCODE', 'CODE128', 'AZTECCODE']), ('delivery_formats__len__lte', 3)), name='delivery_formats_are_known', violation_error_message='Tickets as: choose from QR code, Code 128, Aztec code.'), models.CheckConstraint(condition=models.Q(('delivery_methods__contained_by', ['VOUCHER', 'TICKET']), ('delivery_methods__len__lte', 2)), name='delivery_methods_are_known', violation_error_message='Voucher or tickets: choose from Voucher, Ticket.'), models.CheckConstraint(condition=models.Q(('available_currencies__len__lte', 50)), name='currencies_are_few', violation_error_message='Use at most 50 currencies.')],
                    },
                ),
                migrations.CreateModel(
                    name='Option',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='options', to='catalog.product')),
                        ('code', models.CharField(default='DEFAULT', max_length=64, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9][A-Za-z0-9_-]*\\Z', 'Use letters, digits, - and _, as in DEFAULT or adult.')])),
                        ('internal_name', models.CharField(max_length=200)),
                        ('reference', models.CharField(blank=True, max_length=64, null=True)),
                        ('is_default', models.BooleanField(default=False)),
                        ('position', models.PositiveSmallIntegerField(default=0)),
                        ('cancellation_policy', models.CharField(choices=[('UNTIL_CUTOFF', 'Until the cut-off'), ('ALWAYS', 'Always, until the start'), ('NEVER', 'Never, once confirmed')], db_default='UNTIL_CUTOFF', default='UNTIL_CUTOFF', help_text='Whether a guest may cancel. Only the first looks at the cut-off.', max_length=16)),
                        ('cancellation_cutoff_amount', models.PositiveIntegerField(default=24, help_text='How long before the start, or the last closing time: at most 527,040 minutes, 8,784 hours, 366 days.', validators=[django.core.validators.MaxValueValidator(527040)])),
                        ('cancellation_cutoff_unit', models.CharField(choices=[('minute', 'Minutes'), ('hour', 'Hours'), ('day', 'Days')], default='hour', max_length=8)),
                        ('allows_late_cancellation', models.BooleanField(default=False, help_text='Partners may force a cancellation after the cut-off.')),
                        ('late_refund_percent', models.PositiveSmallIntegerField(default=0, help_text='What a late cancellation pays back: 0 is nothing, 100 all of it.', validators=[django.core.validators.MaxValueValidator(100)])),
                        ('required_contact_fields', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('firstName', 'First name'), ('lastName', 'Last name'), ('emailAddress', 'E-mail'), ('phoneNumber', 'Telephone'), ('country', 'Country'), ('notes', 'Notes'), ('locales', 'Languages'), ('postalCode', 'Postal code')], max_length=16), blank=True, default=list, size=None)),
                        ('min_units', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)])),
                        ('max_units', models.PositiveSmallIntegerField(blank=True, help_text='Empty: 1,000.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)])),
                        ('followed_zone_rules', models.CharField(db_default='', default='', editable=False, help_text='The zone, and the rules of it, by which the departures were computed last.', max_length=100)),
                    ],
                    options={
                        'ordering': ['product', 'position', 'id'],
                        'constraints': [models.UniqueConstraint(fields=('product', 'code'), name='option_code_in_product', violation_error_message='This product already has an option with this code.'), models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('product',), name='one_default_option', violation_error_message='Another option is offered first: switch that off before.'), models.CheckConstraint(condition=models.Q(('min_units__gte', 1), models.Q(('max_units', None), ('max_units__gte', models.F('min_units')), _connector='OR')), name='option_units_make_a_range', violation_error_message='Most tickets must not be below fewest, nor those below 1.'), models.CheckConstraint(condition=models.Q(('late_refund_percent__lte', 100)), name='late_refund_is_a_percentage', violation_error_message='Refund when late: use per cent from 0 to 100.'), models.CheckConstraint(condition=models.Q(('cancellation_policy__in', ['UNTIL_CUTOFF', 'ALWAYS', 'NEVER'])), name='cancellation_policy_is_known', violation_error_message='Cancelling: choose from Until the cut-off, Always, until the start, Never, once confirmed.'), models.CheckConstraint(condition=models.Q(models.Q(('cancellation_cutoff_amount__gte', 0), ('cancellation_cutoff_amount__lte', 527040), ('cancellation_cutoff_unit', 'minute')), models.Q(('cancellation_cutoff_amount__gte', 0), ('cancellation_cutoff_amount__lte', 8784), ('cancellation_cutoff_unit', 'hour')), models.Q(('cancellation_cutoff_amount__gte', 0), ('cancellation_cutoff_amount__lte', 366), ('cancellation_cutoff_unit', 'day')), _connector='OR'), name='cancellation_cutoff_is_in_range', violation_error_message='The cancellation cut-off is at most 527,040 minutes, 8,784 hours, 366 days; for what is never cancelled choose the policy Never.'), models.CheckConstraint(condition=models.Q(models.Q(models.Q(('min_units__gte', 0), ('min_units__lte', 1000)), ('min_units', None), _connector='OR'), models.Q(models.Q(('max_units__gte', 0), ('max_units__lte', 1000)), ('max_units', None), _connector='OR')), name='option_units_are_in_range', violation_error_message='Fewest and most tickets: use a whole number from 0 to 1,000.'), models.CheckConstraint(condition=models.Q(('required_contact_fields__contained_by', ['firstName', 'lastName', 'emailAddress', 'phoneNumber', 'country', 'notes', 'locales', 'postalCode']), ('required_contact_fields__len__lte', 8)), name='option_contact_is_known', violation_error_message='What a guest must tell: choose from First name, Last name, E-mail, Telephone, Country, Notes, Languages, Postal code.')],
                    },
                ),
                migrations.CreateModel(
                    name='PartnerTerms',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('partner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='terms', to='partners.partner')),
                        ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='terms', to='catalog.product')),
                        ('commission_basis_points', models.PositiveIntegerField(default=2000, help_text='What the partner keeps of the retail price.', validators=[django.core.validators.MaxValueValidator(10000)], verbose_name='commission')),
                    ],
                    options={
                        'verbose_name': 'partner terms',
                        'verbose_name_plural': 'partner terms',
                        'constraints': [models.UniqueConstraint(fields=('partner', 'product'), name='one_set_of_terms', violation_error_message='This partner already has terms for this product.'), models.CheckConstraint(condition=models.Q(('commission_basis_points__lte', 10000)), name='commission_is_a_share', violation_error_message='The commission is at most 100 per cent, all of it.')],
                    },
                ),
                migrations.CreateModel(
                    name='PartnerTermsEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='catalog.partnerterms')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('partner', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='partners.partner')),
                        ('product', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.product')),
                        ('commission_basis_points', models.PositiveIntegerField(default=2000, help_text='What the partner keeps of the retail price.', validators=[django.core.validators.MaxValueValidator(10000)], verbose_name='commission')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='ProductEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='catalog.product')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('code', models.SlugField(db_index=False, help_text='The id in the API; partners store it.', max_length=64)),
                        ('internal_name', models.CharField(max_length=200)),
                        ('reference', models.CharField(blank=True, max_length=64, null=True)),
                        ('is_active', models.BooleanField(default=True, help_text='Inactive products are not sold.')),
                        ('place', models.CharField(blank=True, db_default='', default='', help_text='Where it starts: a town or a pier. Departures are found, cancelled and closed by it.', max_length=80)),
                        ('locale', models.CharField(default='en-GB', max_length=16)),
                        ('time_zone', models.CharField(default='Europe/Lisbon', max_length=64, validators=[core_site.catalog.validation.time_zone])),
                        ('allow_freesale', models.BooleanField(default=False)),
                        ('instant_confirmation', models.BooleanField(default=True)),
                        ('instant_delivery', models.BooleanField(default=True)),
                        ('availability_required', models.BooleanField(default=True, help_text='Off: guests may book without choosing a date.')),
                        ('availability_type', models.CharField(choices=[('START_TIME', 'Start times'), ('OPENING_HOURS', 'Opening hours')], default='START_TIME', max_length=16)),
                        ('delivery_formats', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('QRCODE', 'QR code'), ('CODE128', 'Code 128'), ('AZTECCODE', 'Aztec code')], max_length=16), default=core_site.catalog.validation.default_delivery_formats, size=None)),
                        ('delivery_methods', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('VOUCHER', 'Voucher'), ('TICKET', 'Ticket')], max_length=16), default=core_site.catalog.validation.default_delivery_methods, size=None)),
                        ('redemption_method', models.CharField(choices=[('DIGITAL', 'Digital'), ('PRINT', 'Print'), ('MANIFEST', 'Manifest')], default='DIGITAL', max_length=16)),
                        ('pricing_per', models.CharField(choices=[('UNIT', 'Ticket'), ('BOOKING', 'Booking')], default='UNIT', max_length=8)),
                        ('default_currency', models.CharField(default='EUR', max_length=3, validators=[core_site.catalog.validation.currency])),
                        ('available_currencies', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=3, validators=[core_site.catalog.validation.currency]), default=core_site.catalog.validation.default_currencies, size=None)),
                        ('tax_name', models.CharField(blank=True, help_text='As in VAT 23%.', max_length=64)),
                        ('tax_basis_points', models.PositiveIntegerField(default=0, help_text='Included in every price; 0 is no tax.', validators=[django.core.validators.MaxValueValidator(10000)], verbose_name='tax')),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Schedule',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('option', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='schedules', to='catalog.option')),
                        ('is_active', models.BooleanField(default=True)),
                        ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(choices=[(1, 'Monday'), (2, 'Tuesday'), (3, 'Wednesday'), (4, 'Thursday'), (5, 'Friday'), (6, 'Saturday'), (7, 'Sunday')]), default=core_site.catalog.validation.every_weekday, size=None)),
                        ('start_times', django.contrib.postgres.fields.ArrayField(base_field=models.TimeField(), blank=True, default=list, help_text='For fixed departures.', size=None)),
                        ('duration_minutes', models.PositiveIntegerField(default=120, help_text='From 1 minute to 527,040, which is 366 days.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(527040)])),
                        ('opening_hours', models.JSONField(blank=True, default=list, help_text='For opening hours: [{"from": "10:00", "to": "18:00"}].', validators=[core_site.catalog.validation.opening_hours])),
                        ('season_start', models.DateField(blank=True, null=True)),
                        ('season_end', models.DateField(blank=True, null=True)),
                        ('capacity', models.PositiveIntegerField(blank=True, help_text='Places per departure, at most 10,000,000; empty for freesale.', null=True, validators=[django.core.validators.MaxValueValidator(10000000)])),
                        ('max_units', models.PositiveSmallIntegerField(blank=True, help_text='Empty: 1,000.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)])),
                        ('booking_cutoff_minutes', models.PositiveIntegerField(default=60, help_text='How long before the start (or the last closing time) sale ends, at most 527,040 minutes, which is 366 days.', validators=[django.core.validators.MaxValueValidator(527040)])),
                    ],
                    options={
                        'ordering': ['option', 'id'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('season_start', None), ('season_end', None), ('season_end__gte', models.F('season_start')), _connector='OR'), name='schedule_season_makes_a_range', violation_error_message='The season must not end before it starts.'), models.CheckConstraint(condition=models.Q(('weekdays__len__gte', 1)), name='schedule_has_weekdays', violation_error_message='Choose at least one weekday.'), models.CheckConstraint(condition=models.Q(('weekdays__contained_by', [1, 2, 3, 4, 5, 6, 7]), ('weekdays__len__lte', 7)), name='schedule_weekdays_are_known', violation_error_message='Weekdays: choose each day of the week at most once.'), models.CheckConstraint(condition=models.Q(('start_times__len__lte', 96)), name='schedule_starts_are_in_range', violation_error_message='Start times: use at most 96.'), models.CheckConstraint(condition=models.Q(models.Q(('season_start__range', (datetime.date(2000, 1, 1), datetime.date(2199, 12, 31))), ('season_start', None), _connector='OR'), models.Q(('season_end__range', (datetime.date(2000, 1, 1), datetime.date(2199, 12, 31))), ('season_end', None), _connector='OR')), name='schedule_season_is_in_range', violation_error_message='A season lies between 2000-01-01 and 2199-12-31, or is open.'), models.CheckConstraint(condition=models.Q(models.Q(('booking_cutoff_minutes__gte', 0), ('booking_cutoff_minutes__lte', 527040)), ('booking_cutoff_minutes', None), _connector='OR'), name='schedule_minutes_are_in_range', violation_error_message='Sold until, minutes before: use a whole number from 0 to 527,040.'), models.CheckConstraint(condition=models.Q(models.Q(('duration_minutes__gte', 1), ('duration_minutes__lte', 527040)), ('duration_minutes', None), _connector='OR'), name='schedule_duration_is_in_range', violation_error_message='Lasts, minutes: use a whole number from 1 to 527,040.'), models.CheckConstraint(condition=models.Q(models.Q(('capacity__gte', 0), ('capacity__lte', 10000000)), ('capacity', None), _connector='OR'), name='schedule_capacity_is_in_range', violation_error_message='Capacity: use a whole number from 0 to 10,000,000.'), models.CheckConstraint(condition=models.Q(models.Q(('max_units__gte', 0), ('max_units__lte', 1000)), ('max_units', None), _connector='OR'), name='schedule_units_are_in_range', violation_error_message='Most tickets in one booking: use a whole number from 0 to 1,000.')],
                    },
                ),
                migrations.CreateModel(
                    name='ScheduleEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='catalog.schedule')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('option', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.option')),
                        ('is_active', models.BooleanField(default=True)),
                        ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(choices=[(1, 'Monday'), (2, 'Tuesday'), (3, 'Wednesday'), (4, 'Thursday'), (5, 'Friday'), (6, 'Saturday'), (7, 'Sunday')]), default=core_site.catalog.validation.every_weekday, size=None)),
                        ('start_times', django.contrib.postgres.fields.ArrayField(base_field=models.TimeField(), blank=True, default=list, help_text='For fixed departures.', size=None)),
                        ('duration_minutes', models.PositiveIntegerField(default=120, help_text='From 1 minute to 527,040, which is 366 days.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(527040)])),
                        ('opening_hours', models.JSONField(blank=True, default=list, help_text='For opening hours: [{"from": "10:00", "to": "18:00"}].', validators=[core_site.catalog.validation.opening_hours])),
                        ('season_start', models.DateField(blank=True, null=True)),
                        ('season_end', models.DateField(blank=True, null=True)),
                        ('capacity', models.PositiveIntegerField(blank=True, help_text='Places per departure, at most 10,000,000; empty for freesale.', null=True, validators=[django.core.validators.MaxValueValidator(10000000)])),
                        ('max_units', models.PositiveSmallIntegerField(blank=True, help_text='Empty: 1,000.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)])),
                        ('booking_cutoff_minutes', models.PositiveIntegerField(default=60, help_text='How long before the start (or the last closing time) sale ends, at most 527,040 minutes, which is 366 days.', validators=[django.core.validators.MaxValueValidator(527040)])),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Supplier',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code', models.SlugField(max_length=64, unique=True)),
                        ('name', models.CharField(help_text='The name that guests know.', max_length=200)),
                        ('website', models.URLField(blank=True)),
                        ('email', models.EmailField(blank=True, max_length=254)),
                        ('telephone', models.CharField(blank=True, help_text='As in +351 210 000 000.', max_length=64)),
                        ('address', models.CharField(blank=True, help_text='On one line.', max_length=300)),
                        ('is_only', models.BooleanField(default=True, editable=False, unique=True)),
                    ],
                    options={
                        'verbose_name_plural': 'supplier',
                        'constraints': [models.CheckConstraint(condition=models.Q(('is_only', True)), name='one_supplier', violation_error_message='There is exactly one supplier.')],
                    },
                ),
                migrations.CreateModel(
                    name='Unit',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('option', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='units', to='catalog.option')),
                        ('code', models.CharField(max_length=64, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9][A-Za-z0-9_-]*\\Z', 'Use letters, digits, - and _, as in DEFAULT or adult.')])),
                        ('internal_name', models.CharField(max_length=200)),
                        ('reference', models.CharField(blank=True, max_length=64, null=True)),
                        ('type', models.CharField(choices=[('ADULT', 'Adult'), ('YOUTH', 'Youth'), ('CHILD', 'Child'), ('INFANT', 'Infant'), ('FAMILY', 'Family'), ('SENIOR', 'Senior'), ('STUDENT', 'Student'), ('MILITARY', 'Military'), ('OTHER', 'Other')], default='ADULT', max_length=16)),
                        ('position', models.PositiveSmallIntegerField(default=0)),
                        ('min_age', models.PositiveSmallIntegerField(default=0, help_text='In years, at most 150; 0 is no limit.', validators=[django.core.validators.MaxValueValidator(150)])),
                        ('max_age', models.PositiveSmallIntegerField(default=99, help_text='In years, at most 150; 99 is no limit.', validators=[django.core.validators.MaxValueValidator(150)])),
                        ('id_required', models.BooleanField(default=False)),
                        ('min_quantity', models.PositiveSmallIntegerField(blank=True, help_text='In a booking that has any.', null=True, validators=[django.core.validators.MaxValueValidator(1000)])),
                        ('max_quantity', models.PositiveSmallIntegerField(blank=True, help_text='Empty: no limit of its own.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)])),
                        ('pax_count', models.PositiveSmallIntegerField(default=1, help_text='Places that one ticket takes, at most 1,000.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)], verbose_name='places')),
                        ('accompanied_by', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, default=list, help_text='Codes of units of this option, one of which must be booked with it.', size=None)),
                        ('required_contact_fields', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('firstName', 'First name'), ('lastName', 'Last name'), ('emailAddress', 'E-mail'), ('phoneNumber', 'Telephone'), ('country', 'Country'), ('notes', 'Notes'), ('locales', 'Languages'), ('postalCode', 'Postal code')], max_length=16), blank=True, default=list, size=None)),
                    ],
                    options={
                        'ordering': ['option', 'position', 'id'],
                        'constraints': [models.UniqueConstraint(fields=('option', 'code'), name='unit_code_in_option', violation_error_message='This option already has a unit with this code.'), models.CheckConstraint(condition=models.Q(('max_age__gte', models.F('min_age'))), name='unit_ages_make_a_range', violation_error_message='Oldest must not be below youngest.'), models.CheckConstraint(condition=models.Q(('min_quantity', None), ('max_quantity', None), ('max_quantity__gte', models.F('min_quantity')), _connector='OR'), name='unit_quantities_make_a_range', violation_error_message='Most of these must not be below fewest of these.'), models.CheckConstraint(condition=models.Q(('pax_count__gte', 1)), name='unit_takes_a_place', violation_error_message='A ticket takes at least one place.'), models.CheckConstraint(condition=models.Q(models.Q(('pax_count__gte', 0), ('pax_count__lte', 1000)), ('pax_count', None), _connector='OR'), name='unit_pax_is_in_range', violation_error_message='Places: use a whole number from 0 to 1,000.'), models.CheckConstraint(condition=models.Q(models.Q(models.Q(('min_age__gte', 0), ('min_age__lte', 150)), ('min_age', None), _connector='OR'), models.Q(models.Q(('max_age__gte', 0), ('max_age__lte', 150)), ('max_age', None), _connector='OR')), name='unit_ages_are_in_range', violation_error_message='Youngest and oldest: use a whole number from 0 to 150.'), models.CheckConstraint(condition=models.Q(models.Q(models.Q(('min_quantity__gte', 0), ('min_quantity__lte', 1000)), ('min_quantity', None), _connector='OR'), models.Q(models.Q(('max_quantity__gte', 0), ('max_quantity__lte', 1000)), ('max_quantity', None), _connector='OR')), name='unit_quantities_are_in_range', violation_error_message='Fewest and most of these: use a whole number from 0 to 1,000.'), models.CheckConstraint(condition=models.Q(('type__in', ['ADULT', 'YOUTH', 'CHILD', 'INFANT', 'FAMILY', 'SENIOR', 'STUDENT', 'MILITARY', 'OTHER'])), name='unit_type_is_known', violation_error_message='Type: choose from Adult, Youth, Child, Infant, Family, Senior, Student, Military, Other.'), models.CheckConstraint(condition=models.Q(('required_contact_fields__contained_by', ['firstName', 'lastName', 'emailAddress', 'phoneNumber', 'country', 'notes', 'locales', 'postalCode']), ('required_contact_fields__len__lte', 8)), name='unit_contact_is_known', violation_error_message='What its guest must tell: choose from First name, Last name, E-mail, Telephone, Country, Notes, Languages, Postal code.'), models.CheckConstraint(condition=models.Q(('accompanied_by__len__lte', 50)), name='unit_company_is_in_range', violation_error_message='Only together with: at most 50.')],
                    },
                ),
                migrations.CreateModel(
                    name='Price',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('option', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='prices', to='catalog.option')),
                        ('unit', models.ForeignKey(blank=True, help_text='Empty: the price of the whole booking.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='prices', to='catalog.unit')),
                        ('currency', models.CharField(max_length=3, validators=[core_site.catalog.validation.currency])),
                        ('original_minor', models.PositiveBigIntegerField(help_text='What it costs without any reduction; partners see it as original.', validators=[django.core.validators.MaxValueValidator(1000000000000)], verbose_name='list price')),
                        ('retail_minor', models.PositiveBigIntegerField(help_text='What the guest pays, taxes included.', validators=[django.core.validators.MaxValueValidator(1000000000000)], verbose_name='retail price')),
                        ('season_start', models.DateField(blank=True, help_text='First travel date; empty: from the beginning. Where seasons overlap, the one that begins latest wins, and of those that begin together the one that ends first.', null=True)),
                        ('season_end', models.DateField(blank=True, help_text='Last travel date; empty: until further notice.', null=True)),
                    ],
                    options={
                        'ordering': ['option', 'unit', 'currency', 'season_start', 'season_end'],
                        'constraints': [models.UniqueConstraint(fields=('option', 'unit', 'currency', 'season_start', 'season_end'), name='one_price_per_unit_currency_and_season', nulls_distinct=False, violation_error_message='This unit, currency and season already have a price.'), models.CheckConstraint(condition=models.Q(('original_minor__gte', models.F('retail_minor'))), name='original_is_the_higher', violation_error_message='The list price must not be below the retail price.'), models.CheckConstraint(condition=models.Q(('season_start', None), ('season_end', None), ('season_end__gte', models.F('season_start')), _connector='OR'), name='price_season_makes_a_range', violation_error_message='The season must not end before it starts.'), models.CheckConstraint(condition=models.Q(models.Q(('season_start__range', (datetime.date(2000, 1, 1), datetime.date(2199, 12, 31))), ('season_start', None), _connector='OR'), models.Q(('season_end__range', (datetime.date(2000, 1, 1), datetime.date(2199, 12, 31))), ('season_end', None), _connector='OR')), name='price_season_is_in_range', violation_error_message='A season lies between 2000-01-01 and 2199-12-31, or is open.'), models.CheckConstraint(condition=models.Q(models.Q(models.Q(('original_minor__gte', 0), ('original_minor__lte', 1000000000000)), ('original_minor', None), _connector='OR'), models.Q(models.Q(('retail_minor__gte', 0), ('retail_minor__lte', 1000000000000)), ('retail_minor', None), _connector='OR')), name='price_is_in_range', violation_error_message='List price and retail price: use a whole number from 0 to 1,000,000,000,000.')],
                    },
                ),
                migrations.CreateModel(
                    name='PriceEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='catalog.price')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('option', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.option')),
                        ('unit', models.ForeignKey(blank=True, db_constraint=False, help_text='Empty: the price of the whole booking.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.unit')),
                        ('currency', models.CharField(max_length=3, validators=[core_site.catalog.validation.currency])),
                        ('original_minor', models.PositiveBigIntegerField(help_text='What it costs without any reduction; partners see it as original.', validators=[django.core.validators.MaxValueValidator(1000000000000)], verbose_name='list price')),
                        ('retail_minor', models.PositiveBigIntegerField(help_text='What the guest pays, taxes included.', validators=[django.core.validators.MaxValueValidator(1000000000000)], verbose_name='retail price')),
                        ('season_start', models.DateField(blank=True, help_text='First travel date; empty: from the beginning. Where seasons overlap, the one that begins latest wins, and of those that begin together the one that ends first.', null=True)),
                        ('season_end', models.DateField(blank=True, help_text='Last travel date; empty: until further notice.', null=True)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='UnitEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='catalog.unit')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('option', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.option')),
                        ('code', models.CharField(max_length=64, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9][A-Za-z0-9_-]*\\Z', 'Use letters, digits, - and _, as in DEFAULT or adult.')])),
                        ('internal_name', models.CharField(max_length=200)),
                        ('reference', models.CharField(blank=True, max_length=64, null=True)),
                        ('type', models.CharField(choices=[('ADULT', 'Adult'), ('YOUTH', 'Youth'), ('CHILD', 'Child'), ('INFANT', 'Infant'), ('FAMILY', 'Family'), ('SENIOR', 'Senior'), ('STUDENT', 'Student'), ('MILITARY', 'Military'), ('OTHER', 'Other')], default='ADULT', max_length=16)),
                        ('position', models.PositiveSmallIntegerField(default=0)),
                        ('min_age', models.PositiveSmallIntegerField(default=0, help_text='In years, at most 150; 0 is no limit.', validators=[django.core.validators.MaxValueValidator(150)])),
                        ('max_age', models.PositiveSmallIntegerField(default=99, help_text='In years, at most 150; 99 is no limit.', validators=[django.core.validators.MaxValueValidator(150)])),
                        ('id_required', models.BooleanField(default=False)),
                        ('min_quantity', models.PositiveSmallIntegerField(blank=True, help_text='In a booking that has any.', null=True, validators=[django.core.validators.MaxValueValidator(1000)])),
                        ('max_quantity', models.PositiveSmallIntegerField(blank=True, help_text='Empty: no limit of its own.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)])),
                        ('pax_count', models.PositiveSmallIntegerField(default=1, help_text='Places that one ticket takes, at most 1,000.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)], verbose_name='places')),
                        ('accompanied_by', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, default=list, help_text='Codes of units of this option, one of which must be booked with it.', size=None)),
                        ('required_contact_fields', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('firstName', 'First name'), ('lastName', 'Last name'), ('emailAddress', 'E-mail'), ('phoneNumber', 'Telephone'), ('country', 'Country'), ('notes', 'Notes'), ('locales', 'Languages'), ('postalCode', 'Postal code')], max_length=16), blank=True, default=list, size=None)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Departure',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('option', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='departures', to='catalog.option')),
                        ('schedule', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='departures', to='catalog.schedule')),
                        ('availability_id', models.CharField(help_text='The id in the API, for good: partners store it, whatever becomes of its time.', max_length=64)),
                        ('local_date', models.DateField()),
                        ('start_time', models.TimeField(help_text='By the clock where it happens; empty for a day of opening hours.', null=True)),
                        ('fold', models.PositiveSmallIntegerField(db_default=0, default=0, help_text='1 for the second of two equal hours, when the clocks go back.')),
                        ('starts_at', models.DateTimeField()),
                        ('ends_at', models.DateTimeField()),
                        ('cutoffs_count_from', models.DateTimeField(help_text='The start, or the last closing time of a day of opening hours.')),
                        ('booking_cutoff_at', models.DateTimeField(help_text='Last moment to book and confirm.')),
                        ('opening_hours', models.JSONField(blank=True, default=list)),
                        ('capacity', models.PositiveIntegerField(blank=True, help_text='Empty: freesale.', null=True)),
                        ('max_units', models.PositiveSmallIntegerField(blank=True, null=True)),
                        ('reserved', models.PositiveBigIntegerField(default=0, editable=False)),
                        ('is_open', models.BooleanField(default=True)),
                        ('is_edited', models.BooleanField(default=False, editable=False, help_text='Staff changed its places or closed it, and that is kept.')),
                        ('has_resources', models.BooleanField(db_default=False, default=False, editable=False, help_text='It has guides, boats or equipment, whose places may be shared.')),
                        ('closed_by_staff', models.BooleanField(db_default=False, default=False, editable=False)),
                        ('is_kept', models.BooleanField(db_default=False, default=False, editable=False, help_text='Staff kept it for its guests when its schedule changed; it is left alone.')),
                        ('guide_links_revoked', models.PositiveIntegerField(db_default=0, default=0, editable=False, help_text="How often staff made the links to the guide's view invalid.")),
                        ('is_scheduled', models.BooleanField(db_default=True, default=True, editable=False, help_text='A schedule asks for it.')),
                    ],
                    options={
                        'ordering': ['starts_at', 'id'],
                        'indexes': [models.Index(fields=['option', 'local_date'], name='departure_by_date'), models.Index(fields=['local_date'], name='departure_of_day'), models.Index(fields=['starts_at', 'id'], name='departure_by_start')],
                        'constraints': [models.UniqueConstraint(fields=('option', 'availability_id'), name='availability_id_in_option', violation_error_message='This option already has a departure at this time.'), models.UniqueConstraint(fields=('option', 'local_date', 'start_time', 'fold'), name='departure_by_its_local_start', nulls_distinct=False, violation_error_message='This option already has a departure at this time.'), models.CheckConstraint(condition=models.Q(('capacity', None), ('reserved__lte', models.F('capacity')), _connector='OR'), name='departure_not_oversold', violation_error_message='Capacity must not be below the places that are taken.'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='departure_ends_after_its_start', violation_error_message='A departure must not end before it starts.'), models.CheckConstraint(condition=models.Q(models.Q(('capacity__gte', 0), ('capacity__lte', 10000000)), ('capacity', None), _connector='OR'), name='departure_capacity_is_in_range', violation_error_message='Capacity: use a whole number from 0 to 10,000,000.'), models.CheckConstraint(condition=models.Q(models.Q(('max_units__gte', 0), ('max_units__lte', 1000)), ('max_units', None), _connector='OR'), name='departure_units_are_in_range', violation_error_message='Most tickets in one booking: use a whole number from 0 to 1,000.'), models.CheckConstraint(condition=models.Q(('start_time__isnull', False), models.Q(('opening_hours', []), _negated=True), _connector='OR'), name='departure_has_a_start_or_opening_hours', violation_error_message='Give the departure a start time or opening hours.')],
                    },
                ),
                migrations.CreateModel(
                    name='DepartureEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='catalog.departure')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('option', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.option')),
                        ('schedule', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.schedule')),
                        ('availability_id', models.CharField(help_text='The id in the API, for good: partners store it, whatever becomes of its time.', max_length=64)),
                        ('local_date', models.DateField()),
                        ('start_time', models.TimeField(help_text='By the clock where it happens; empty for a day of opening hours.', null=True)),
                        ('fold', models.PositiveSmallIntegerField(db_default=0, default=0, help_text='1 for the second of two equal hours, when the clocks go back.')),
                        ('starts_at', models.DateTimeField()),
                        ('ends_at', models.DateTimeField()),
                        ('cutoffs_count_from', models.DateTimeField(help_text='The start, or the last closing time of a day of opening hours.')),
                        ('booking_cutoff_at', models.DateTimeField(help_text='Last moment to book and confirm.')),
                        ('opening_hours', models.JSONField(blank=True, default=list)),
                        ('capacity', models.PositiveIntegerField(blank=True, help_text='Empty: freesale.', null=True)),
                        ('max_units', models.PositiveSmallIntegerField(blank=True, null=True)),
                        ('is_open', models.BooleanField(default=True)),
                        ('is_edited', models.BooleanField(default=False, editable=False, help_text='Staff changed its places or closed it, and that is kept.')),
                        ('has_resources', models.BooleanField(db_default=False, default=False, editable=False, help_text='It has guides, boats or equipment, whose places may be shared.')),
                        ('closed_by_staff', models.BooleanField(db_default=False, default=False, editable=False)),
                        ('is_kept', models.BooleanField(db_default=False, default=False, editable=False, help_text='Staff kept it for its guests when its schedule changed; it is left alone.')),
                        ('guide_links_revoked', models.PositiveIntegerField(db_default=0, default=0, editable=False, help_text="How often staff made the links to the guide's view invalid.")),
                        ('is_scheduled', models.BooleanField(db_default=True, default=True, editable=False, help_text='A schedule asks for it.')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='OptionEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='catalog.option')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('id', models.BigIntegerField()),
                        ('product', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.product')),
                        ('code', models.CharField(default='DEFAULT', max_length=64, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9][A-Za-z0-9_-]*\\Z', 'Use letters, digits, - and _, as in DEFAULT or adult.')])),
                        ('internal_name', models.CharField(max_length=200)),
                        ('reference', models.CharField(blank=True, max_length=64, null=True)),
                        ('is_default', models.BooleanField(default=False)),
                        ('position', models.PositiveSmallIntegerField(default=0)),
                        ('cancellation_policy', models.CharField(choices=[('UNTIL_CUTOFF', 'Until the cut-off'), ('ALWAYS', 'Always, until the start'), ('NEVER', 'Never, once confirmed')], db_default='UNTIL_CUTOFF', default='UNTIL_CUTOFF', help_text='Whether a guest may cancel. Only the first looks at the cut-off.', max_length=16)),
                        ('cancellation_cutoff_amount', models.PositiveIntegerField(default=24, help_text='How long before the start, or the last closing time: at most 527,040 minutes, 8,784 hours, 366 days.', validators=[django.core.validators.MaxValueValidator(527040)])),
                        ('cancellation_cutoff_unit', models.CharField(choices=[('minute', 'Minutes'), ('hour', 'Hours'), ('day', 'Days')], default='hour', max_length=8)),
                        ('allows_late_cancellation', models.BooleanField(default=False, help_text='Partners may force a cancellation after the cut-off.')),
                        ('late_refund_percent', models.PositiveSmallIntegerField(default=0, help_text='What a late cancellation pays back: 0 is nothing, 100 all of it.', validators=[django.core.validators.MaxValueValidator(100)])),
                        ('required_contact_fields', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('firstName', 'First name'), ('lastName', 'Last name'), ('emailAddress', 'E-mail'), ('phoneNumber', 'Telephone'), ('country', 'Country'), ('notes', 'Notes'), ('locales', 'Languages'), ('postalCode', 'Postal code')], max_length=16), blank=True, default=list, size=None)),
                        ('min_units', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)])),
                        ('max_units', models.PositiveSmallIntegerField(blank=True, help_text='Empty: 1,000.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)])),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='product',
                    trigger=pgtrigger.compiler.Trigger(name='bump_own_revision', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW.revision := OLD.revision + 1; RETURN NEW;', hash='d6e26b16afa26e46054be656bd070392c50a6ae9', operation='UPDATE', pgid='pgtrigger_bump_own_revision_f6b3e', table='catalog_product', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='product',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalog_productevent" ("allow_freesale", "availability_required", "availability_type", "available_currencies", "code", "created_at", "default_currency", "delivery_formats", "delivery_methods", "id", "instant_confirmation", "instant_delivery", "internal_name", "is_active", "locale", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "pricing_per", "redemption_method", "reference", "tax_basis_points", "tax_name", "time_zone") VALUES (NEW."allow_freesale", NEW."availability_required", NEW."availability_type", NEW."available_currencies", NEW."code", NEW."created_at", NEW."default_currency", NEW."delivery_formats", NEW."delivery_methods", NEW."id", NEW."instant_confirmation", NEW."instant_delivery", NEW."internal_name", NEW."is_active", NEW."locale", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."place", NEW."pricing_per", NEW."redemption_method", NEW."reference", NEW."tax_basis_points", NEW."tax_name", NEW."time_zone"); RETURN NULL;', hash='2e5c1f148bebcc07156b84b68b7e47fb599783b0', operation='INSERT', pgid='pgtrigger_insert_insert_ae3fa', table='catalog_product', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='product',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."allow_freesale" IS DISTINCT FROM (NEW."allow_freesale") OR OLD."availability_required" IS DISTINCT FROM (NEW."availability_required") OR OLD."availability_type" IS DISTINCT FROM (NEW."availability_type") OR OLD."available_currencies" IS DISTINCT FROM (NEW."available_currencies") OR OLD."code" IS DISTINCT FROM (NEW."code") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."default_currency" IS DISTINCT FROM (NEW."default_currency") OR OLD."delivery_formats" IS DISTINCT FROM (NEW."delivery_formats") OR OLD."delivery_methods" IS DISTINCT FROM (NEW."delivery_methods") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."instant_confirmation" IS DISTINCT FROM (NEW."instant_confirmation") OR OLD."instant_delivery" IS DISTINCT FROM (NEW."instant_delivery") OR OLD."internal_name" IS DISTINCT FROM (NEW."internal_name") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."locale" IS DISTINCT FROM (NEW."locale") OR OLD."place" IS DISTINCT FROM (NEW."place") OR OLD."pricing_per" IS DISTINCT FROM (NEW."pricing_per") OR OLD."redemption_method" IS DISTINCT FROM (NEW."redemption_method") OR OLD."reference" IS DISTINCT FROM (NEW."reference") OR OLD."tax_basis_points" IS DISTINCT FROM (NEW."tax_basis_points") OR OLD."tax_name" IS DISTINCT FROM (NEW."tax_name") OR OLD."time_zone" IS DISTINCT FROM (NEW."time_zone"))', func='INSERT INTO "catalog_productevent" ("allow_freesale", "availability_required", "availability_type", "available_currencies", "code", "created_at", "default_currency", "delivery_formats", "delivery_methods", "id", "instant_confirmation", "instant_delivery", "internal_name", "is_active", "locale", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "pricing_per", "redemption_method", "reference", "tax_basis_points", "tax_name", "time_zone") VALUES (NEW."allow_freesale", NEW."availability_required", NEW."availability_type", NEW."available_currencies", NEW."code", NEW."created_at", NEW."default_currency", NEW."delivery_formats", NEW."delivery_methods", NEW."id", NEW."instant_confirmation", NEW."instant_delivery", NEW."internal_name", NEW."is_active", NEW."locale", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."place", NEW."pricing_per", NEW."redemption_method", NEW."reference", NEW."tax_basis_points", NEW."tax_name", NEW."time_zone"); RETURN NULL;', hash='d9a468bd49ade56ebc682c1586e53333bc2bba51', operation='UPDATE', pgid='pgtrigger_update_update_580c5', table='catalog_product', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='product',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalog_productevent" ("allow_freesale", "availability_required", "availability_type", "available_currencies", "code", "created_at", "default_currency", "delivery_formats", "delivery_methods", "id", "instant_confirmation", "instant_delivery", "internal_name", "is_active", "locale", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "pricing_per", "redemption_method", "reference", "tax_basis_points", "tax_name", "time_zone") VALUES (OLD."allow_freesale", OLD."availability_required", OLD."availability_type", OLD."available_currencies", OLD."code", OLD."created_at", OLD."default_currency", OLD."delivery_formats", OLD."delivery_methods", OLD."id", OLD."instant_confirmation", OLD."instant_delivery", OLD."internal_name", OLD."is_active", OLD."locale", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."place", OLD."pricing_per", OLD."redemption_method", OLD."reference", OLD."tax_basis_points", OLD."tax_name", OLD."time_zone"); RETURN NULL;', hash='283cf1ca2b2c92c791654502d917ccac0c624db9', operation='DELETE', pgid='pgtrigger_delete_delete_a763a', table='catalog_product', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='option',
                    trigger=pgtrigger.compiler.Trigger(name='bump_product_revision', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE changed RECORD;', func="\n            IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;\n            UPDATE catalog_product SET revision = revision + 1 WHERE id = (changed.product_id);\n            RETURN NULL;\n        ", hash='a7bb3ee51b7fc23037a87c641dcb997715f3a024', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_bump_product_revision_33725', table='catalog_option', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='option',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalog_optionevent" ("allows_late_cancellation", "cancellation_cutoff_amount", "cancellation_cutoff_unit", "cancellation_policy", "code", "id", "internal_name", "is_default", "late_refund_percent", "max_units", "min_units", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "product_id", "reference", "required_contact_fields") VALUES (NEW."allows_late_cancellation", NEW."cancellation_cutoff_amount", NEW."cancellation_cutoff_unit", NEW."cancellation_policy", NEW."code", NEW."id", NEW."internal_name", NEW."is_default", NEW."late_refund_percent", NEW."max_units", NEW."min_units", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."position", NEW."product_id", NEW."reference", NEW."required_contact_fields"); RETURN NULL;', hash='a8ae508ab020ca3a9f2681686c002d4fe09e01bf', operation='INSERT', pgid='pgtrigger_insert_insert_184c4', table='catalog_option', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='option',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."allows_late_cancellation" IS DISTINCT FROM (NEW."allows_late_cancellation") OR OLD."cancellation_cutoff_amount" IS DISTINCT FROM (NEW."cancellation_cutoff_amount") OR OLD."cancellation_cutoff_unit" IS DISTINCT FROM (NEW."cancellation_cutoff_unit") OR OLD."cancellation_policy" IS DISTINCT FROM (NEW."cancellation_policy") OR OLD."code" IS DISTINCT FROM (NEW."code") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."internal_name" IS DISTINCT FROM (NEW."internal_name") OR OLD."is_default" IS DISTINCT FROM (NEW."is_default") OR OLD."late_refund_percent" IS DISTINCT FROM (NEW."late_refund_percent") OR OLD."max_units" IS DISTINCT FROM (NEW."max_units") OR OLD."min_units" IS DISTINCT FROM (NEW."min_units") OR OLD."position" IS DISTINCT FROM (NEW."position") OR OLD."product_id" IS DISTINCT FROM (NEW."product_id") OR OLD."reference" IS DISTINCT FROM (NEW."reference") OR OLD."required_contact_fields" IS DISTINCT FROM (NEW."required_contact_fields"))', func='INSERT INTO "catalog_optionevent" ("allows_late_cancellation", "cancellation_cutoff_amount", "cancellation_cutoff_unit", "cancellation_policy", "code", "id", "internal_name", "is_default", "late_refund_percent", "max_units", "min_units", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "product_id", "reference", "required_contact_fields") VALUES (NEW."allows_late_cancellation", NEW."cancellation_cutoff_amount", NEW."cancellation_cutoff_unit", NEW."cancellation_policy", NEW."code", NEW."id", NEW."internal_name", NEW."is_default", NEW."late_refund_percent", NEW."max_units", NEW."min_units", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."position", NEW."product_id", NEW."reference", NEW."required_contact_fields"); RETURN NULL;', hash='b30ffde5898d3ca6006d406665059b8af4a6ba6a', operation='UPDATE', pgid='pgtrigger_update_update_9cf91', table='catalog_option', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='option',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalog_optionevent" ("allows_late_cancellation", "cancellation_cutoff_amount", "cancellation_cutoff_unit", "cancellation_policy", "code", "id", "internal_name", "is_default", "late_refund_percent", "max_units", "min_units", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "product_id", "reference", "required_contact_fields") VALUES (OLD."allows_late_cancellation", OLD."cancellation_cutoff_amount", OLD."cancellation_cutoff_unit", OLD."cancellation_policy", OLD."code", OLD."id", OLD."internal_name", OLD."is_default", OLD."late_refund_percent", OLD."max_units", OLD."min_units", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."position", OLD."product_id", OLD."reference", OLD."required_contact_fields"); RETURN NULL;', hash='076af5293739167bccfe6a7a1c94e84c0a35d5ce', operation='DELETE', pgid='pgtrigger_delete_delete_b3f68', table='catalog_option', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='partnerterms',
                    trigger=pgtrigger.compiler.Trigger(name='bump_product_revision', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE changed RECORD;', func="\n            IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;\n            UPDATE catalog_product SET revision = revision + 1 WHERE id = (changed.product_id);\n            RETURN NULL;\n        ", hash='2f2723595c2c38a7d81998d760b4c0a991cc6496', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_bump_product_revision_b8f87', table='catalog_partnerterms', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='partnerterms',
                    trigger=pgtrigger.compiler.Trigger(name='direct_sells_at_retail', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.commission_basis_points > 0 AND EXISTS (\n            SELECT FROM partners_partner\n             WHERE id = NEW.partner_id AND kind = 'direct') THEN\n        RAISE EXCEPTION 'a direct partner sells at the retail price'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'direct_sells_at_retail';\n    END IF;\n    RETURN NEW;\n", hash='0750fdf6b983e237eeb481ad744423fdfd4102e7', operation='INSERT OR UPDATE', pgid='pgtrigger_direct_sells_at_retail_87350', table='catalog_partnerterms', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='partnerterms',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalog_partnertermsevent" ("commission_basis_points", "id", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id") VALUES (NEW."commission_basis_points", NEW."id", NEW."partner_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."product_id"); RETURN NULL;', hash='f60ec737eb7f0401070bf483b78bffaddd366b2c', operation='INSERT', pgid='pgtrigger_insert_insert_1df28', table='catalog_partnerterms', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='partnerterms',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalog_partnertermsevent" ("commission_basis_points", "id", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id") VALUES (NEW."commission_basis_points", NEW."id", NEW."partner_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."product_id"); RETURN NULL;', hash='7c0bd1fdcf0213cb47872a3a1d7c365247f0c4ea', operation='UPDATE', pgid='pgtrigger_update_update_7232b', table='catalog_partnerterms', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='partnerterms',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalog_partnertermsevent" ("commission_basis_points", "id", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id") VALUES (OLD."commission_basis_points", OLD."id", OLD."partner_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."product_id"); RETURN NULL;', hash='4b5830760bf9c9b70706a40cd2fd1628e63525da', operation='DELETE', pgid='pgtrigger_delete_delete_4f7ab', table='catalog_partnerterms', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='schedule',
                    trigger=pgtrigger.compiler.Trigger(name='bump_product_revision', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE changed RECORD;', func="\n            IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;\n            UPDATE catalog_product SET revision = revision + 1 WHERE id = (SELECT product_id FROM catalog_option WHERE catalog_option.id = changed.option_id);\n            RETURN NULL;\n        ", hash='9f91861e194f8d228dd010659c72a134088399fa', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_bump_product_revision_59012', table='catalog_schedule', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='schedule',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalog_scheduleevent" ("booking_cutoff_minutes", "capacity", "duration_minutes", "id", "is_active", "max_units", "opening_hours", "option_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "season_end", "season_start", "start_times", "weekdays") VALUES (NEW."booking_cutoff_minutes", NEW."capacity", NEW."duration_minutes", NEW."id", NEW."is_active", NEW."max_units", NEW."opening_hours", NEW."option_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."season_end", NEW."season_start", NEW."start_times", NEW."weekdays"); RETURN NULL;', hash='d3ab57daf8fad4c1a77b6a11c4e66af47bbe8918', operation='INSERT', pgid='pgtrigger_insert_insert_384a7', table='catalog_schedule', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='schedule',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalog_scheduleevent" ("booking_cutoff_minutes", "capacity", "duration_minutes", "id", "is_active", "max_units", "opening_hours", "option_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "season_end", "season_start", "start_times", "weekdays") VALUES (NEW."booking_cutoff_minutes", NEW."capacity", NEW."duration_minutes", NEW."id", NEW."is_active", NEW."max_units", NEW."opening_hours", NEW."option_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."season_end", NEW."season_start", NEW."start_times", NEW."weekdays"); RETURN NULL;', hash='2d985cd900a98431541aaaf2b48007892cd5cb21', operation='UPDATE', pgid='pgtrigger_update_update_4090f', table='catalog_schedule', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='schedule',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalog_scheduleevent" ("booking_cutoff_minutes", "capacity", "duration_minutes", "id", "is_active", "max_units", "opening_hours", "option_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "season_end", "season_start", "start_times", "weekdays") VALUES (OLD."booking_cutoff_minutes", OLD."capacity", OLD."duration_minutes", OLD."id", OLD."is_active", OLD."max_units", OLD."opening_hours", OLD."option_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."season_end", OLD."season_start", OLD."start_times", OLD."weekdays"); RETURN NULL;', hash='82428f2ee3db64d024fcf7ceb703e1bc0d3304fb', operation='DELETE', pgid='pgtrigger_delete_delete_65195', table='catalog_schedule', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='unit',
                    trigger=pgtrigger.compiler.Trigger(name='bump_product_revision', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE changed RECORD;', func="\n            IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;\n            UPDATE catalog_product SET revision = revision + 1 WHERE id = (SELECT product_id FROM catalog_option WHERE catalog_option.id = changed.option_id);\n            RETURN NULL;\n        ", hash='6d9f325c8e9fc8df64a252e16463212a1bc59896', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_bump_product_revision_f5304', table='catalog_unit', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='unit',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalog_unitevent" ("accompanied_by", "code", "id", "id_required", "internal_name", "max_age", "max_quantity", "min_age", "min_quantity", "option_id", "pax_count", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "reference", "required_contact_fields", "type") VALUES (NEW."accompanied_by", NEW."code", NEW."id", NEW."id_required", NEW."internal_name", NEW."max_age", NEW."max_quantity", NEW."min_age", NEW."min_quantity", NEW."option_id", NEW."pax_count", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."position", NEW."reference", NEW."required_contact_fields", NEW."type"); RETURN NULL;', hash='59a90b7d403fabeaf0c80f054e98f20f67ed6f37', operation='INSERT', pgid='pgtrigger_insert_insert_f03e5', table='catalog_unit', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='unit',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalog_unitevent" ("accompanied_by", "code", "id", "id_required", "internal_name", "max_age", "max_quantity", "min_age", "min_quantity", "option_id", "pax_count", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "reference", "required_contact_fields", "type") VALUES (NEW."accompanied_by", NEW."code", NEW."id", NEW."id_required", NEW."internal_name", NEW."max_age", NEW."max_quantity", NEW."min_age", NEW."min_quantity", NEW."option_id", NEW."pax_count", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."position", NEW."reference", NEW."required_contact_fields", NEW."type"); RETURN NULL;', hash='dfbbca54a826572335ce5a3ea235d86f829287ef', operation='UPDATE', pgid='pgtrigger_update_update_6a480', table='catalog_unit', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='unit',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalog_unitevent" ("accompanied_by", "code", "id", "id_required", "internal_name", "max_age", "max_quantity", "min_age", "min_quantity", "option_id", "pax_count", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "reference", "required_contact_fields", "type") VALUES (OLD."accompanied_by", OLD."code", OLD."id", OLD."id_required", OLD."internal_name", OLD."max_age", OLD."max_quantity", OLD."min_age", OLD."min_quantity", OLD."option_id", OLD."pax_count", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."position", OLD."reference", OLD."required_contact_fields", OLD."type"); RETURN NULL;', hash='35fe32928a07e85787bab207e3e55e1d51fe7e56', operation='DELETE', pgid='pgtrigger_delete_delete_06fe2', table='catalog_unit', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='price',
                    trigger=pgtrigger.compiler.Trigger(name='bump_product_revision', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE changed RECORD;', func="\n            IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;\n            UPDATE catalog_product SET revision = revision + 1 WHERE id = (SELECT product_id FROM catalog_option WHERE catalog_option.id = changed.option_id);\n            RETURN NULL;\n        ", hash='5dcb9e21af8f9e82aeb14e487a35eb7365fb4c68', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_bump_product_revision_75047', table='catalog_price', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='price',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalog_priceevent" ("currency", "id", "option_id", "original_minor", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "retail_minor", "season_end", "season_start", "unit_id") VALUES (NEW."currency", NEW."id", NEW."option_id", NEW."original_minor", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."retail_minor", NEW."season_end", NEW."season_start", NEW."unit_id"); RETURN NULL;', hash='7d0b8b6d975275b6289d7185d3635ffb3d291e6b', operation='INSERT', pgid='pgtrigger_insert_insert_e6258', table='catalog_price', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='price',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalog_priceevent" ("currency", "id", "option_id", "original_minor", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "retail_minor", "season_end", "season_start", "unit_id") VALUES (NEW."currency", NEW."id", NEW."option_id", NEW."original_minor", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."retail_minor", NEW."season_end", NEW."season_start", NEW."unit_id"); RETURN NULL;', hash='a5b10124ba64409bf10640d9667282b193aa2510', operation='UPDATE', pgid='pgtrigger_update_update_5a6c7', table='catalog_price', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='price',
                    trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalog_priceevent" ("currency", "id", "option_id", "original_minor", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "retail_minor", "season_end", "season_start", "unit_id") VALUES (OLD."currency", OLD."id", OLD."option_id", OLD."original_minor", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."retail_minor", OLD."season_end", OLD."season_start", OLD."unit_id"); RETURN NULL;', hash='9e6b0b82232786cd8b03dea360d3c71c868830ae', operation='DELETE', pgid='pgtrigger_delete_delete_d273e', table='catalog_price', when='AFTER')),
                ),
            ],
        ),
    ]
