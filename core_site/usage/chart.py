"""The chart of a partner's calls by the day, drawn by Chart.js as stacked bars."""

from collections.abc import Iterable
from datetime import date

from core_site.admin_kit import charts
from core_site.admin_kit.charts import Chart
from shared_domain.usage import Calls, CallsOfDay

#: By field of ``Calls``, from the bottom: words for staff, and a colour legible on both themes.
CLASSES = {
    "succeeded": ("answered", "#16a34a"),
    "refused": ("refused", "#ea580c"),
    "limited": ("over the rate limit", "#9333ea"),
    "failed": ("failed on our side", "#dc2626"),
}


def build_chart(days: Iterable[CallsOfDay], *, first: date, last: date) -> Chart:
    """Return the chart of these days, those without calls included."""
    by_day = {row.day: row.calls for row in days}
    every = charts.list_days(first, last)
    none = Calls()
    datasets = [
        {
            "label": words,
            "data": [getattr(by_day.get(day, none), name) for day in every],
            "backgroundColor": colour,
            "stack": "calls",
        }
        for name, (words, colour) in CLASSES.items()
    ]
    busiest = max(every, key=lambda day: by_day.get(day, none).total)
    return charts.build_chart(
        [str(day) for day in every],
        datasets,
        {"y": charts.build_axis(is_count=True)},
        description=f"Calls by the day in UTC, {first} to {last}. "
        f"The busiest day is {busiest} with {by_day.get(busiest, none).total:,} calls.",
        is_stacked=True,
    )
