"""Statements in PostgreSQL: which bookings are billed and what each owes, said once."""

from datetime import date

from shared_domain.database import Database
from shared_domain.partners import PartnerId
from shared_domain.statements.model import Line, Month, Total

# A refund is what was promised then: the history knows the option as it was. Where it does not
# reach back that far, the option as it is has to do.
_REFUND_PERCENT = """
       coalesce((SELECT event.late_refund_percent
                   FROM catalog_optionevent AS event
                  WHERE event.pgh_obj_id = booking.option_id
                    AND event.pgh_created_at <= booking.cancelled_at
                  ORDER BY event.pgh_created_at DESC, event.pgh_id DESC
                  LIMIT 1), option.late_refund_percent)"""

# Half up, in whole minor units, as everywhere: see shared_domain/money.py.
_OWED = f"""
       CASE booking.cancellation_refund
            WHEN 'FULL' THEN 0
            WHEN 'PARTIAL'
            THEN (booking.net_minor * (100 - {_REFUND_PERCENT}) * 2 + 100) / 200
            ELSE booking.net_minor END"""

_BILLED = """
  FROM bookings_booking AS booking
  JOIN catalog_product AS product ON product.id = booking.product_id
  JOIN catalog_option AS option ON option.id = booking.option_id
  LEFT JOIN catalog_departure AS departure ON departure.id = booking.departure_id
 WHERE booking.partner_id = %(partner_id)s AND NOT booking.test_mode
   AND (booking.status IN ('CONFIRMED', 'REDEEMED')
        OR booking.status = 'CANCELLED'
           AND (booking.confirmed_at IS NOT NULL
                OR booking.cancellation_refund IN ('NONE', 'PARTIAL')))
"""

_DAY_OF_SALE = """
       timezone(product.time_zone, coalesce(booking.confirmed_at, booking.created_at))::date"""

TOTALS = f"""
SELECT date_trunc('month', coalesce(departure.local_date, {_DAY_OF_SALE})::timestamp)::date,
       booking.currency, count(*), sum({_OWED})
{_BILLED}
 GROUP BY 1, 2
 ORDER BY 1 DESC, 2
"""

_LINE = f"""
SELECT booking.id, booking.uuid, booking.supplier_reference, booking.reseller_reference,
       booking.status, booking.cancellation_refund, departure.local_date AS travel_date,
       product.code, booking.currency, booking.net_minor, {_OWED} AS owed_minor
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
   AND {_DAY_OF_SALE} BETWEEN %(first_day)s AND %(last_day)s) AS line
 ORDER BY line.travel_date NULLS LAST, line.id
"""


class SqlStatements:
    """The statement store on either database connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def totals(self, partner_id: PartnerId) -> list[tuple[Month, Total]]:
        rows = await self._database.fetch_all(TOTALS, {"partner_id": partner_id})
        return [
            # PostgreSQL's sums are decimals, however whole their parts.
            (_month_of(first_day), Total(currency, bookings, int(owed_minor)))
            for first_day, currency, bookings, owed_minor in rows
        ]

    async def lines(self, partner_id: PartnerId, month: Month) -> list[Line]:
        rows = await self._database.fetch_all(
            LINES,
            {"partner_id": partner_id, "first_day": month.first_day, "last_day": month.last_day},
        )
        return [Line._make(row) for row in rows]


def _month_of(day: date) -> Month:
    return Month(day.year, day.month)
