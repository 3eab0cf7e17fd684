"""SQL that reads bookings: a partner's own, by uuid or by the conditions of a search."""

from collections.abc import Collection
from typing import Any

from shared_domain.availability.shared_places_sql_store import capacity_with_resources
from shared_domain.availability.sql_store import DEPARTURE_COLUMNS, LIVE_TAKEN, tests_taken
from shared_domain.bookings.mapping import BOOKING_COLUMNS, ITEM_ROW
from shared_domain.partners import Access
from shared_domain.rows import select_list, table_columns

# One trip reads a booking, its departure and its items; the product is cached by its revision.
BOOKING_ROW = {
    **table_columns("booking", BOOKING_COLUMNS),
    "revision": "product.revision",
    "items": f"""
       (SELECT json_agg(json_build_array({", ".join(ITEM_ROW.values())})
                        ORDER BY item.position)::text
          FROM bookings_unititem AS item WHERE item.booking_id = booking.id)""",
}

DEPARTURE_ROW = {
    **DEPARTURE_COLUMNS,
    "capacity": capacity_with_resources(is_test="booking.test_mode"),
    "reserved": f"""
       CASE WHEN departure.id IS NULL THEN 0
            WHEN booking.test_mode THEN ({tests_taken(partner_id="booking.partner_id")})
            ELSE {LIVE_TAKEN} END""",
}

_SELECT = f"""
SELECT {select_list(BOOKING_ROW)}, {select_list(DEPARTURE_ROW)}
  FROM bookings_booking AS booking
  JOIN catalog_product AS product ON product.id = booking.product_id
  LEFT JOIN catalog_departure AS departure ON departure.id = booking.departure_id
"""

#: Restricts a statement to one partner's live or test bookings: see ``own_parameters``.
OWN = """
 WHERE booking.partner_id = %(partner_id)s
   AND booking.test_mode = %(test_mode)s
"""


def select_own(conditions: str, *, joins: str = "") -> str:
    """Return the SELECT of one partner's bookings that meet conditions, each after ``AND``."""
    return f"{_SELECT}{joins}{OWN}{conditions}"


def own_parameters(access: Access) -> dict[str, Any]:
    """Return the parameters that restrict a statement to one partner's live or test bookings."""
    return {"partner_id": access.partner_id, "test_mode": access.test_mode}


# Only the conditions that were asked for: with "IS NULL OR …" PostgreSQL could not use an index.
# Two references, no array of them: of an array it expects ten, and plans each search anew.
SEARCH_CONDITIONS = {
    "reseller_reference": (
        "booking.reseller_reference IN (%(reseller_reference)s, %(reference_as_sent)s)"
    ),
    "supplier_reference": "booking.supplier_reference = %(supplier_reference)s",
    "first_date": "departure.local_date >= %(first_date)s",
    "last_date": "departure.local_date <= %(last_date)s",
    "product_code": "product.code = %(product_code)s",
    "option_code": "option.code = %(option_code)s",
}


_OPTION = "  JOIN catalog_option AS option ON option.id = booking.option_id"


def search_conditions(asked_for: Collection[str]) -> str:
    """Return the SQL of those of ``SEARCH_CONDITIONS`` that were asked for."""
    return "".join(
        f"   AND {condition}\n"
        for name, condition in SEARCH_CONDITIONS.items()
        if name in asked_for
    )


def search_statement(asked_for: Collection[str], *, limit: int, most_tickets: int) -> str:
    """Return the search by these conditions, newest booking first.

    It finds nothing where the bookings have more than ``most_tickets`` in all, which is counted
    once, before any ticket is read, and without the trip of a statement of its own.
    The limit stands in the statement: of one that is a parameter PostgreSQL expects a tenth of the
    rows in a prepared statement, and looks for them backwards through all bookings.
    """
    joins = _OPTION if "option_code" in asked_for else ""
    tickets = count_tickets_statement(asked_for, most=most_tickets + 1)
    return f"""{select_own(search_conditions(asked_for), joins=joins)}
   AND ({tickets}) <= {most_tickets:d}
 ORDER BY booking.id DESC
 LIMIT {limit:d}
"""


def count_tickets_statement(asked_for: Collection[str], *, most: int) -> str:
    """Return the count of the tickets of the bookings that a search finds, up to ``most``."""
    joins = _OPTION if "option_code" in asked_for else ""
    return f"""
SELECT count(*)
  FROM (SELECT
          FROM bookings_booking AS booking
          JOIN catalog_product AS product ON product.id = booking.product_id
          LEFT JOIN catalog_departure AS departure ON departure.id = booking.departure_id
{joins}          JOIN bookings_unititem AS item ON item.booking_id = booking.id
{OWN}{search_conditions(asked_for)}
         LIMIT {most:d}) AS ticket
"""


SEARCH = search_statement(SEARCH_CONDITIONS, limit=1_000, most_tickets=10_000)
