"""Panels on pages of products and partners: recent sales, and open statements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
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
from core_site.catalog.local_days import supplier_today
from core_site.catalog.models import Product
from core_site.partners.models import Partner
from core_site.statements.pages import owed_rows, shift_month, statement_url
from shared_domain import settlements
from shared_domain.catalog import ProductId
from shared_domain.partners import PartnerId, PartnerKind
from shared_domain.run_now import run_now
from shared_domain.settlements import Revenue
from shared_domain.statements import Month

#: Days of sales that a panel sums up.
DAYS = 30

#: Statements that the panel of a partner shows: that of this month, and those before it.
MONTHS_SHOWN = 3

#: Earlier statements that are open, the oldest first, to which the panel of a partner links.
EARLIER_SHOWN = 12


def load_sales_of_product(request: HttpRequest, product: Product) -> Mapping[str, Any]:
    first, today = _last_days()
    return _build_sales(
        run_now(
            settlements.daily_revenue_of_products(
                [ProductId(product.pk)], first, today, store=stores.settlements()
            )
        )
    )


def load_sales_of_partner(request: HttpRequest, partner: Partner) -> Mapping[str, Any]:
    first, today = _last_days()
    return _build_sales(
        run_now(
            settlements.daily_revenue_of_partners(
                [PartnerId(partner.pk)], first, today, store=stores.settlements()
            )
        )
    )


def load_open_statements(request: HttpRequest, partner: Partner) -> Mapping[str, Any] | None:
    """Return a reseller's sums of the latest months, and what is open of earlier ones.

    None for the direct partner.
    """
    if partner.kind == PartnerKind.DIRECT:
        return None
    this_month = Month.of_day(supplier_today(timezone.now()))
    rows = owed_rows(partner, [shift_month(this_month, -back) for back in range(MONTHS_SHOWN)])
    earlier = run_now(
        settlements.list_open_statements_of_partner(
            shift_month(this_month, -MONTHS_SHOWN),
            access=partner.live_access,
            store=stores.settlements(),
        )
    )
    # Kept apart as on the page of what is open: each statement is settled by itself.
    return {
        "open": _sum_up((row.currency, row.open_minor) for row in rows),
        "months": MONTHS_SHOWN,
        "earlier": _sum_up((balance.currency, balance.open_minor) for balance in earlier),
        "earlier_months": [
            {"title": str(month), "url": statement_url(partner.pk, month)}
            for month in dict.fromkeys(balance.month for balance in earlier)
        ][:EARLIER_SHOWN],
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


def _sum_up(open_amounts: Iterable[tuple[str, int]]) -> list[str]:
    """Return the sums of what is due and of what is to be returned, in each currency."""
    sums: dict[tuple[str, str], int] = {}
    for currency, minor in open_amounts:
        key = (currency, "due" if minor > 0 else "to return")
        sums[key] = sums.get(key, 0) + abs(minor)
    return [
        f"{money(minor, currency)} {words}"
        for (currency, words), minor in sorted(sums.items())
        if minor
    ]


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


@dataclass(slots=True)
class _Sold:
    """The sales in one currency, over all days."""

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
            Column("Bookings"),
            Column("Cancelled", is_number=True),
            Column("Retail", is_number=True),
            Column("Net", is_number=True),
        ),
        (
            (
                f"{sums.bookings:,} in {currency}",
                f"{sums.cancelled:,}",
                money(sums.retail_minor, currency),
                money(sums.net_minor, currency),
            )
            for currency, sums in sorted(sold.items(), key=lambda item: -item[1].bookings)
        ),
        empty="None.",
        more=Link("Revenue by product, partner and day", reverse("admin:statements_revenue")),
    )


def _last_days() -> tuple[date, date]:
    today = supplier_today(timezone.now())
    return today - timedelta(days=DAYS - 1), today
