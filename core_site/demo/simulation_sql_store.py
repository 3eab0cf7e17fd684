"""SQL by which the demo dates history and events back; only the tables' owner may run it."""

#: Two loads at once: the second waits here, and then finds the first one's supplier.
LOCK_SUPPLIERS = "LOCK TABLE catalog_supplier IN SHARE ROW EXCLUSIVE MODE"

OPEN_HISTORY = "SELECT history_open('load_demo', 'dated by the simulation')"

#: Nothing was taken out of the history, so there is nothing to keep on record.
FORGET_REMOVAL = "DELETE FROM history_removal WHERE id = %s"

#: Each step has written one version of its booking, with one event and versions of its tickets.
DATE_BACK = (
    # The worker stores an expiry some time after the moment at which the booking changed by it.
    """
    UPDATE bookings_bookingevent AS version SET pgh_created_at = stored.at
      FROM (SELECT pgh_id, max(updated_at) OVER (ORDER BY pgh_id) AS at
              FROM bookings_bookingevent) AS stored
     WHERE stored.pgh_id = version.pgh_id
    """,
    """
    UPDATE bookings_unititemevent AS ticket SET pgh_created_at = version.pgh_created_at
      FROM bookings_bookingevent AS version
     WHERE version.pgh_obj_id = ticket.booking_id
       AND version.pgh_context_id = ticket.pgh_context_id
    """,
    """
    UPDATE pghistory_context AS context
       SET created_at = version.pgh_created_at, updated_at = version.pgh_created_at
      FROM bookings_bookingevent AS version WHERE version.pgh_context_id = context.id
    """,
    """
    UPDATE events_event AS event SET created_at = version.pgh_created_at
      FROM (SELECT id, row_number() OVER (PARTITION BY booking_uuid ORDER BY id) AS step
              FROM events_event) AS numbered,
           (SELECT uuid, pgh_created_at,
                   row_number() OVER (PARTITION BY pgh_obj_id ORDER BY pgh_id) AS step
              FROM bookings_bookingevent) AS version
     WHERE numbered.id = event.id AND version.uuid = event.booking_uuid
       AND version.step = numbered.step
    """,
)

DATE_OTHER_EVENTS = """
UPDATE events_event AS event
   SET created_at = coalesce(
       (SELECT step.created_at FROM events_event AS step
         WHERE step.booking_uuid IS NOT NULL AND step.id < event.id
         ORDER BY step.id DESC LIMIT 1),
       %(opened_at)s)
 WHERE event.booking_uuid IS NULL
"""
