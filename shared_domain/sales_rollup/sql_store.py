"""The roll-up of sales in PostgreSQL: its differences, its sums, and what both should be."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from shared_domain.database import Database
from shared_domain.rows import by_name, recordset, table_columns
from shared_domain.sales_rollup.model import OwedMonth, SaleChange, SalesSums, SoldDay

_CHANGED = ", ".join(SaleChange._fields)

# SKIP LOCKED: two workers fold different rows. The array is read once. A subquery behind IN was
# read for each row where the table was empty at its last ANALYZE: 76 s, and 20,000 rows for 3.
TAKE_CHANGES = f"""
DELETE FROM sales_rollup_salechange
 WHERE id = ANY (ARRAY(SELECT id FROM sales_rollup_salechange
                        ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED))
RETURNING {_CHANGED}
"""

_DAY_NUMBERS = ("bookings", "cancelled", "retail_minor", "net_minor")
_MONTH_NUMBERS = ("bookings", "net_minor", "owed_minor")

_DAY_TYPES = {
    "day": "date",
    "product_id": "bigint",
    "partner_id": "bigint",
    "currency": "text",
    **dict.fromkeys(_DAY_NUMBERS, "bigint"),
}
_MONTH_TYPES = {
    "partner_id": "bigint",
    "month": "date",
    "currency": "text",
    **dict.fromkeys(_MONTH_NUMBERS, "bigint"),
}

_DAY_COLUMNS, _MONTH_COLUMNS = ", ".join(_DAY_TYPES), ", ".join(_MONTH_TYPES)


def _list(expression: str, names: Iterable[str]) -> str:
    return ", ".join(expression.format(name) for name in names)


_ADD_TO_DAY = f"""
    ON CONFLICT (product_id, partner_id, day, currency) DO UPDATE
   SET {_list("{0} = stored.{0} + excluded.{0}", _DAY_NUMBERS)}
"""
_ADD_TO_MONTH = f"""
    ON CONFLICT (partner_id, month, currency) DO UPDATE
   SET {_list("{0} = stored.{0} + excluded.{0}", _MONTH_NUMBERS)}
"""

ADD_DAYS = f"""
INSERT INTO sales_rollup_soldday AS stored ({_DAY_COLUMNS})
SELECT {", ".join(table_columns("more", _DAY_TYPES).values())}
  FROM {recordset("days", "more", _DAY_TYPES)}
{_ADD_TO_DAY}"""

ADD_MONTHS = f"""
INSERT INTO sales_rollup_owedmonth AS stored ({_MONTH_COLUMNS})
SELECT {", ".join(table_columns("more", _MONTH_TYPES).values())}
  FROM {recordset("months", "more", _MONTH_TYPES)}
{_ADD_TO_MONTH}"""

# What every booking adds, by the function that the triggers call.
_OF_ALL_BOOKINGS = """
       (SELECT booking.partner_id, booking.product_id, booking.currency, part.*
          FROM bookings_booking AS booking
          LEFT JOIN catalog_departure AS departure ON departure.id = booking.departure_id,
               sales_rollup_parts(booking, departure.local_date) AS part) AS sale
"""

_BY_DAY = """
 GROUP BY GROUPING SETS ((sale_date, currency), (sale_date, product_id, currency),
                         (sale_date, partner_id, currency))
"""

_SOLD_NUMBERS = tuple(f"sold_{name}" for name in _DAY_NUMBERS)
_OWED_NUMBERS = ("owed_bookings", "owed_net_minor", "owed_minor")

# One statement, so one snapshot: bookings, sums and differences of the same transactions.
MISSING_DAYS = f"""
SELECT {_DAY_COLUMNS}
  FROM (SELECT day, product_id, partner_id, currency,
               {_list("sum({0})::bigint AS {0}", _DAY_NUMBERS)}
          FROM (SELECT sale_date, product_id, partner_id, currency,
                       {_list("sum({0})", _SOLD_NUMBERS)}
                  FROM {_OF_ALL_BOOKINGS}
                 WHERE sale_date IS NOT NULL
                 {_BY_DAY}
                UNION ALL
                SELECT sale_date, product_id, partner_id, currency,
                       {_list("-sum({0})", _SOLD_NUMBERS)}
                  FROM sales_rollup_salechange
                 WHERE sale_date IS NOT NULL
                 {_BY_DAY}
                UNION ALL
                SELECT day, product_id, partner_id, currency, {_list("-{0}", _DAY_NUMBERS)}
                  FROM sales_rollup_soldday)
               AS side (day, product_id, partner_id, currency, {", ".join(_DAY_NUMBERS)})
         GROUP BY day, product_id, partner_id, currency) AS missing
 WHERE {_list("{0} <> 0", _DAY_NUMBERS).replace(",", " OR")}
 ORDER BY product_id NULLS FIRST, partner_id NULLS FIRST, day, currency
"""

MISSING_MONTHS = f"""
SELECT {_MONTH_COLUMNS}
  FROM (SELECT partner_id, month, currency,
               {_list("sum({0})::bigint AS {0}", _MONTH_NUMBERS)}
          FROM (SELECT partner_id, month, currency, {_list("sum({0})", _OWED_NUMBERS)}
                  FROM {_OF_ALL_BOOKINGS}
                 WHERE month IS NOT NULL
                 GROUP BY partner_id, month, currency
                UNION ALL
                SELECT partner_id, month, currency, {_list("-sum({0})", _OWED_NUMBERS)}
                  FROM sales_rollup_salechange
                 WHERE month IS NOT NULL
                 GROUP BY partner_id, month, currency
                UNION ALL
                SELECT partner_id, month, currency, {_list("-{0}", _MONTH_NUMBERS)}
                  FROM sales_rollup_owedmonth)
               AS side (partner_id, month, currency, {", ".join(_MONTH_NUMBERS)})
         GROUP BY partner_id, month, currency) AS missing
 WHERE {_list("{0} <> 0", _MONTH_NUMBERS).replace(",", " OR")}
 ORDER BY partner_id, month, currency
"""

REPAIR_DAYS = f"""
INSERT INTO sales_rollup_soldday AS stored ({_DAY_COLUMNS})
{MISSING_DAYS}{_ADD_TO_DAY}"""

REPAIR_MONTHS = f"""
INSERT INTO sales_rollup_owedmonth AS stored ({_MONTH_COLUMNS})
{MISSING_MONTHS}{_ADD_TO_MONTH}"""

# Two repairs at once would both add what one snapshot lacks.
LOCK_REPAIRS = """
SELECT pg_advisory_xact_lock(7304, 0)
"""


class SqlSalesRollupStore:
    """The store of the roll-up on either half's database connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_changes(self, most: int) -> list[SaleChange]:
        rows = await self._database.fetch_all(TAKE_CHANGES, {"most": most})
        return [SaleChange(**by_name(SaleChange._fields, row)) for row in rows]

    async def add(self, sums: SalesSums) -> None:
        if sums.days:
            await self._database.execute(ADD_DAYS, {"days": _to_json(sums.days)})
        if sums.months:
            await self._database.execute(ADD_MONTHS, {"months": _to_json(sums.months)})

    async def missing(self) -> SalesSums:
        days = await self._database.fetch_all(MISSING_DAYS, {})
        months = await self._database.fetch_all(MISSING_MONTHS, {})
        return SalesSums(
            [SoldDay(**by_name(_DAY_TYPES, row)) for row in days],
            [OwedMonth(**by_name(_MONTH_TYPES, row)) for row in months],
        )

    async def repair_days(self) -> int:
        return await self._database.execute(REPAIR_DAYS, {})

    async def repair_months(self) -> int:
        return await self._database.execute(REPAIR_MONTHS, {})

    async def lock_repairs(self) -> None:
        await self._database.fetch_one(LOCK_REPAIRS, {})


def _to_json(rows: Sequence[Any]) -> str:
    return json.dumps([row._asdict() for row in rows], default=str)
