"""What is sold by day, product and partner: the figures of the page, and its chart."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from core_site import stores
from core_site.admin_kit import charts
from core_site.admin_kit.charts import Chart
from core_site.admin_kit.money_format import money
from core_site.catalog.models import Product
from core_site.partners.models import Partner
from shared_domain import settlements
from shared_domain.money import currency_precision
from shared_domain.run_now import run_now
from shared_domain.settlements import Revenue

#: Rows of each table; the rest is one line.
ROWS_SHOWN = 25

#: Legible on the light and on the dark theme.
_NET, _BOOKINGS = "#9333ea", "rgb(156 163 175 / 45%)"


def revenue_context(
    first: date, last: date, currency: str, *, may_see_bookings: bool = False
) -> Mapping[str, Any]:
    """Return what the page shows of these days, in one of the currencies that were sold in.

    With ``may_see_bookings`` each count of bookings leads to the list of just these.
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

    return {
        "currencies": currencies,
        "currency": chosen,
        "total": _total(days.values(), chosen),
        "total_url": _bookings_url(first, last, chosen) if may_see_bookings else "",
        "chart": _chart(first, last, days, chosen) if chosen else None,
        "tables": [
            ("By product", _table(products, product_names.get, "product_id", url)),
            ("By partner", _table(partners, partner_names.get, "partner_id", url)),
            ("By day", _table_of_days(days, url)),
        ],
    }


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


def _chart(first: date, last: date, days: Mapping[date, Revenue], currency: str) -> Chart:
    every = charts.list_days(first, last)
    unit = 10 ** currency_precision(currency)
    net = [days[day].net_minor / unit if day in days else 0 for day in every]
    bookings = [days[day].bookings if day in days else 0 for day in every]
    datasets: list[dict[str, Any]] = [
        {
            "type": "line", "label": f"net, {currency}", "data": net, "yAxisID": "y",
            "borderColor": _NET, "backgroundColor": _NET, "borderWidth": 2,
            "pointRadius": 2 if len(every) <= 92 else 0,
        },
        {
            "type": "bar", "label": "bookings", "data": bookings, "yAxisID": "bookings",
            "backgroundColor": _BOOKINGS,
        },
    ]  # fmt: skip
    best = max(every, key=lambda day: days[day].net_minor if day in days else 0)
    highest = money(days[best].net_minor, currency) if best in days else money(0, currency)
    return charts.build_chart(
        [str(day) for day in every],
        datasets,
        {
            "y": charts.build_axis(f"net, {currency}"),
            "bookings": charts.build_axis("bookings", is_count=True, is_second=True),
        },
        description=f"Net revenue and bookings by the day of sale, {first} to {last}. "
        f"The best day is {best} with {highest}.",
    )


def daily_context(first: date, last: date) -> Mapping[str, Any]:
    """Return the sums and the chart of these days, in the currency with the most bookings."""
    found = run_now(settlements.daily_revenue(first, last, store=stores.settlements()))
    currencies = _by_size(found)
    chosen = next(iter(currencies), "")
    days = {row.day: row for row in found if row.day is not None and row.currency == chosen}
    return {
        "currencies": currencies,
        "currency": chosen,
        "total": _total(days.values(), chosen),
        "chart": _chart(first, last, days, chosen) if chosen else None,
    }
