"""Partners' payments of statements, and the house's sales, in PostgreSQL."""

from datetime import date

from shared_domain.catalog import ProductId
from shared_domain.database import Database, Parameters
from shared_domain.partners import PartnerId
from shared_domain.rows import by_name, select_list
from shared_domain.settlements.model import PartnerPayment, Revenue, Sums
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


def _daily_revenue(sums: str, differences: str) -> str:
    """Return the statement of the sales by day, by the sums and the differences that are meant."""
    return f"""
SELECT day, NULL::bigint AS product_id, NULL::bigint AS partner_id, currency, {_SUMS}
  FROM (SELECT day, currency, {", ".join(_NUMBERS)}
          FROM sales_rollup_soldday
         WHERE {sums} AND day BETWEEN %(first)s AND %(last)s
        UNION ALL
        SELECT day, currency, {", ".join(_NUMBERS)}
          FROM ({_UNFOLDED}) AS unfolded
         WHERE {differences}) AS sold
 GROUP BY day, currency
HAVING sum(bookings) <> 0
"""


DAILY_REVENUE = _daily_revenue("product_id IS NULL AND partner_id IS NULL", "true")

DAILY_REVENUE_OF_PRODUCT = _daily_revenue(
    "product_id = %(product_id)s AND partner_id IS NULL", "product_id = %(product_id)s"
)

DAILY_REVENUE_OF_PARTNER = _daily_revenue(
    "product_id IS NULL AND partner_id = %(partner_id)s", "partner_id = %(partner_id)s"
)


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

    async def daily_revenue_of_product(
        self, product_id: ProductId, first: date, last: date
    ) -> list[Revenue]:
        return await self._load(
            DAILY_REVENUE_OF_PRODUCT, {"first": first, "last": last, "product_id": product_id}
        )

    async def daily_revenue_of_partner(
        self, partner_id: PartnerId, first: date, last: date
    ) -> list[Revenue]:
        return await self._load(
            DAILY_REVENUE_OF_PARTNER, {"first": first, "last": last, "partner_id": partner_id}
        )

    async def _load(self, statement: str, parameters: Parameters) -> list[Revenue]:
        rows = await self._database.fetch_all(statement, parameters)
        return [Revenue(**by_name(_REVENUE_COLUMNS, row)) for row in rows]
