"""Partners' payments of statements, and the supplier's sales, in PostgreSQL."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from shared_domain.catalog import ProductId
from shared_domain.database import Database, Parameters
from shared_domain.partners import PartnerId
from shared_domain.rows import by_name, select_list
from shared_domain.settlements.model import (
    MonthBalance,
    PartnerBalance,
    PartnerPayment,
    Revenue,
    StatementBalance,
    Sums,
)
from shared_domain.statements import Month

LOCK_PARTNER = """
SELECT id FROM partners_partner WHERE id = %(partner_id)s FOR NO KEY UPDATE
"""

_SUM = "coalesce(sum(amount_minor) FILTER (WHERE direction = '{}'), 0)::bigint"

_SUM_COLUMNS = {
    "partner_id": "partner_id",
    "currency": "currency",
    "received_minor": _SUM.format("RECEIVED"),
    "returned_minor": _SUM.format("RETURNED"),
    "payments": "count(*)",
}

SUMS = f"""
SELECT {select_list(_SUM_COLUMNS)}
  FROM statements_partnerpayment
 WHERE month = %(month)s
 GROUP BY partner_id, currency
"""

INSERT = """
INSERT INTO statements_partnerpayment
       (partner_id, month, direction, amount_minor, currency, reference, recorded_by_id,
        recorded_at)
VALUES (%(partner_id)s, %(month)s, %(direction)s, %(amount_minor)s, %(currency)s, %(reference)s,
        %(recorded_by_id)s, %(recorded_at)s)
"""

_NUMBERS = ("bookings", "cancelled", "retail_minor", "net_minor")

_KEY = ("day", "product_id", "partner_id", "currency")

_SUMS = ", ".join(f"sum({name})::bigint AS {name}" for name in _NUMBERS)

# The differences that the worker has not folded yet, by the columns of the sums.
_UNFOLDED = f"""
    SELECT sale_date AS day, product_id, partner_id, currency,
           {", ".join(f"sold_{name} AS {name}" for name in _NUMBERS)}
      FROM sales_rollup_salechange
     WHERE sale_date BETWEEN %(first)s AND %(last)s
"""

# Each sum of a day is of everything, of one product or of one partner; the differences are added
# up to the same three.
REVENUE = f"""
SELECT CASE WHEN product_id IS NULL AND partner_id IS NULL THEN day END AS day,
       product_id, partner_id, currency, {_SUMS}
  FROM (SELECT {", ".join(_KEY)}, {", ".join(_NUMBERS)}
          FROM sales_rollup_soldday
         WHERE day BETWEEN %(first)s AND %(last)s
        UNION ALL
        SELECT {", ".join(_KEY)}, {_SUMS}
          FROM ({_UNFOLDED}) AS unfolded
         GROUP BY GROUPING SETS ((day, currency), (day, product_id, currency),
                                 (day, partner_id, currency))) AS sold
 GROUP BY 1, 2, 3, 4
HAVING sum(bookings) <> 0
"""

_REVENUE_COLUMNS = (*_KEY, *_NUMBERS)


def _daily_revenue(sums: str, differences: str, by: str = "") -> str:
    """Return the statement of the sales by day, by the sums and the differences that are meant.

    ``by`` is the column of ids by which they are told apart as well.
    """
    key = f"{by}, " if by else ""
    ids = ", ".join(
        name if name == by else f"NULL::bigint AS {name}" for name in ("product_id", "partner_id")
    )
    return f"""
SELECT day, {ids}, currency, {_SUMS}
  FROM (SELECT day, {key}currency, {", ".join(_NUMBERS)}
          FROM sales_rollup_soldday
         WHERE {sums} AND day BETWEEN %(first)s AND %(last)s
        UNION ALL
        SELECT day, {key}currency, {", ".join(_NUMBERS)}
          FROM ({_UNFOLDED}) AS unfolded
         WHERE {differences}) AS sold
 GROUP BY day, {key}currency
HAVING sum(bookings) <> 0
"""


DAILY_REVENUE = _daily_revenue("product_id IS NULL AND partner_id IS NULL", "true")

DAILY_REVENUE_OF_PRODUCTS = _daily_revenue(
    "product_id = ANY(%(ids)s) AND partner_id IS NULL", "product_id = ANY(%(ids)s)", "product_id"
)

DAILY_REVENUE_OF_PARTNERS = _daily_revenue(
    "product_id IS NULL AND partner_id = ANY(%(ids)s)", "partner_id = ANY(%(ids)s)", "partner_id"
)

# What each partner owes and has paid, statement by statement; the supplier's own sales have none.
_BALANCES = """
SELECT partner_id, month, currency, coalesce(owed.owed_minor, 0) AS owed_minor,
       coalesce(paid.paid_minor, 0) AS paid_minor
  FROM (SELECT partner_id, month, currency, sum(owed_minor)::bigint AS owed_minor
          FROM (SELECT partner_id, month, currency, bookings, owed_minor
                  FROM sales_rollup_owedmonth
                 WHERE month <= %(until)s
                UNION ALL
                SELECT partner_id, month, currency, owed_bookings, owed_minor
                  FROM sales_rollup_salechange
                 WHERE month <= %(until)s) AS part
         GROUP BY partner_id, month, currency
        HAVING sum(bookings) <> 0) AS owed
  FULL JOIN (SELECT partner_id, month, currency,
                    sum(CASE direction WHEN 'RECEIVED' THEN amount_minor
                        ELSE -amount_minor END)::bigint AS paid_minor
               FROM statements_partnerpayment
              WHERE month <= %(until)s
              GROUP BY partner_id, month, currency) AS paid
 USING (partner_id, month, currency)
 WHERE partner_id IN (SELECT id FROM partners_partner WHERE kind <> 'direct')
"""

_DUE = "sum(greatest(owed_minor - paid_minor, 0))::bigint"
_TO_RETURN = "sum(greatest(paid_minor - owed_minor, 0))::bigint"

_STATEMENT_COLUMNS = {
    name: name for name in ("partner_id", "month", "currency", "owed_minor", "paid_minor")
}

_OPEN_STATEMENTS = f"""
SELECT {select_list(_STATEMENT_COLUMNS)}
  FROM ({_BALANCES}) AS balance
 WHERE owed_minor <> paid_minor"""

OPEN_STATEMENTS = f"""{_OPEN_STATEMENTS}
 ORDER BY month, partner_id, currency
 LIMIT %(most)s
"""

OPEN_OF_PARTNER = f"""{_OPEN_STATEMENTS}
   AND partner_id = %(partner_id)s
 ORDER BY month, currency
"""

_PARTNER_COLUMNS = {
    "partner_id": "partner_id",
    "currency": "currency",
    "due_minor": _DUE,
    "to_return_minor": _TO_RETURN,
    "statements": "count(*)",
    "oldest": "min(month)",
}

OPEN_PARTNERS = f"""
SELECT {select_list(_PARTNER_COLUMNS)}
  FROM ({_BALANCES}) AS balance
 WHERE owed_minor <> paid_minor
 GROUP BY partner_id, currency
 ORDER BY currency, sum(abs(owed_minor - paid_minor)) DESC, partner_id
 LIMIT %(most)s
"""

_MONTH_COLUMNS = {
    "month": "month",
    "currency": "currency",
    "owed_minor": "sum(owed_minor)::bigint",
    "paid_minor": "sum(paid_minor)::bigint",
    "due_minor": _DUE,
    "to_return_minor": _TO_RETURN,
    "unsettled": "count(*) FILTER (WHERE owed_minor <> paid_minor)",
    "settled": "count(*) FILTER (WHERE owed_minor = paid_minor)",
}

MONTH_BALANCES = f"""
SELECT {select_list(_MONTH_COLUMNS)}
  FROM ({_BALANCES}) AS balance
 GROUP BY month, currency
 ORDER BY month DESC, currency
"""


class SqlSettlementStore:
    """The store of settlements on either half's database connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lock_partner(self, partner_id: PartnerId) -> None:
        await self._database.fetch_one(LOCK_PARTNER, {"partner_id": partner_id})

    async def sums(self, month: Month) -> dict[tuple[PartnerId, str], Sums]:
        found = {}
        for row in await self._database.fetch_all(SUMS, {"month": month.first_day}):
            values = by_name(_SUM_COLUMNS, row)
            partner_id = PartnerId(values.pop("partner_id"))
            found[partner_id, values["currency"]] = Sums(**values)
        return found

    async def insert(self, payment: PartnerPayment) -> None:
        await self._database.execute(
            INSERT,
            {
                "partner_id": payment.partner_id,
                "month": payment.month.first_day,
                "direction": payment.direction.value,
                "amount_minor": payment.amount_minor,
                "currency": payment.currency,
                "reference": payment.reference,
                "recorded_by_id": payment.recorded_by,
                "recorded_at": payment.recorded_at,
            },
        )

    async def revenue(self, first: date, last: date) -> list[Revenue]:
        return await self._load(REVENUE, {"first": first, "last": last})

    async def daily_revenue(self, first: date, last: date) -> list[Revenue]:
        return await self._load(DAILY_REVENUE, {"first": first, "last": last})

    async def daily_revenue_of_products(
        self, product_ids: Sequence[ProductId], first: date, last: date
    ) -> list[Revenue]:
        return await self._load(
            DAILY_REVENUE_OF_PRODUCTS, {"first": first, "last": last, "ids": list(product_ids)}
        )

    async def daily_revenue_of_partners(
        self, partner_ids: Sequence[PartnerId], first: date, last: date
    ) -> list[Revenue]:
        return await self._load(
            DAILY_REVENUE_OF_PARTNERS, {"first": first, "last": last, "ids": list(partner_ids)}
        )

    async def open_statements(self, until: Month, *, most: int) -> list[StatementBalance]:
        return await self._balances(OPEN_STATEMENTS, {"until": until.first_day, "most": most})

    async def open_of_partner(self, partner_id: PartnerId, until: Month) -> list[StatementBalance]:
        parameters = {"until": until.first_day, "partner_id": partner_id}
        return await self._balances(OPEN_OF_PARTNER, parameters)

    async def open_partners(self, until: Month, *, most: int) -> list[PartnerBalance]:
        parameters = {"until": until.first_day, "most": most}
        rows = await self._database.fetch_all(OPEN_PARTNERS, parameters)
        return [
            PartnerBalance(**_with_months(by_name(_PARTNER_COLUMNS, row), "oldest")) for row in rows
        ]

    async def month_balances(self, until: Month) -> list[MonthBalance]:
        rows = await self._database.fetch_all(MONTH_BALANCES, {"until": until.first_day})
        return [MonthBalance(**_with_months(by_name(_MONTH_COLUMNS, row), "month")) for row in rows]

    async def _balances(self, statement: str, parameters: Parameters) -> list[StatementBalance]:
        rows = await self._database.fetch_all(statement, parameters)
        return [
            StatementBalance(**_with_months(by_name(_STATEMENT_COLUMNS, row), "month"))
            for row in rows
        ]

    async def _load(self, statement: str, parameters: Parameters) -> list[Revenue]:
        rows = await self._database.fetch_all(statement, parameters)
        return [Revenue(**by_name(_REVENUE_COLUMNS, row)) for row in rows]


def _with_months(values: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the values of a row, in which a month, stored as its first day, is a ``Month``."""
    return values | {name: Month.of_day(values[name])}
