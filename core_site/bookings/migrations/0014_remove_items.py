"""``bookings_remove_items(booking, kept)``: deletes a booking's tickets but those that are kept.

SECURITY DEFINER: a role that may DELETE from a table may also LOCK it against all others, so the
edge may not (PostgreSQL's manual, LOCK).
"""

from django.db import migrations

REMOVE = """
CREATE FUNCTION bookings_remove_items(of_booking bigint, kept uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
    DELETE FROM bookings_unititem WHERE booking_id = of_booking AND uuid <> ALL (kept)
$function$;
REVOKE ALL ON FUNCTION bookings_remove_items(bigint, uuid[]) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("bookings", "0013_guestmail")]

    operations = [
        migrations.RunSQL(REMOVE, "DROP FUNCTION bookings_remove_items(bigint, uuid[])"),
    ]
