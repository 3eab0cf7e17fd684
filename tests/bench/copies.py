"""Copies of the demo's bookings, so that a database holds as many as a shop of some years.

A copy has a uuid, references and codes of its own, and else what its original has. The departures'
counters stay as they are: no case reads them of a departure that it does not make room in.
"""

from typing import Any

import psycopg

#: What a copy has of its own, by table; ``copy.number`` counts the copies of one booking from 1.
_OWN = {
    "bookings_booking": {
        "uuid": "md5(old.uuid || copy.number::text)::uuid",
        "supplier_reference": "old.supplier_reference || '-' || copy.number",
        "voucher_code": "old.voucher_code || '-' || copy.number",
    },
    "bookings_unititem": {
        "booking_id": "booking.id",
        "supplier_reference": "old.supplier_reference || '-' || copy.number",
        "ticket_code": "old.ticket_code || '-' || copy.number",
    },
}

_BOOKINGS = """
INSERT INTO bookings_booking ({columns})
SELECT {values}
  FROM bookings_booking AS old, generate_series(1, %(most)s) AS copy (number)
 ORDER BY copy.number, old.id
 LIMIT %(wanted)s
"""

_ITEMS = """
INSERT INTO bookings_unititem ({columns})
SELECT {values}
  FROM bookings_unititem AS old
  JOIN bookings_booking AS original ON original.id = old.booking_id
  CROSS JOIN generate_series(1, %(most)s) AS copy (number)
  JOIN bookings_booking AS booking ON booking.partner_id = original.partner_id
   AND booking.uuid = md5(original.uuid || copy.number::text)::uuid
"""


def copy_bookings(owner_url: str, *, until: int) -> None:
    """Copy the bookings, as often as it takes, until there are so many; only the owner may."""
    with psycopg.connect(owner_url) as connection:
        (there,) = _row(connection, "SELECT count(*) FROM bookings_booking")
        wanted = until - there
        if wanted <= 0:
            return
        parameters = {"wanted": wanted, "most": -(-wanted // there)}
        for table, statement in (("bookings_booking", _BOOKINGS), ("bookings_unititem", _ITEMS)):
            (names,) = _row(
                connection,
                "SELECT array_agg(column_name::text ORDER BY ordinal_position)"
                "  FROM information_schema.columns"
                f" WHERE table_name = '{table}' AND column_name <> 'id'",
            )
            values = [_OWN[table].get(name, f"old.{name}") for name in names]
            connection.execute(
                statement.format(columns=", ".join(names), values=", ".join(values)), parameters
            )


def _row(connection: "psycopg.Connection[Any]", question: str) -> Any:
    return connection.execute(question).fetchone()
