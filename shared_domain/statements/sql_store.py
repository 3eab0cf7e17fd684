"""Statements in PostgreSQL: which bookings are billed, and what each owes."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared_domain.database import Database
from shared_domain.partners import PartnerId
from shared_domain.rows import by_name, select_list, table_columns
from shared_domain.statements.model import BilledBooking, Line, Month, PartnerTotal, Total

# What was refunded is stored with the booking when it is cancelled, and never worked out again.
_OWED = "booking.net_minor - coalesce(booking.refund_net_minor, 0)"

_FROM = """
  FROM bookings_booking AS booking
  JOIN catalog_product AS product ON product.id = booking.product_id
  LEFT JOIN catalog_departure AS departure ON departure.id = booking.departure_id
"""

_IS_BILLED = """
       NOT booking.test_mode
   AND (booking.status IN ('CONFIRMED', 'REDEEMED')
        OR booking.status = 'CANCELLED'
           AND (booking.confirmed_at IS NOT NULL
                OR booking.cancellation_refund IN ('NONE', 'PARTIAL')))
"""

_BILLED = f"""{_FROM}
 WHERE booking.partner_id = %(partner_id)s AND {_IS_BILLED}"""

_TOTAL_COLUMNS = {
    "first_day": (
        "date_trunc('month', coalesce(departure.local_date, booking.sale_date)::timestamp)::date"
    ),
    "currency": "booking.currency",
    "bookings": "count(*)",
    "owed_minor": f"sum({_OWED})",
}

TOTALS = f"""
SELECT {select_list(_TOTAL_COLUMNS)}
{_BILLED}
 GROUP BY 1, 2
 ORDER BY 1 DESC, 2
"""

_BILLED_SINCE = f"""
SELECT coalesce(departure.local_date, booking.sale_date) AS day, booking.currency,
       {_OWED} AS owed_minor
{_BILLED}"""

_TOTAL_SINCE_COLUMNS = {
    "first_day": "date_trunc('month', billed.day::timestamp)::date",
    "currency": "billed.currency",
    "bookings": "count(*)",
    "owed_minor": "sum(billed.owed_minor)",
}

# The two halves of LINES, for the same reasons.
TOTALS_BETWEEN = f"""
SELECT {select_list(_TOTAL_SINCE_COLUMNS)}
  FROM ({_BILLED_SINCE}
   AND departure.local_date BETWEEN %(first_day)s AND %(last_day)s
       UNION ALL {_BILLED_SINCE}
   AND booking.departure_id IS NULL
   AND booking.sale_date BETWEEN %(first_day)s AND %(last_day)s) AS billed
 GROUP BY 1, 2
 ORDER BY 1 DESC, 2
"""

_LINE_COLUMNS = {
    **table_columns("booking", ("uuid", "supplier_reference", "reseller_reference", "status")),
    "refund": "booking.cancellation_refund",
    "travel_date": "departure.local_date",
    "product_code": "product.code",
    **table_columns("booking", ("currency", "net_minor")),
    "owed_minor": _OWED,
}

_LINE = f"""
SELECT {select_list(_LINE_COLUMNS)}, booking.id, booking.sale_date
{_BILLED}"""

# Two halves, because one question about either date could use no index; one statement, so that
# a booking that is changed meanwhile is neither missing nor there twice.
LINES = f"""
SELECT {select_list(table_columns("line", _LINE_COLUMNS))}
  FROM ({_LINE}
   AND departure.local_date BETWEEN %(first_day)s AND %(last_day)s
       UNION ALL {_LINE}
   AND booking.departure_id IS NULL
   AND booking.sale_date BETWEEN %(first_day)s AND %(last_day)s) AS line
 ORDER BY line.travel_date NULLS LAST, line.id
"""

_PARTNER_COLUMNS = {
    "partner_id": "billed.partner_id",
    "currency": "billed.currency",
    "bookings": "count(*)",
    "net_minor": "sum(billed.net_minor)::bigint",
    "owed_minor": "sum(billed.owed_minor)::bigint",
}

_BILLED_OF_ALL = f"""
SELECT booking.partner_id, booking.currency, booking.net_minor, {_OWED} AS owed_minor
  FROM bookings_booking AS booking"""

# The two halves of LINES, for the same reasons, of every partner. All columns of a departure's
# bookings are in the index ``booking_by_departure``, so no row of the table is read for them.
PARTNERS = f"""
SELECT {select_list(_PARTNER_COLUMNS)}
  FROM ({_BILLED_OF_ALL}
  JOIN catalog_departure AS departure ON departure.id = booking.departure_id
 WHERE {_IS_BILLED}
   AND departure.local_date BETWEEN %(first_day)s AND %(last_day)s
       UNION ALL {_BILLED_OF_ALL}
 WHERE {_IS_BILLED}
   AND booking.departure_id IS NULL
   AND booking.sale_date BETWEEN %(first_day)s AND %(last_day)s) AS billed
 GROUP BY 1, 2
 ORDER BY 1, 2
"""

_BILLED_COLUMNS = {**_LINE_COLUMNS, "sale_date": "booking.sale_date"}

LINE = f"""
SELECT {select_list(_BILLED_COLUMNS)}
{_BILLED}
   AND booking.uuid = %(uuid)s
"""


class SqlStatementStore:
    """The store of statements on either half's database connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def totals(self, partner_id: PartnerId) -> list[tuple[Month, Total]]:
        rows = await self._database.fetch_all(TOTALS, {"partner_id": partner_id})
        return [_build_total(**by_name(_TOTAL_COLUMNS, row)) for row in rows]

    async def totals_between(
        self, partner_id: PartnerId, first: Month, last: Month
    ) -> list[tuple[Month, Total]]:
        rows = await self._database.fetch_all(
            TOTALS_BETWEEN,
            {
                "partner_id": partner_id,
                "first_day": first.first_day,
                "last_day": last.last_day,
            },
        )
        return [_build_total(**by_name(_TOTAL_SINCE_COLUMNS, row)) for row in rows]

    async def lines(self, partner_id: PartnerId, month: Month) -> list[Line]:
        rows = await self._database.fetch_all(
            LINES,
            {"partner_id": partner_id, "first_day": month.first_day, "last_day": month.last_day},
        )
        return [Line(**by_name(_LINE_COLUMNS, row)) for row in rows]

    async def partners(self, month: Month) -> list[PartnerTotal]:
        rows = await self._database.fetch_all(
            PARTNERS, {"first_day": month.first_day, "last_day": month.last_day}
        )
        return [PartnerTotal(**by_name(_PARTNER_COLUMNS, row)) for row in rows]

    async def line(self, partner_id: PartnerId, uuid: UUID) -> BilledBooking | None:
        row = await self._database.fetch_one(LINE, {"partner_id": partner_id, "uuid": uuid})
        if row is None:
            return None
        values = by_name(_BILLED_COLUMNS, row)
        sale_date = values.pop("sale_date")
        return BilledBooking(Month.of_day(values["travel_date"] or sale_date), Line(**values))


def _build_total(
    first_day: date, currency: str, bookings: int, owed_minor: Decimal
) -> tuple[Month, Total]:
    # PostgreSQL's sums are decimals, however whole their parts.
    return Month.of_day(first_day), Total(currency, bookings, int(owed_minor))
