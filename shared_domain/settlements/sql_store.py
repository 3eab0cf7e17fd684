"""Partners' payments of statements, and the house's sales, in PostgreSQL."""

from datetime import date

from shared_domain.catalog import ProductId
from shared_domain.database import Database
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

_REVENUE_COLUMNS = {
    "day": "sale_date",
    "product_id": "product_id",
    "partner_id": "partner_id",
    "currency": "currency",
    "bookings": "count(*)",
    "cancelled": "count(*) FILTER (WHERE status = 'CANCELLED')",
    "retail_minor": "sum(retail_minor - coalesce(refund_retail_minor, 0))::bigint",
    "net_minor": "sum(net_minor - coalesce(refund_net_minor, 0))::bigint",
}

_ADDED_UP = {
    name: f"sum({name})::bigint" if name.endswith(("_minor", "bookings", "cancelled")) else name
    for name in _REVENUE_COLUMNS
}

# All columns are in the index ``booking_sales``, so no row of the table is read for it. Added up
# once, by all that is asked for: three sums of every booking would take twice as long, and
# PostgreSQL shares the work of one among several processes.
REVENUE = f"""
WITH sold AS MATERIALIZED (
    SELECT {select_list(_REVENUE_COLUMNS)}
      FROM bookings_booking
     WHERE sale_date BETWEEN %(first)s AND %(last)s
       AND confirmed_at IS NOT NULL AND NOT test_mode
     GROUP BY sale_date, product_id, partner_id, currency
)
SELECT {select_list(_ADDED_UP)}
  FROM sold
 GROUP BY GROUPING SETS ((day, currency), (product_id, currency), (partner_id, currency))
"""


_DAILY_COLUMNS = {
    name: column
    for name, column in _REVENUE_COLUMNS.items()
    if name not in ("product_id", "partner_id")
}

# A third of the work of REVENUE, by the same index.
DAILY_REVENUE = f"""
SELECT {select_list(_DAILY_COLUMNS)}
  FROM bookings_booking
 WHERE sale_date BETWEEN %(first)s AND %(last)s
   AND confirmed_at IS NOT NULL AND NOT test_mode
   AND (%(partner_id)s::bigint IS NULL OR partner_id = %(partner_id)s)
   AND (%(product_id)s::bigint IS NULL OR product_id = %(product_id)s)
 GROUP BY sale_date, currency
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
        rows = await self._database.fetch_all(REVENUE, {"first": first, "last": last})
        return [Revenue(**by_name(_REVENUE_COLUMNS, row)) for row in rows]

    async def daily_revenue(
        self,
        first: date,
        last: date,
        *,
        partner_id: PartnerId | None,
        product_id: ProductId | None,
    ) -> list[Revenue]:
        rows = await self._database.fetch_all(
            DAILY_REVENUE,
            {"first": first, "last": last, "partner_id": partner_id, "product_id": product_id},
        )
        return [
            Revenue(**by_name(_DAILY_COLUMNS, row), product_id=None, partner_id=None)
            for row in rows
        ]
