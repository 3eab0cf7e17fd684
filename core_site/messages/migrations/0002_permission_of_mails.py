"""Who was allowed to see the list of mails stays allowed, now that it is of another app."""

from django.db import migrations

MOVE = """
UPDATE django_content_type
   SET app_label = 'guest_messages', model = 'message'
 WHERE app_label = 'bookings' AND model = 'guestmail'
"""

RENAME = """
UPDATE auth_permission AS permission
   SET codename = 'view_message', name = 'Can view message to a guest'
  FROM django_content_type AS kind
 WHERE kind.id = permission.content_type_id AND kind.app_label = 'guest_messages'
   AND permission.codename = 'view_guestmail'
"""


class Migration(migrations.Migration):

    dependencies = [
        ("guest_messages", "0001_initial"),
        ("auth", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunSQL([MOVE, RENAME], migrations.RunSQL.noop)]
