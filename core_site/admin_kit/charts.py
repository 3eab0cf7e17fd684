"""Charts that Chart.js draws in Unfold's components: the options and dates that all share."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

#: Of labels and titles; legible on the light and on the dark theme.
_FAINT = {"color": "#9ca3af"}

#: Labels under a chart at most; Chart.js leaves out more where they would touch.
_LABELS_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The context of ``unfold/components/chart/*.html``, with a description for screen readers."""

    data: str
    options: str
    description: str


def build_chart(
    labels: Sequence[str],
    datasets: Iterable[Mapping[str, Any]],
    axes: Mapping[str, Mapping[str, Any]],
    *,
    description: str,
    is_stacked: bool = False,
    has_legend: bool = False,
) -> Chart:
    """Return the chart; ``axes`` maps each ``yAxisID`` of the datasets to its axis of values."""
    stacked = {"stacked": True} if is_stacked else {}
    below = {"ticks": _FAINT | {"maxTicksLimit": _LABELS_SHOWN, "maxRotation": 0}, "grid": {}}
    options = {
        "animation": False,
        "maintainAspectRatio": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {"legend": {"display": has_legend, "position": "bottom", "labels": _FAINT}},
        "scales": {
            "x": below | stacked,
            **{name: {**axis, **stacked} for name, axis in axes.items()},
        },
    }
    return Chart(
        data=json.dumps({"labels": list(labels), "datasets": list(datasets)}),
        options=json.dumps(options),
        description=description,
    )


def build_axis(
    title: str = "", *, is_count: bool = False, is_second: bool = False, **more: Any
) -> dict[str, Any]:
    """Return an axis of values that begins at 0; ``more`` are further settings of Chart.js.

    A second axis stands on the right and draws no grid lines. An axis of counts has whole numbers.
    """
    place = {"position": "right", "grid": {"drawOnChartArea": False}} if is_second else {"grid": {}}
    return {
        "beginAtZero": True,
        "ticks": _FAINT | ({"precision": 0} if is_count else {}),
        "title": _FAINT | {"display": bool(title), "text": title},
        **place,
        **more,
    }


def list_days(first: date, last: date) -> list[date]:
    """Return every day from ``first`` to ``last``, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
