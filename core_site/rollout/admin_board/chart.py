"""The chart of an endpoint: parity, latency and calls by the hour, drawn by Chart.js."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Avg
from django.db.models.functions import TruncHour

from core_site.admin_kit import charts
from core_site.admin_kit.charts import Chart
from core_site.admin_kit.viewer_zone import ViewerClock, format_instant
from core_site.rollout.documents.endpoint import round_down
from core_site.rollout.evidence_models import EndpointHour, ParityCheck
from core_site.rollout.models import StageChange

AN_HOUR = timedelta(hours=1)

#: Where the axis of the parity may begin, whichever leaves room for the lowest point.
_FLOORS = (99, 90, 50, 0)

#: Legible on the light and on the dark theme.
PARITY, EDGE, DJANGO = "#16a34a", "#9333ea", "#0891b2"
DIFFERING, CALLS, ROLLBACK = "#dc2626", "rgb(156 163 175 / 30%)", "#ea580c"


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyStats:
    """The calls of one hour, with mean latencies; None for a side that has none."""

    at: datetime
    calls: int
    matched: int
    mismatched: int
    edge_ms: float | None
    django_ms: float | None

    @property
    def parity_percent(self) -> float | None:
        compared = self.matched + self.mismatched
        return 100 * self.matched / compared if compared else None


def hourly_stats(endpoint_id: int, *, since: datetime) -> list[HourlyStats]:
    """Return the hours with calls since ``since``, the oldest first.

    If a side answered no caller in an hour, its latency is that of its comparisons, as long as
    these are stored.
    """
    stored = list(
        EndpointHour.objects.filter(endpoint_id=endpoint_id, hour__gte=since).order_by("hour")
    )
    in_checks = _means_of_checks(endpoint_id, since) if any(map(_lacks_a_side, stored)) else {}
    return [_hour(row, *in_checks.get(row.hour, (None, None))) for row in stored]


def _lacks_a_side(row: EndpointHour) -> bool:
    was_compared = row.matched + row.mismatched + row.unstable > 0
    return was_compared and not (row.edge_calls and row.django_calls)


def _means_of_checks(
    endpoint_id: int, since: datetime
) -> dict[datetime, tuple[float | None, float | None]]:
    means = (
        ParityCheck.objects.filter(
            endpoint_id=endpoint_id, at__gte=since, verdict__in=["match", "mismatch", "unstable"]
        )
        .order_by()
        .annotate(hour=TruncHour("at", tzinfo=UTC))
        .values_list("hour")
        .annotate(Avg("edge_ms"), Avg("django_ms"))
    )
    return {hour: (edge_ms, django_ms) for hour, edge_ms, django_ms in means}


def _hour(
    row: EndpointHour, checked_edge_ms: float | None, checked_django_ms: float | None
) -> HourlyStats:
    return HourlyStats(
        at=row.hour,
        calls=row.edge_calls + row.django_calls,
        matched=row.matched,
        mismatched=row.mismatched + row.unstable,
        edge_ms=row.edge_ms / row.edge_calls if row.edge_calls else checked_edge_ms,
        django_ms=row.django_ms / row.django_calls if row.django_calls else checked_django_ms,
    )


def build_chart(
    hours: Sequence[HourlyStats],
    changes: Iterable[StageChange],
    *,
    since: datetime,
    until: datetime,
    is_misconfigured: bool = False,
) -> Chart:
    """Return the chart of an endpoint's hours; without parity if the halves are misconfigured."""
    compared = [] if is_misconfigured else [one for one in hours if one.parity_percent is not None]
    times = [since + AN_HOUR * hour for hour in range(round((until - since) / AN_HOUR))]
    places = {at: place for place, at in enumerate(times)}

    def series(value: Callable[[HourlyStats], float | None], of: Iterable[HourlyStats]) -> Any:
        """Return a value for each hour; Chart.js draws no line where it is None."""
        values: list[float | None] = [None] * len(times)
        for hour in of:
            if hour.at in places and (number := value(hour)) is not None:
                values[places[hour.at]] = round_down(number, 2)
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
          if change.changes_stage and since <= change.at < until),
    ]  # fmt: skip
    clock = ViewerClock()
    return charts.build_chart(
        [f"{at.astimezone(clock):%Y-%m-%d %H:%M}" for at in times],
        points,
        {
            "y": charts.build_axis("parity, %", min=_floor(compared), max=100, beginAtZero=False),
            "latency": charts.build_axis("latency, ms", is_second=True),
            "calls": {"display": False, "beginAtZero": True},
        },
        description=f"Parity and latency from {format_instant(since)} to "
        f"{format_instant(until)}. {_describe(hours, compared, is_misconfigured)}",
    )


def _line(label: str, color: str, values: list[float | None], axis: str) -> dict[str, Any]:
    return {
        "label": label, "data": values, "yAxisID": axis, "borderColor": color,
        "backgroundColor": color, "borderWidth": 2, "pointRadius": 2,
    }  # fmt: skip


def _change_point(change: StageChange, since: datetime, length: int) -> dict[str, Any]:
    """Return a mark at the hour of a change of stage, above the parity."""
    values: list[int | None] = [None] * length
    values[int((change.at - since) / AN_HOUR)] = 100
    color = ROLLBACK if change.is_automatic else "#6b7280"
    label = f"{change.describe()} by {change.actor}, {change.reason}"
    return {
        "label": label, "data": values, "yAxisID": "y", "showLine": False, "clip": False,
        "pointStyle": "rectRot", "pointRadius": 7, "backgroundColor": color,
        "borderColor": color,
    }  # fmt: skip


def _floor(compared: Iterable[HourlyStats]) -> int:
    lowest = min((hour.parity_percent or 0 for hour in compared), default=100)
    # A line that lies on its axis cannot be seen.
    return next((floor for floor in _FLOORS if lowest > floor + 0.1), 0)


def _describe(
    hours: Sequence[HourlyStats], compared: Sequence[HourlyStats], is_misconfigured: bool
) -> str:
    """Return what the chart shows, for a screen reader."""
    if not hours:
        return "No calls in this time."
    percents = [round_down(hour.parity_percent or 0) for hour in compared]
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
