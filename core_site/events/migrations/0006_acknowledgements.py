"""The table of what partners have acknowledged of the log."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0001_squashed_0005_events_of_the_catalogue'),
        ('partners', '0001_squashed_0005_partner_kind'),
    ]

    operations = [
        migrations.CreateModel(
            name='Acknowledgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('test_mode', models.BooleanField(editable=False)),
                ('position', models.BigIntegerField(editable=False)),
                ('acknowledged_at', models.DateTimeField(editable=False)),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='partners.partner')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('partner', 'test_mode'), name='one_acknowledgement_per_reader'), models.CheckConstraint(condition=models.Q(('position__gte', 0)), name='acknowledged_positions_begin_at_0')],
            },
        ),
    ]
