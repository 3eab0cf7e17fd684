"""Say of each event whether it tells of a test booking."""

from django.db import migrations, models

# A booking's uuid is unique at this point: see 0012_uuid_of_partner of the bookings. Where the
# outbox is sealed already, what may become of a stored event is a value where there was none.
FILL = """
UPDATE events_event
   SET test_mode = EXISTS (
       SELECT FROM bookings_booking AS booking
        WHERE booking.uuid = events_event.booking_uuid AND booking.test_mode)
"""

HELP_TEXT = 'Of a test booking; live readers never see it.'


class Migration(migrations.Migration):

    # It reads bookings, whose table is in every database that comes this way: an empty one takes the
    # squashed migration. Theirs depend on this one.
    dependencies = [('events', '0001_initial')]

    operations = [
        migrations.AddField(
            model_name='event',
            name='test_mode',
            field=models.BooleanField(null=True, help_text=HELP_TEXT),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop, elidable=True),
        migrations.AlterField(
            model_name='event',
            name='test_mode',
            field=models.BooleanField(help_text=HELP_TEXT),
        ),
    ]
