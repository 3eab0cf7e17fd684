"""The table of mails moves to the app ``guest_messages``, which takes it over as it is."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("bookings", "0019_pickup")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel(name="GuestMail")]
        ),
    ]
