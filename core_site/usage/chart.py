"""The chart of a partner's calls by the day, drawn by Chart.js as stacked bars."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from shared_domain.usage import Calls, CallsOfDay

#: By field of ``Calls``, from the bottom: words for staff, and a colour legible on both themes.
CLASSES = {
    "succeeded": ("answered", "#16a34a"),
    "refused": ("refused", "#ea580c"),
    "limited": ("over the rate limit", "#9333ea"),
    "failed": ("failed on our side", "#dc2626"),
}


def build_chart(days: Iterable[CallsOfDay], *, first: date, last: date) -> Mapping[str, str]:
    """Return the context of ``unfold/components/chart/bar.html``, with a description in words."""
    by_day = {row.day: row.calls for row in days}
    every = [first + timedelta(days=number) for number in range((last - first).days + 1)]
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
    return {
        "data": json.dumps({"labels": [f"{day:%d %b}" for day in every], "datasets": datasets}),
        "options": json.dumps(_options()),
        "description": f"Calls by the day in UTC, {first} to {last}. "
        f"The busiest day is {busiest} with {by_day.get(busiest, none).total:,} calls.",
    }


def _options() -> dict[str, Any]:
    faint = {"color": "#9ca3af"}
    axis = {"ticks": faint | {"precision": 0}, "stacked": True, "grid": {}}
    return {
        "animation": False,
        "maintainAspectRatio": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {"legend": {"display": False}},
        "scales": {
            "x": axis | {"ticks": faint | {"maxTicksLimit": 10, "maxRotation": 0}},
            "y": axis | {"beginAtZero": True},
        },
    }
