"""Give every departure the local start that its id names, and make one of twins."""

import re
from datetime import UTC, datetime, time

from django.db import migrations

from shared_domain.time_zones import zone

_ID = re.compile(r"\d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d)([+-]\d\d:\d\d)\Z")

# What the history says of a departure is what happened to it; this is not one of those things.
QUIET = "ALTER TABLE catalog_departure DISABLE TRIGGER USER"
LOUD = "SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE catalog_departure ENABLE TRIGGER USER"

CLOSED_BY_STAFF = """
UPDATE catalog_departure SET closed_by_staff = true WHERE is_edited AND NOT is_open
"""

# A change of zone rules or of a product's zone closed the sold departure and opened an empty one
# beside it. The one that was ever booked stays, else the one on sale; its empty twin goes.
EMPTY_TWINS = """
WITH ranked AS (
     SELECT departure.id, booked.is_booked,
            row_number() OVER (
              PARTITION BY departure.option_id, departure.local_date, departure.start_time,
                           departure.fold
              ORDER BY booked.is_booked DESC, departure.is_open DESC, departure.id) AS position
       FROM catalog_departure AS departure,
            LATERAL (SELECT EXISTS (SELECT FROM bookings_booking
                                     WHERE departure_id = departure.id) AS is_booked) AS booked)
DELETE FROM catalog_departure AS departure
 USING ranked
 WHERE ranked.id = departure.id AND ranked.position > 1 AND NOT ranked.is_booked
"""

# Two that were both booked stay two: the later one is told apart as by a second equal hour.
BOOKED_TWINS = """
WITH ranked AS (
     SELECT id, row_number() OVER (
              PARTITION BY option_id, local_date, start_time, fold ORDER BY id) AS position
       FROM catalog_departure)
UPDATE catalog_departure AS departure
   SET fold = departure.fold + ranked.position - 1
  FROM ranked
 WHERE ranked.id = departure.id AND ranked.position > 1
"""


def fill_in(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(QUIET)
        cursor.execute(CLOSED_BY_STAFF)
        _fill_in_starts(apps.get_model("catalog", "Departure"))
        cursor.execute(EMPTY_TWINS)
        cursor.execute(BOOKED_TWINS)
        cursor.execute(LOUD)


def _fill_in_starts(departures):
    rows = departures.objects.filter(opening_hours=[]).select_related("option__product", "schedule")
    changed = []
    for row in rows.iterator(chunk_size=2000):
        row.start_time, row.fold = _local_start(row, zone(row.option.product.time_zone))
        changed.append(row)
        if len(changed) == 2000:
            departures.objects.bulk_update(changed, ["start_time", "fold"])
            changed = []
    departures.objects.bulk_update(changed, ["start_time", "fold"])


def _local_start(row, place):
    named = _ID.match(row.availability_id)
    if named is None:
        start = row.starts_at.astimezone(place)
        return start.time(), start.fold
    start_time = time.fromisoformat(named[1])
    wall = datetime.combine(row.local_date, start_time, place)
    first, second = wall.utcoffset(), wall.replace(fold=1).utcoffset()
    offset = datetime.fromisoformat(row.availability_id).utcoffset()
    if first > second and offset == second:
        return start_time, 1
    return _asked_for(row, start_time, place), 0


def _asked_for(row, start_time, place):
    """Return the start in an hour that the clocks skip, of which the id names the moment."""
    asked_for = row.schedule.start_times if row.schedule else []
    if start_time in asked_for:
        return start_time
    for skipped in asked_for:
        wall = datetime.combine(row.local_date, skipped, place)
        shown = wall.astimezone(UTC).astimezone(place)
        if shown.time() == start_time and shown.date() == row.local_date:
            return skipped
    return start_time


class Migration(migrations.Migration):
    # It looks for bookings, whose table is in every database that comes this way: an empty one takes
    # the squashed migration, where bookings depend on the catalogue.
    dependencies = [("catalog", "0006_departure_local_start")]

    operations = [migrations.RunPython(fill_in, migrations.RunPython.noop, elidable=True)]
