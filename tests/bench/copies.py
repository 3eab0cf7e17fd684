"""Copies of the demo's bookings, so that a database holds as many as a shop of some years.

A copy has a uuid, references, codes, a guest and a day of its own, and else what its original has:
the product is the original's, so each product keeps its share. First and last names come from lists
in which the early ones are common, as in life. The departures' counters stay as they are: no case
reads them of a departure that it does not make room in. The audit trail has no versions of copies.
"""

from typing import Any

import psycopg

from shared_domain.sales_rollup.sql_store import REPAIR_DAYS, REPAIR_MONTHS
from tests.bench.bulk import bulk_load

#: Names of guests, the common ones first; every fourth guest has two surnames.
FIRST_NAMES = [
    "Maria",
    "João",
    "Ana",
    "José",
    "Anna",
    "Peter",
    "Martin",
    "Sofia",
    "Emma",
    "Lukas",
    "Lucas",
    "Clara",
    "Marie",
    "Paul",
    "Laura",
    "Thomas",
    "Carlos",
    "Julia",
    "Michael",
    "Sara",
    "Manuel",
    "Elena",
    "Inês",
    "Pedro",
    "Léa",
    "Hans",
    "Olivia",
    "Oliver",
    "Chloé",
    "Jürgen",
    "Søren",
    "Łukasz",
    "Zoë",
    "Françoise",
    "Björn",
    "Þóra",
    "Γιώργος",
    "Наталья",
    "İbrahim",
    "蓮",
    "Aisha",
    "Nguyễn",
    "Jean-Luc",
    "Siân",
]
LAST_NAMES = [
    "Silva",
    "Santos",
    "Müller",
    "García",
    "Smith",
    "Ferreira",
    "Martin",
    "Pereira",
    "Schmidt",
    "Jones",
    "Costa",
    "Rossi",
    "López",
    "Weber",
    "Oliveira",
    "Dubois",
    "Andersen",
    "Nowak",
    "Rodrigues",
    "Martins",
    "Novák",
    "Jansen",
    "Sousa",
    "Fernandes",
    "Gonçalves",
    "Núñez",
    "Groß-Weber",
    "O’Brien",
    "Kowalski",
    "Łuczak",
    "Dvořák",
    "Ångström",
    "Yıldız",
    "Παπαδόπουλος",
    "Иванова",
    "佐藤",
    "Nguyen",
    "Castro",
    "Moreau",
    "Bianchi",
    "Horváth",
    "Ó",
    "Murphy",
    "Lefèvre",
    "Almeida",
    "Ribeiro",
    "Carvalho",
    "Teixeira",
    "Moreira",
    "Correia",
]

#: A number that is one copy's own, and one from 0 up to n that it draws; early ones are likelier.
_SEED = "old.id * 1000003 + copy.number"
_DRAW = f"abs(hashint8extended({_SEED}, {{seed}}) %% {{n}})"
_COMMON = f"floor({{n}} * power({_DRAW.format(seed='{seed}', n=1000)} / 1000.0, 2))::int"


def _one_of(parameter: str, names: list[str], seed: int) -> str:
    return f"(%({parameter})s::text[])[1 + {_COMMON.format(n=len(names), seed=seed)}]"


_CONTACT = f"""
    CASE WHEN old.contact = '{{}}' THEN old.contact ELSE old.contact || jsonb_build_object(
        'firstName', {_one_of("first_names", FIRST_NAMES, 1)},
        'lastName', {_one_of("last_names", LAST_NAMES, 2)}
                    || CASE WHEN {_DRAW.format(seed=3, n=4)} = 0
                            THEN ' ' || {_one_of("last_names", LAST_NAMES, 4)} ELSE '' END,
        'emailAddress', 'guest' || old.id || '.' || copy.number || '@example.com',
        'phoneNumber', '+3519' || lpad({_DRAW.format(seed=5, n=100_000_000)}::text, 8, '0')) END
"""

#: What a copy has of its own, by table; ``copy.number`` counts the copies of one booking from 1.
_OWN = {
    "bookings_booking": {
        "uuid": "md5(old.uuid || copy.number::text)::uuid",
        "supplier_reference": "old.supplier_reference || '-' || copy.number",
        "voucher_code": "old.voucher_code || '-' || copy.number",
        "departure_id": f"slots.ids[1 + {_DRAW.format(seed=6, n='cardinality(slots.ids)')}]",
        "contact": _CONTACT,
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
  FROM bookings_booking AS old
  LEFT JOIN (SELECT option_id, array_agg(id ORDER BY id) AS ids
               FROM catalog_departure GROUP BY option_id) AS slots
    ON slots.option_id = old.option_id AND old.departure_id IS NOT NULL
  CROSS JOIN generate_series(1, %(most)s) AS copy (number)
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

#: What the triggers of the search would have written, in one statement.
_TERMS = """
INSERT INTO search_bookingterms (booking_id, day, terms)
SELECT booking.id, coalesce(departure.local_date, '9999-12-31'),
       search_terms(booking.reseller_reference, ARRAY[booking.contact])
  FROM bookings_booking AS booking
  LEFT JOIN catalog_departure AS departure ON departure.id = booking.departure_id
    ON CONFLICT DO NOTHING
"""


def copy_bookings(owner_url: str, *, until: int) -> None:
    """Copy the bookings, as often as it takes, until there are so many; only the owner may."""
    with psycopg.connect(owner_url) as connection:
        (there,) = _row(connection, "SELECT count(*) FROM bookings_booking")
        wanted = until - there
        if wanted <= 0:
            return
        parameters = {
            "wanted": wanted,
            "most": -(-wanted // there),
            "first_names": FIRST_NAMES,
            "last_names": LAST_NAMES,
        }
        for table, statement in (("bookings_booking", _BOOKINGS), ("bookings_unititem", _ITEMS)):
            (names,) = _row(
                connection,
                "SELECT array_agg(column_name::text ORDER BY ordinal_position)"
                "  FROM information_schema.columns"
                f" WHERE table_name = '{table}' AND column_name <> 'id'",
            )
            values = [_OWN[table].get(name, f"old.{name}") for name in names]
            # A version of each row in the history, and its search terms one by one, would take
            # most of the time.
            with bulk_load(connection, table, is_unique=True):
                connection.execute(
                    statement.format(columns=", ".join(names), values=", ".join(values)),
                    parameters,
                )
        with bulk_load(connection, "search_bookingterms"):
            connection.execute(_TERMS)
        # What the triggers would have noted of each sale.
        connection.execute(REPAIR_DAYS)
        connection.execute(REPAIR_MONTHS)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) bookings_booking, bookings_unititem")
        connection.execute("VACUUM (ANALYZE) search_bookingterms")


def _row(connection: "psycopg.Connection[Any]", question: str) -> Any:
    return connection.execute(question).fetchone()
