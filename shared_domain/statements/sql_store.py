"""Statements in PostgreSQL: which bookings are billed, and what each owes."""

from uuid import UUID

from shared_domain.database import Database
from shared_domain.partners import PartnerId
from shared_domain.statements.model import BilledBooking, Line, Month, Total

# What was refunded is stored with the booking when it is cancelled, and never worked out again.
_OWED = "booking.net_minor - coalesce(booking.refund_net_minor, 0)"

_BILLED = """
  FROM bookings_booking AS booking
  JOIN catalog_product AS product ON product.id = booking.product_id
  LEFT JOIN catalog_departure AS departure ON departure.id = booking.departure_id
 WHERE booking.partner_id = %(partner_id)s AND NOT booking.test_mode
   AND (booking.status IN ('CONFIRMED', 'REDEEMED')
        OR booking.status = 'CANCELLED'
           AND (booking.confirmed_at IS NOT NULL
                OR booking.cancellation_refund IN ('NONE', 'PARTIAL')))
"""

TOTALS = f"""
SELECT date_trunc('month', coalesce(departure.local_date, booking.sale_date)::timestamp)::date,
       booking.currency, count(*), sum({_OWED})
{_BILLED}
 GROUP BY 1, 2
 ORDER BY 1 DESC, 2
"""

_LINE = f"""
SELECT booking.id, booking.uuid, booking.supplier_reference, booking.reseller_reference,
       booking.status, booking.cancellation_refund, departure.local_date AS travel_date,
       product.code, booking.currency, booking.net_minor, {_OWED} AS owed_minor, booking.sale_date
{_BILLED}"""

# Two halves, because one question about either date could use no index; one statement, so that
# a booking that is changed meanwhile is neither missing nor there twice.
LINES = f"""
SELECT line.uuid, line.supplier_reference, line.reseller_reference, line.status,
       line.cancellation_refund, line.travel_date, line.code, line.currency, line.net_minor,
       line.owed_minor
  FROM ({_LINE}
   AND departure.local_date BETWEEN %(first_day)s AND %(last_day)s
       UNION ALL {_LINE}
   AND booking.departure_id IS NULL
   AND booking.sale_date BETWEEN %(first_day)s AND %(last_day)s) AS line
 ORDER BY line.travel_date NULLS LAST, line.id
"""

LINE = f"""{_LINE}
   AND booking.uuid = %(uuid)s
"""


class SqlStatementStore:
    """The store of statements on either half's database connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def totals(self, partner_id: PartnerId) -> list[tuple[Month, Total]]:
        rows = await self._database.fetch_all(TOTALS, {"partner_id": partner_id})
        return [
            # PostgreSQL's sums are decimals, however whole their parts.
            (Month.of_day(first_day), Total(currency, bookings, int(owed_minor)))
            for first_day, currency, bookings, owed_minor in rows
        ]

    async def lines(self, partner_id: PartnerId, month: Month) -> list[Line]:
        rows = await self._database.fetch_all(
            LINES,
            {"partner_id": partner_id, "first_day": month.first_day, "last_day": month.last_day},
        )
        return [Line._make(row) for row in rows]

    async def line(self, partner_id: PartnerId, uuid: UUID) -> BilledBooking | None:
        row = await self._database.fetch_one(LINE, {"partner_id": partner_id, "uuid": uuid})
        if row is None:
            return None
        _, *line, sale_date = row
        billed = Line._make(line)
        return BilledBooking(Month.of_day(billed.travel_date or sale_date), billed)
