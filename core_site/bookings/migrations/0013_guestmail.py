"""Keep the mails of tests for staff to read, and the number of those that were sent."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0012_uuid_of_partner'),
        ('partners', '0003_test_mail_addresses'),
    ]

    operations = [
        migrations.CreateModel(
            name='GuestMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('test_mode', models.BooleanField()),
                ('kind', models.CharField(choices=[('TICKETS', 'Tickets'), ('NEW_TIME', 'New time')], max_length=16)),
                ('outcome', models.CharField(choices=[('SENT', 'Sent'), ('KEPT', 'Kept here, not sent')], max_length=8)),
                ('created_at', models.DateTimeField()),
                ('recipient', models.TextField(blank=True)),
                ('subject', models.TextField(blank=True)),
                ('body', models.TextField(blank=True)),
                ('attachments', models.JSONField(blank=True, default=list, help_text='The names of its files.')),
                ('booking', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mails', to='bookings.booking')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partners.partner')),
            ],
            options={
                'verbose_name': 'mail to a guest',
                'verbose_name_plural': 'mails to guests',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['booking', '-created_at'], name='mail_of_booking'), models.Index(fields=['partner', 'test_mode', '-created_at'], name='mail_of_partner'), models.Index(fields=['created_at'], name='mail_by_age')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'KEPT'), ('test_mode', True)), models.Q(('attachments', []), ('body', ''), ('outcome', 'SENT'), ('recipient', ''), ('subject', '')), _connector='OR'), name='only_mails_of_tests_are_kept')],
            },
        ),
    ]
