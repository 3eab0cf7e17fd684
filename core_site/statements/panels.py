"""Panels of the office on other pages: what was sold lately, and what a partner owes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from core_site import stores
from core_site.admin_kit.change_pages.panels import Panel
from core_site.admin_kit.change_pages.tables import (
    TABLE,
    Cell,
    Column,
    Link,
    build_table,
)
from core_site.admin_kit.money_format import money
from core_site.catalog.local_days import house_today
from core_site.catalog.models import Product
from core_site.partners.models import Partner
from core_site.statements.pages import Row, shift_month
from shared_domain import settlements, statements
from shared_domain.catalog import ProductId
from shared_domain.partners import PartnerId, PartnerKind
from shared_domain.run_now import run_now
from shared_domain.settlements import Revenue, Sums
from shared_domain.statements import Month

#: Days of sales that a panel sums up.
DAYS = 30

#: Statements that the panel of a partner shows: that of this month, and those before it.
MONTHS_SHOWN = 3


def load_sales_of_product(request: HttpRequest, product: Product) -> Mapping[str, Any]:
    return _build_sales(_sold_lately(product_id=ProductId(product.pk)))


def load_sales_of_partner(request: HttpRequest, partner: Partner) -> Mapping[str, Any]:
    return _build_sales(_sold_lately(partner_id=PartnerId(partner.pk)))


def load_open_statements(request: HttpRequest, partner: Partner) -> Mapping[str, Any] | None:
    """Return what a reseller owes and has paid for the latest months; None for our own sales."""
    if partner.kind == PartnerKind.DIRECT:
        return None
    rows = _recent_statements(partner)
    open_minor: dict[str, int] = {}
    for row in rows:
        open_minor[row.currency] = open_minor.get(row.currency, 0) + row.open_minor
    return {
        "open": [money(minor, currency) for currency, minor in sorted(open_minor.items()) if minor],
        "months": MONTHS_SHOWN,
        **build_table(
            (
                Column("Statement"),
                Column("Owed", is_number=True),
                Column("Paid", is_number=True),
                Column("State"),
            ),
            (
                (
                    Cell(row.month, row.url),
                    row.owed,
                    row.paid_amount,
                    Cell(row.state, colour=row.tone),
                )
                for row in rows
            ),
            empty="No booking of these months is billed.",
        ),
    }


SALES_OF_PRODUCT = Panel(
    "sales", f"Sales of {DAYS} days", load_sales_of_product, TABLE, ("statements.view_revenue",)
)
SALES_OF_PARTNER = Panel(
    "sales", f"Sales of {DAYS} days", load_sales_of_partner, TABLE, ("statements.view_revenue",)
)
OPEN_STATEMENTS = Panel(
    "statements",
    "Open balance",
    load_open_statements,
    "statements/open_balance.html",
    ("statements.view_partnerpayment",),
)


def _recent_statements(partner: Partner) -> list[Row]:
    """Return the sums of the latest months, also of those in which only payments were made."""
    this_month = Month.of_day(house_today(timezone.now()))
    months = [shift_month(this_month, -back) for back in range(MONTHS_SHOWN)]
    totals = run_now(
        statements.list_months_between(
            months[-1], this_month, access=partner.live_access, store=stores.statements()
        )
    )
    owed = {(month, total.currency): total for month, total in totals}
    rows = []
    for month in months:
        sums = run_now(settlements.sums_of_month(month, store=stores.settlements()))
        paid = {currency: paid for (of, currency), paid in sums.items() if of == partner.pk}
        for currency in sorted({*paid, *(name for of, name in owed if of == month)}):
            total = owed.get((month, currency))
            rows.append(
                Row(
                    partner=partner,
                    month=month,
                    currency=currency,
                    bookings=total.bookings if total else 0,
                    net_minor=total.owed_minor if total else 0,
                    refunded_minor=0,
                    owed_minor=total.owed_minor if total else 0,
                    paid=paid.get(currency, Sums(currency=currency)),
                )
            )
    return rows


@dataclass(slots=True)
class _Sold:
    """What was sold in one currency, over all days."""

    bookings: int = 0
    cancelled: int = 0
    retail_minor: int = 0
    net_minor: int = 0


def _build_sales(days: Iterable[Revenue]) -> Mapping[str, Any]:
    sold: dict[str, _Sold] = defaultdict(_Sold)
    for day in days:
        sums = sold[day.currency]
        sums.bookings += day.bookings
        sums.cancelled += day.cancelled
        sums.retail_minor += day.retail_minor
        sums.net_minor += day.net_minor
    return build_table(
        (
            Column("Currency"),
            Column("Bookings", is_number=True),
            Column("Cancelled", is_number=True),
            Column("Guests pay", is_number=True),
            Column("The house gets", is_number=True),
        ),
        (
            (
                currency,
                sums.bookings,
                sums.cancelled,
                money(sums.retail_minor, currency),
                money(sums.net_minor, currency),
            )
            for currency, sums in sorted(sold.items(), key=lambda item: -item[1].bookings)
        ),
        empty="None.",
        more=Link("Revenue by product, partner and day", reverse("admin:statements_revenue")),
    )


def _sold_lately(
    *, partner_id: PartnerId | None = None, product_id: ProductId | None = None
) -> list[Revenue]:
    today = house_today(timezone.now())
    return run_now(
        settlements.daily_revenue(
            today - timedelta(days=DAYS - 1),
            today,
            partner_id=partner_id,
            product_id=product_id,
            store=stores.settlements(),
        )
    )
