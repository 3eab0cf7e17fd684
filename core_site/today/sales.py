"""The revenue of the last 30 days on Today, an excerpt of the page of revenue."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from core_site.statements.revenue import daily_context

#: Today included.
DAYS = 30


def load_sales(today: date) -> Mapping[str, Any]:
    """Return the figures and the chart in the currency with the most bookings, and a link."""
    first = today - timedelta(days=DAYS - 1)
    shown = daily_context(first, today)
    query = {"first": first, "last": today, "currency": shown["currency"]}
    return {
        "days": DAYS,
        "total": shown["total"],
        "currency": shown["currency"],
        "others": [name for name in shown["currencies"] if name != shown["currency"]],
        "chart": shown["chart"],
        "link": f"{reverse('admin:statements_revenue')}?{urlencode(query)}",
    }
