"""What is sold by day, product and partner: the figures of the page, its charts and its file."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import partial
from operator import attrgetter
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from core_site import stores
from core_site.admin_kit.money_format import money
from core_site.catalog.models import Product
from core_site.exports.columns import Cell, amount_cell
from core_site.partners.models import Partner
from core_site.statements.revenue_charts import (
    MOST_TOLD_APART,
    Measure,
    chart_of_days,
    divided_chart,
)
from shared_domain import settlements
from shared_domain.catalog import ProductId
from shared_domain.partners import PartnerId
from shared_domain.run_now import run_now
from shared_domain.settlements import Revenue

#: Rows of each table; the rest is one line.
ROWS_SHOWN = 25

COLUMNS = ("By", "Name", "Currency", "Bookings", "Cancelled since", "Retail", "Net")


def revenue_context(
    first: date,
    last: date,
    currency: str,
    *,
    measure: Measure = Measure.NET,
    may_see_bookings: bool = False,
) -> Mapping[str, Any]:
    """Return what the page shows of these days, in one of the currencies that were sold in.

    ``measure`` is what the charts by product and by partner count. With ``may_see_bookings`` each
    count of bookings leads to the list of just these.
    """
    found = run_now(settlements.revenue(first, last, store=stores.settlements()))
    currencies = _by_size(found)
    chosen = currency if currency in currencies else next(iter(currencies), "")
    of_it = [row for row in found if row.currency == chosen]
    days = {row.day: row for row in of_it if row.day is not None}
    products = [row for row in of_it if row.product_id is not None]
    partners = [row for row in of_it if row.partner_id is not None]
    product_names = dict(Product.objects.values_list("pk", "internal_name"))
    partner_names = dict(Partner.objects.values_list("pk", "name"))

    def url(row: Revenue) -> str:
        if not may_see_bookings:
            return ""
        days = (row.day, row.day) if row.day else (first, last)
        return _bookings_url(*days, chosen, product=row.product_id, partner=row.partner_id)

    of_days = partial(divided_chart, days, period=(first, last), currency=chosen, measure=measure)
    store = stores.settlements()
    product_ids = [ProductId(pk) for pk in _largest(products, "product_id", measure)]
    partner_ids = [PartnerId(pk) for pk in _largest(partners, "partner_id", measure)]
    by_product = of_days(
        [(pk, product_names.get(pk, "–")) for pk in product_ids],
        run_now(settlements.daily_revenue_of_products(product_ids, first, last, store=store)),
        attrgetter("product_id"),
        what="product",
    )
    by_partner = of_days(
        [(pk, partner_names.get(pk, "–")) for pk in partner_ids],
        run_now(settlements.daily_revenue_of_partners(partner_ids, first, last, store=store)),
        attrgetter("partner_id"),
        what="partner",
    )
    return {
        "currencies": currencies,
        "currency": chosen,
        "total": _total(days.values(), chosen),
        "total_url": _bookings_url(first, last, chosen) if may_see_bookings else "",
        "chart": chart_of_days(first, last, days, chosen) if chosen else None,
        "charts": [
            ("By product and day", by_product),
            ("By partner and day", by_partner),
        ]
        if chosen
        else [],
        "measure": measure.value,
        "tables": [
            ("By product", _table(products, product_names.get, "product_id", url)),
            ("By partner", _table(partners, partner_names.get, "partner_id", url)),
            ("By day", _table_of_days(days, url)),
        ],
    }


def revenue_table(first: date, last: date) -> Iterator[tuple[Cell, ...]]:
    """Yield the sales of these days in all currencies for a spreadsheet: by day, product, partner.

    Each part has all sales; amounts are in units of their currency.
    """
    found = run_now(settlements.revenue(first, last, store=stores.settlements()))
    product_names = dict(Product.objects.values_list("pk", "internal_name"))
    partner_names = dict(Partner.objects.values_list("pk", "name"))

    def describe(row: Revenue) -> tuple[int, str, str]:
        if row.day is not None:
            return 0, "Day", str(row.day)
        if row.product_id is not None:
            return 1, "Product", product_names.get(row.product_id, "–")
        return 2, "Partner", partner_names.get(row.partner_id or 0, "–")

    for row in sorted(found, key=lambda row: (*describe(row), row.currency)):
        yield (
            *describe(row)[1:],
            row.currency,
            row.bookings,
            row.cancelled,
            amount_cell(row.retail_minor, row.currency),
            amount_cell(row.net_minor, row.currency),
        )


def _largest(rows: Iterable[Revenue], key: str, measure: Measure) -> list[int]:
    """Return the ids of what was sold most, by what is measured."""

    def size(row: Revenue) -> int:
        return row.bookings if measure is Measure.BOOKINGS else row.net_minor

    return [getattr(row, key) for row in sorted(rows, key=size, reverse=True)[:MOST_TOLD_APART]]


def _by_size(found: Iterable[Revenue]) -> list[str]:
    """Return the currencies, the one with the most bookings first."""
    counted: dict[str, int] = {}
    for row in found:
        if row.day is not None:
            counted[row.currency] = counted.get(row.currency, 0) + row.bookings
    return sorted(counted, key=lambda currency: (-counted[currency], currency))


def _total(days: Iterable[Revenue], currency: str) -> dict[str, object]:
    rows = list(days)
    return {
        "bookings": sum(row.bookings for row in rows),
        "cancelled": sum(row.cancelled for row in rows),
        "retail": money(sum(row.retail_minor for row in rows), currency),
        "net": money(sum(row.net_minor for row in rows), currency),
    }


def _table(
    rows: list[Revenue],
    name: Callable[[Any, str], str],
    key: str,
    url: Callable[[Revenue], str],
) -> dict[str, Any]:
    largest = sorted(rows, key=lambda row: (-row.net_minor, -row.bookings))
    return {
        "rows": [_row(name(getattr(row, key), "–"), row, url(row)) for row in largest[:ROWS_SHOWN]],
        "more": max(0, len(largest) - ROWS_SHOWN),
    }


def _table_of_days(days: Mapping[date, Revenue], url: Callable[[Revenue], str]) -> dict[str, Any]:
    newest = sorted(days, reverse=True)
    return {
        "rows": [
            _row(f"{day:%a %Y-%m-%d}", days[day], url(days[day])) for day in newest[:ROWS_SHOWN]
        ],
        "more": max(0, len(newest) - ROWS_SHOWN),
    }


def _row(name: str, row: Revenue, url: str) -> dict[str, object]:
    return {
        "name": name,
        "bookings": row.bookings,
        "cancelled": row.cancelled,
        "retail": money(row.retail_minor, row.currency),
        "net": money(row.net_minor, row.currency),
        "url": url,
    }


def _bookings_url(
    first: date,
    last: date,
    currency: str,
    *,
    product: int | None = None,
    partner: int | None = None,
) -> str:
    """Return the list of the bookings that a figure counts, by the same conditions."""
    conditions: dict[str, str | int] = {
        "sale_date_from": str(first),
        "sale_date_to": str(last),
        "currency": currency,
        **({"product__id__exact": product} if product else {}),
        **({"partner__id__exact": partner} if partner else {}),
    }
    return f"{reverse('admin:bookings_booking_changelist')}?{urlencode(conditions)}"


def daily_context(first: date, last: date) -> Mapping[str, Any]:
    """Return the revenue of these days with a chart, in the currency with the most bookings."""
    found = run_now(settlements.daily_revenue(first, last, store=stores.settlements()))
    currencies = _by_size(found)
    chosen = next(iter(currencies), "")
    days = {row.day: row for row in found if row.day is not None and row.currency == chosen}
    return {
        "currencies": currencies,
        "currency": chosen,
        "total": _total(days.values(), chosen),
        "chart": chart_of_days(first, last, days, chosen) if chosen else None,
    }
