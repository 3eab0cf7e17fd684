"""Say of each event whether it tells of a test booking."""

from django.db import migrations, models

# A booking's uuid is unique at this point: see 0012_uuid_of_partner of the bookings.
FILL = """
UPDATE events_event AS event
   SET test_mode = true
  FROM bookings_booking AS booking
 WHERE booking.uuid = event.booking_uuid AND booking.test_mode
"""


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0011_move_notice'),
        ('events', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='test_mode',
            field=models.BooleanField(default=False, help_text='Of a test booking; live readers never see it.'),
            preserve_default=False,
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop, elidable=True),
    ]
