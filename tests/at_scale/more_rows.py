"""Rows beside 1,000,000 bookings: payments, events, history, messages, and a full week.

One event and one version in the history for each booking, a payment for each fifth, a message for
each tenth. Next week has over a thousand departures, as in a shop of many boats.
"""

import psycopg

from tests.bench.bulk import bulk_load

#: What is owed to every fiftieth guest, and by every thirtieth; the others have paid.
_ACCOUNTS = """
INSERT INTO payments_account
       (booking_id, is_direct, status, currency, retail_minor, refund_retail_minor, cancelled_at,
        received_minor, refunded_minor, written_off_minor, changed_at)
SELECT id, true, status, currency, retail_minor, refund_retail_minor, cancelled_at,
       CASE WHEN id % 30 = 0 THEN retail_minor / 2 ELSE retail_minor END, 0, 0, created_at
  FROM bookings_booking
 WHERE id % 5 = 0 AND retail_minor > 1
    ON CONFLICT DO NOTHING
"""

_ENTRIES = """
INSERT INTO payments_entry
       (booking_id, kind, amount_minor, currency, method, reference, note, recorded_by_id,
        recorded_at)
SELECT account.booking_id, 'RECEIVED', account.received_minor, account.currency, 'CASH', '', '',
       (SELECT min(id) FROM auth_user), account.changed_at
  FROM payments_account AS account
 WHERE NOT EXISTS (SELECT 1 FROM payments_entry AS entry
                    WHERE entry.booking_id = account.booking_id)
"""

_EVENTS = """
INSERT INTO events_event (partner_id, test_mode, type, booking_uuid, data)
SELECT partner_id, test_mode, 'booking.updated', uuid, '{}' FROM bookings_booking
"""

_MESSAGES = """
INSERT INTO bookings_guestmail
       (booking_id, partner_id, test_mode, kind, outcome, created_at, language, recipient,
        words, subject, body, attachments)
SELECT id, partner_id, test_mode, 'TICKETS', 'SENT', created_at, 'en', '', '', '', '', '[]'
  FROM bookings_booking
 WHERE id % 10 = 0
"""

#: The columns that history keeps, as far as the booking has them.
_VERSION_COLUMNS = """
SELECT string_agg(quote_ident(event.column_name), ', ')
  FROM information_schema.columns AS event
  JOIN information_schema.columns AS booking USING (table_schema, column_name)
 WHERE event.table_name = 'bookings_bookingevent' AND booking.table_name = 'bookings_booking'
"""

_VERSIONS = """
INSERT INTO bookings_bookingevent (pgh_created_at, pgh_label, pgh_obj_id, {columns})
SELECT created_at, 'insert', id, {columns} FROM bookings_booking AS booking
 WHERE NOT EXISTS (SELECT 1 FROM bookings_bookingevent AS version WHERE version.id = booking.id)
 ORDER BY created_at
"""

#: Each departure of the week to come again, every hour of a day.
_DEPARTURES = """
INSERT INTO catalog_departure ({columns})
SELECT {values}
  FROM catalog_departure AS old, generate_series(1, 23) AS hour
 WHERE old.local_date BETWEEN current_date + 7 AND current_date + 13
   AND old.start_time IS NOT NULL
   AND old.id % 3 = 0
    ON CONFLICT DO NOTHING
"""

_OTHERWISE = {
    "start_time": "(old.start_time + hour * interval '1 hour' + interval '7 minutes')::time",
    "availability_id": "old.availability_id || '+' || hour",
    "reserved": "0",
}


def add_more_rows(owner_url: str) -> None:
    """Add the rows to a database that has its bookings; only the owner may."""
    with psycopg.connect(owner_url) as connection:
        for table, statement in (
            ("payments_account", _ACCOUNTS),
            ("payments_entry", _ENTRIES),
            ("events_event", _EVENTS),
            ("bookings_guestmail", _MESSAGES),
            ("bookings_bookingevent", _versions(connection)),
            ("catalog_departure", _departures(connection)),
        ):
            # What the triggers would write beside each row is of no use here.
            with bulk_load(connection, table):
                connection.execute(statement)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")


def _versions(connection: "psycopg.Connection[tuple[str]]") -> str:
    columns = connection.execute(_VERSION_COLUMNS).fetchall()[0][0]
    return _VERSIONS.format(columns=columns)


def _departures(connection: "psycopg.Connection[tuple[str]]") -> str:
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = 'catalog_departure' AND column_name <> 'id'"
    ).fetchall()
    names = [name for (name,) in found]
    values = [_OTHERWISE.get(name, f"old.{name}") for name in names]
    return _DEPARTURES.format(columns=", ".join(names), values=", ".join(values))
