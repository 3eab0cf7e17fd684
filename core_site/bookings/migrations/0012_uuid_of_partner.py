"""Make a booking's uuid unique to its partner and mode, no longer among all bookings."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0011_move_notice'),
        # Its filling finds bookings by their uuid alone.
        ('events', '0002_events_of_tests'),
    ]

    operations = [
        migrations.AlterField(
            model_name='booking',
            name='uuid',
            field=models.UUIDField(),
        ),
        migrations.AddConstraint(
            model_name='booking',
            constraint=models.UniqueConstraint(fields=('uuid', 'partner', 'test_mode'), name='booking_uuid_of_partner'),
        ),
    ]
