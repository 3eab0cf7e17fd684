"""A mark of the manifest (late, no-show) ends when its booking moves to another departure."""

from django.db import migrations

# SECURITY DEFINER: partners move bookings too, and the edge may not touch the marks. The history
# keeps the mark, with who made it.
FORGET = """
CREATE FUNCTION bookings_forget_attendance() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
BEGIN
    UPDATE bookings_unititem
       SET attendance = NULL, attendance_at = NULL, attendance_by = NULL
     WHERE booking_id = NEW.id AND attendance IS NOT NULL;
    RETURN NULL;
END
$function$;

CREATE TRIGGER bookings_forget_attendance AFTER UPDATE OF departure_id ON bookings_booking
   FOR EACH ROW WHEN (OLD.departure_id IS DISTINCT FROM NEW.departure_id)
   EXECUTE FUNCTION bookings_forget_attendance();
"""

FORGET_NOTHING = """
DROP TRIGGER bookings_forget_attendance ON bookings_booking;
DROP FUNCTION bookings_forget_attendance();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0028_holds_of_departures_and_options'),
    ]

    operations = [migrations.RunSQL(FORGET, FORGET_NOTHING)]
