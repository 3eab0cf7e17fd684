"""Parity, latency and calls by the hour, for Unfold's chart component (Chart.js)."""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core_site.rollout.admin_board.audit import AuditEntry
from core_site.rollout.admin_board.hourly_stats import AN_HOUR, HourlyStats

#: Where the axis of the parity may begin, whichever leaves room for the lowest point.
_FLOORS = (99, 90, 50, 0)

#: Legible on the light and on the dark theme.
PARITY, EDGE, DJANGO = "#16a34a", "#9333ea", "#0891b2"
DIFFERING, CALLS, ROLLBACK = "#dc2626", "rgb(156 163 175 / 30%)", "#ea580c"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The context of ``unfold/components/chart/line.html``, with a description to be read aloud."""

    data: str
    options: str
    description: str


def build_chart(
    hours: Sequence[HourlyStats],
    changes: Iterable[AuditEntry],
    *,
    since: datetime,
    until: datetime,
    is_misconfigured: bool = False,
) -> Chart:
    """Chart the hours of an endpoint; without its parity where that would say nothing."""
    compared = [] if is_misconfigured else [one for one in hours if one.parity_percent is not None]
    times = [since + AN_HOUR * hour for hour in range(round((until - since) / AN_HOUR))]
    places = {at: place for place, at in enumerate(times)}

    def series(value: Callable[[HourlyStats], float | None], of: Iterable[HourlyStats]) -> Any:
        """Return a value for each hour; Chart.js draws no line where it is None."""
        values: list[float | None] = [None] * len(times)
        for hour in of:
            if hour.at in places and (number := value(hour)) is not None:
                values[places[hour.at]] = _round_down(number)
        return values

    differing = {places.get(hour.at) for hour in compared if hour.mismatched}
    points = [
        _line("parity, %", PARITY, series(lambda hour: hour.parity_percent, compared), "y")
        | {
            "pointRadius": [5 if place in differing else 2 for place in range(len(times))],
            "backgroundColor": [
                DIFFERING if place in differing else PARITY for place in range(len(times))
            ],
        },
        _line("Django, ms", DJANGO, series(lambda hour: hour.django_ms, hours), "latency"),
        _line("edge, ms", EDGE, series(lambda hour: hour.edge_ms, hours), "latency"),
        {
            "type": "bar", "label": "calls", "backgroundColor": CALLS, "yAxisID": "calls",
            "data": series(lambda hour: hour.calls, hours),
        },
        *(_change_point(change, since, len(times)) for change in changes
          if change.moves and since <= change.row.at < until),
    ]  # fmt: skip
    return Chart(
        data=json.dumps({"labels": [f"{at:%d %b %H:%M}" for at in times], "datasets": points}),
        options=json.dumps(_options(_floor(compared))),
        description=f"Parity and latency from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} "
        f"UTC. {_describe(hours, compared, is_misconfigured)}",
    )


def _line(label: str, color: str, values: list[float | None], axis: str) -> dict[str, Any]:
    return {
        "label": label, "data": values, "yAxisID": axis, "borderColor": color,
        "backgroundColor": color, "borderWidth": 2, "pointRadius": 2,
    }  # fmt: skip


def _change_point(change: AuditEntry, since: datetime, length: int) -> dict[str, Any]:
    """Return a mark at the hour of a change of stage, above the parity."""
    values: list[int | None] = [None] * length
    values[int((change.row.at - since) / AN_HOUR)] = 100
    color = ROLLBACK if change.is_automatic else "#6b7280"
    label = f"{change.from_stage} to {change.to_stage} by {change.row.actor}, {change.row.reason}"
    return {
        "label": label, "data": values, "yAxisID": "y", "showLine": False, "clip": False,
        "pointStyle": "rectRot", "pointRadius": 7, "backgroundColor": color,
        "borderColor": color,
    }  # fmt: skip


def _options(floor: int) -> dict[str, Any]:
    faint = {"color": "#9ca3af"}

    def axis(title: str, **more: Any) -> dict[str, Any]:
        return {"ticks": faint, "title": faint | {"display": True, "text": title}} | more

    return {
        "animation": False,
        "maintainAspectRatio": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {"legend": {"display": False}},
        "scales": {
            "x": {"ticks": faint | {"maxTicksLimit": 9, "maxRotation": 0}, "grid": {}},
            "y": axis("parity, %", min=floor, max=100, grid={}),
            "latency": axis(
                "latency, ms", position="right", beginAtZero=True, grid={"drawOnChartArea": False}
            ),
            "calls": {"display": False, "beginAtZero": True},
        },
    }


def _floor(compared: Iterable[HourlyStats]) -> int:
    lowest = min((hour.parity_percent or 0 for hour in compared), default=100)
    # A line that lies on its axis cannot be seen.
    return next((floor for floor in _FLOORS if lowest > floor + 0.1), 0)


def _round_down(number: float) -> float:
    """Round downwards, so that only agreement of all is 100."""
    return math.floor(number * 100) / 100


def _describe(
    hours: Sequence[HourlyStats], compared: Sequence[HourlyStats], is_misconfigured: bool
) -> str:
    """Return what the chart shows, for a screen reader."""
    if not hours:
        return "No calls in this time."
    percents = [math.floor((hour.parity_percent or 0) * 10) / 10 for hour in compared]
    sentences = [
        f"Parity between {min(percents):g} % and {max(percents):g} %, {percents[-1]:g} % at last."
        if percents
        else "Parity is left out: the comparisons are misconfigured."
        if is_misconfigured
        else "Nothing was compared."
    ]
    for side, values in (
        ("The edge", [hour.edge_ms for hour in hours if hour.edge_ms is not None]),
        ("Django", [hour.django_ms for hour in hours if hour.django_ms is not None]),
    ):
        if values:
            sentences.append(
                f"{side} took {min(values):.1f} to {max(values):.1f} ms, {values[-1]:.1f} at last."
            )
    return " ".join(sentences)
