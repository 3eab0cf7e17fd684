"""Charts of sales by the day of sale: of everything, and divided by product and by partner."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from core_site.admin_kit import charts
from core_site.admin_kit.charts import Chart
from core_site.admin_kit.money_format import money
from shared_domain.money import currency_precision
from shared_domain.settlements import Revenue

#: Products or partners that a chart tells apart; the others are one colour.
MOST_TOLD_APART = 5

#: Legible on the light and on the dark theme.
_NET, _BOOKINGS = "#9333ea", "rgb(156 163 175 / 45%)"
_COLOURS, _OTHERS = ("#9333ea", "#0ea5e9", "#16a34a", "#f59e0b", "#e11d48"), "#9ca3af"


class Measure(StrEnum):
    """What the divided charts count."""

    NET = "net"
    BOOKINGS = "bookings"


def chart_of_days(first: date, last: date, days: Mapping[date, Revenue], currency: str) -> Chart:
    """Return net revenue as a line and bookings as bars."""
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


def divided_chart(
    days: Mapping[date, Revenue],
    largest: Sequence[tuple[int, str]],
    rows: Iterable[Revenue],
    key: Callable[[Revenue], int | None],
    *,
    period: tuple[date, date],
    currency: str,
    measure: Measure,
    what: str,
) -> Chart:
    """Return a bar for each day, divided by the ``largest`` products or partners and the others.

    ``days`` are the sales of everything, ``rows`` those of the largest by ``key`` and day.
    """
    every = charts.list_days(*period)
    unit = 1 if measure is Measure.BOOKINGS else 10 ** currency_precision(currency)
    values = {(key(row), row.day): _measured(row, measure) for row in rows
              if row.currency == currency}  # fmt: skip

    def series(label: str, numbers: list[int], colour: str) -> dict[str, Any]:
        data = [number / unit if unit > 1 else number for number in numbers]
        return {"label": label, "data": data, "backgroundColor": colour, "yAxisID": "y"}

    parts = [[values.get((pk, day), 0) for day in every] for pk, _ in largest]
    datasets = [
        series(name, part, colour)
        for (_, name), part, colour in zip(largest, parts, _COLOURS, strict=False)
    ]
    totals = [_measured(days[day], measure) if day in days else 0 for day in every]
    others = [total - sum(part) for total, *part in zip(totals, *parts, strict=True)]
    if any(others):
        datasets.append(series("all others", others, _OTHERS))
    title = "bookings" if measure is Measure.BOOKINGS else f"net, {currency}"
    named = ", ".join(name for _, name in largest)
    return charts.build_chart(
        [str(day) for day in every],
        datasets,
        {"y": charts.build_axis(title, is_count=measure is Measure.BOOKINGS)},
        description=f"{title[:1].upper()}{title[1:]}, by {what} and day of sale: {named}.",
        is_stacked=True,
        has_legend=True,
    )


def _measured(row: Revenue, measure: Measure) -> int:
    return row.bookings if measure is Measure.BOOKINGS else row.net_minor
