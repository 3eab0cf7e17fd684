"""Payments of partners, and the indexes of bookings that statements and revenue are read from."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core_site.postgresql.create_models import CreateModels

#: Everything that revenue adds up, so that it is read without the rows of bookings.
ADD_SALES = """
CREATE INDEX booking_sales ON bookings_booking (sale_date)
    INCLUDE (product_id, partner_id, currency, status, retail_minor, refund_retail_minor,
             net_minor, refund_net_minor)
 WHERE confirmed_at IS NOT NULL AND NOT test_mode
"""

#: Bookings without a date by their day of sale, with what a statement adds up of them.
ADD_UNDATED = """
CREATE INDEX booking_undated_sums ON bookings_booking (sale_date)
    INCLUDE (partner_id, currency, net_minor, refund_net_minor, status, confirmed_at,
             cancellation_refund)
 WHERE departure_id IS NULL AND NOT test_mode
"""


class Migration(migrations.Migration):

    replaces = [('statements', '0001_initial'), ('statements', '0002_undated_bookings'), ('statements', '0003_undated_sums')]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('bookings', '0001_squashed_0023_words_of_choices'),
        ('partners', '0001_squashed_0005_partner_kind'),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name='PartnerPayment',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partners.partner')),
                        ('month', models.DateField(help_text="The first day of the statement's month.")),
                        ('direction', models.CharField(choices=[('RECEIVED', 'Received from the partner'), ('RETURNED', 'Returned to the partner')], max_length=8)),
                        ('amount_minor', models.BigIntegerField(verbose_name='amount')),
                        ('currency', models.CharField(max_length=3)),
                        ('reference', models.CharField(blank=True, max_length=100)),
                        ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('recorded_at', models.DateTimeField()),
                    ],
                    options={
                        'verbose_name': 'payment of a statement',
                        'verbose_name_plural': 'payments of statements',
                        'ordering': ['-id'],
                        'permissions': [('view_revenue', 'Can see what is sold by day, product and partner')],
                        'default_permissions': ('add', 'view'),
                        'indexes': [models.Index(fields=['month', 'partner', 'currency'], name='partner_payment_of_month')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='partner_payment_is_above_zero'), models.CheckConstraint(condition=models.Q(('direction__in', ['RECEIVED', 'RETURNED'])), name='partner_payment_direction_is_known'), models.CheckConstraint(condition=models.Q(('month__day', 1)), name='partner_payment_of_a_month')],
                    },
                ),
            ],
        ),
        migrations.RunSQL(ADD_SALES, "DROP INDEX booking_sales"),
        migrations.RunSQL(ADD_UNDATED, "DROP INDEX booking_undated_sums"),
    ]
