"""Statements in PostgreSQL: which bookings are billed, and what each owes."""

from datetime import date
from typing import Any
from uuid import UUID

from shared_domain.database import Database, Parameters
from shared_domain.partners import PartnerId
from shared_domain.rows import by_name, select_list, table_columns
from shared_domain.statements.model import (
    BilledBooking,
    Line,
    LinePlace,
    Month,
    PartnerTotal,
    PlacedLine,
)

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

_OWED_COLUMNS = ("partner_id", "month", "currency", "bookings", "net_minor", "owed_minor")

# What partners owe by month, and the differences that the worker has not folded into it yet: see
# shared_domain/sales_rollup. {of} is what both are restricted to.
_OWED_BY_MONTH = f"""
SELECT {", ".join(_OWED_COLUMNS[:3])}, sum(bookings)::bigint AS bookings,
       sum(net_minor)::bigint AS net_minor, sum(owed_minor)::bigint AS owed_minor
  FROM (SELECT {", ".join(_OWED_COLUMNS)} FROM sales_rollup_owedmonth WHERE {{of}}
        UNION ALL
        SELECT partner_id, month, currency, owed_bookings, owed_net_minor, owed_minor
          FROM sales_rollup_salechange WHERE {{of}} AND month IS NOT NULL) AS owed
 GROUP BY partner_id, month, currency
HAVING sum(bookings) <> 0
 ORDER BY month DESC, partner_id, currency
"""

TOTALS = _OWED_BY_MONTH.format(of="partner_id = %(partner_id)s")

TOTALS_BETWEEN = _OWED_BY_MONTH.format(
    of="partner_id = %(partner_id)s AND month BETWEEN %(first)s AND %(last)s"
)

PARTNERS = _OWED_BY_MONTH.format(of="month = %(month)s")

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

_DATED = f"""{_LINE}
   AND departure.local_date BETWEEN %(first_day)s AND %(last_day)s"""

_UNDATED = f"""{_LINE}
   AND booking.departure_id IS NULL
   AND booking.sale_date BETWEEN %(first_day)s AND %(last_day)s"""

# Two halves, because one question about either date could use no index; one statement, so that
# a booking that is changed meanwhile is neither missing nor there twice.
LINES = f"""
SELECT {select_list(table_columns("line", _LINE_COLUMNS))}
  FROM ({_DATED}
       UNION ALL {_UNDATED}) AS line
 ORDER BY line.travel_date NULLS LAST,
          CASE WHEN line.travel_date IS NULL THEN line.sale_date END, line.id
"""

_PAGE_COLUMNS = {**_LINE_COLUMNS, "id": "booking.id", "sale_date": "booking.sale_date"}


def _page(half: str, day: str, comparison: str, direction: str) -> str:
    """Return the statement of the lines of one half beyond a place, as many as a page has.

    They are read in their order by an index and end with the page, so each page costs the same.
    """
    return f"""
{half}
   AND {day} {comparison}= %(day)s
   AND ({day}, booking.id) {comparison} (%(day)s, %(id)s)
 ORDER BY {day} {direction}, booking.id {direction}
 LIMIT %(most)s
"""


DATED_AFTER = _page(_DATED, "departure.local_date", ">", "ASC")
DATED_BEFORE = _page(_DATED, "departure.local_date", "<", "DESC")
UNDATED_AFTER = _page(_UNDATED, "booking.sale_date", ">", "ASC")
UNDATED_BEFORE = _page(_UNDATED, "booking.sale_date", "<", "DESC")

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

    async def totals(self, partner_id: PartnerId) -> list[PartnerTotal]:
        return await self._owed(TOTALS, {"partner_id": partner_id})

    async def totals_between(
        self, partner_id: PartnerId, first: Month, last: Month
    ) -> list[PartnerTotal]:
        return await self._owed(
            TOTALS_BETWEEN,
            {"partner_id": partner_id, "first": first.first_day, "last": last.first_day},
        )

    async def partners(self, month: Month) -> list[PartnerTotal]:
        return await self._owed(PARTNERS, {"month": month.first_day})

    async def lines(self, partner_id: PartnerId, month: Month) -> list[Line]:
        rows = await self._database.fetch_all(LINES, _of_month(partner_id, month))
        return [Line(**by_name(_LINE_COLUMNS, row)) for row in rows]

    async def lines_beyond(
        self,
        partner_id: PartnerId,
        month: Month,
        place: LinePlace,
        most: int,
        *,
        is_backwards: bool = False,
    ) -> list[PlacedLine]:
        statements = {
            (True, False): DATED_AFTER,
            (True, True): DATED_BEFORE,
            (False, False): UNDATED_AFTER,
            (False, True): UNDATED_BEFORE,
        }
        rows = await self._database.fetch_all(
            statements[place.is_dated, is_backwards],
            {
                **_of_month(partner_id, month),
                "day": place.day,
                "id": place.booking_id,
                "most": most,
            },
        )
        return [_place_line(**by_name(_PAGE_COLUMNS, row)) for row in rows]

    async def line(self, partner_id: PartnerId, uuid: UUID) -> BilledBooking | None:
        row = await self._database.fetch_one(LINE, {"partner_id": partner_id, "uuid": uuid})
        if row is None:
            return None
        values = by_name(_BILLED_COLUMNS, row)
        sale_date = values.pop("sale_date")
        return BilledBooking(Month.of_day(values["travel_date"] or sale_date), Line(**values))

    async def _owed(self, statement: str, parameters: Parameters) -> list[PartnerTotal]:
        rows = await self._database.fetch_all(statement, parameters)
        found = [by_name(_OWED_COLUMNS, row) for row in rows]
        return [PartnerTotal(**one | {"month": Month.of_day(one["month"])}) for one in found]


def _place_line(*, id: int, sale_date: date, **values: Any) -> PlacedLine:
    line = Line(**values)
    is_dated = line.travel_date is not None
    return PlacedLine(LinePlace(is_dated, line.travel_date or sale_date, id), line)


def _of_month(partner_id: PartnerId, month: Month) -> dict[str, object]:
    return {"partner_id": partner_id, "first_day": month.first_day, "last_day": month.last_day}
