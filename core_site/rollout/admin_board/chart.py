"""Parity and latency over time as a drawing: plain geometry, which ``chart.html`` writes as SVG."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core_site.rollout.admin_board.audit import AuditEntry
from core_site.rollout.admin_board.hourly_stats import AN_HOUR, HourlyStats

#: In the units of the drawing, which the page scales.
WIDTH, HEIGHT = 1000, 330
LEFT, RIGHT = 56, 988
PARITY_TOP, PARITY_BOTTOM = 28, 130
LATENCY_TOP, LATENCY_BOTTOM = 178, 296

#: With more hours than this, dashes would run into each other.
_DENSE = 100

#: Where the parity's axis may begin, whichever leaves room for the lowest point.
_FLOORS = (99, 90, 50, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A line of an axis with its label."""

    at: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One series: runs of neighbouring hours, and hours that stand alone."""

    runs: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """An hour that tells its figures when pointed at."""

    x: float
    width: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A change of stage."""

    x: float
    title: str
    is_automatic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Everything that is drawn, in the drawing's own units."""

    title: str
    description: str
    is_misconfigured: bool
    parity: Line
    differing: tuple[tuple[float, float], ...]
    edge: Line
    django: Line
    parity_ticks: tuple[Tick, ...]
    latency_ticks: tuple[Tick, ...]
    time_ticks: tuple[Tick, ...]
    columns: tuple[Column, ...]
    marks: tuple[Mark, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    parity_top: int = PARITY_TOP
    parity_bottom: int = PARITY_BOTTOM
    latency_top: int = LATENCY_TOP
    latency_bottom: int = LATENCY_BOTTOM

    @property
    def middle(self) -> int:
        return (self.left + self.right) // 2

    @property
    def is_dense(self) -> bool:
        return len(self.columns) > _DENSE

    @property
    def lines(self) -> tuple[tuple[str, Line], ...]:
        return (("parity", self.parity), ("django", self.django), ("edge", self.edge))


def chart_of(
    hours: Sequence[HourlyStats],
    changes: Iterable[AuditEntry],
    *,
    since: datetime,
    until: datetime,
    is_misconfigured: bool = False,
) -> Chart:
    """Draw these hours; when misconfigured without the parity, which would say nothing."""
    compared = [] if is_misconfigured else [it for it in hours if it.parity_percent is not None]
    floor = _floor_of(compared)
    most_ms = _round_up(max((_slowest(hour) for hour in hours), default=0))

    def x(at: datetime) -> float:
        return round(LEFT + (RIGHT - LEFT) * ((at - since) / (until - since)), 1)

    def parity_y(value: float) -> float:
        return _between(PARITY_BOTTOM, PARITY_TOP, (value - floor) / (100 - floor))

    def latency_y(value: float) -> float:
        return _between(LATENCY_BOTTOM, LATENCY_TOP, value / most_ms)

    def middle(hour: HourlyStats) -> float:
        return x(hour.at + AN_HOUR / 2)

    return Chart(
        title=f"Parity and latency from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC",
        description=_in_words(hours, compared, is_misconfigured),
        is_misconfigured=is_misconfigured,
        parity=_line(compared, lambda it: it.parity_percent, middle, parity_y),
        differing=tuple(
            (middle(it), parity_y(it.parity_percent)) for it in compared if it.mismatched
        ),
        edge=_line(hours, lambda it: it.edge_ms, middle, latency_y),
        django=_line(hours, lambda it: it.django_ms, middle, latency_y),
        parity_ticks=tuple(
            Tick(at=parity_y(value), label=f"{value:g} %")
            for value in (floor, (floor + 100) / 2, 100)
            if compared
        ),
        latency_ticks=tuple(
            Tick(at=latency_y(value), label=f"{value:g} ms") for value in (0, most_ms / 2, most_ms)
        ),
        time_ticks=tuple(_time_ticks(since, until, x)),
        columns=tuple(
            Column(x=x(it.at), width=x(it.at + AN_HOUR) - x(it.at), title=it.in_words)
            for it in hours
        ),
        marks=tuple(
            Mark(x=x(it.at), title=_told(it), is_automatic=it.is_automatic)
            for it in changes
            if since <= it.at <= until and it.moves
        ),
    )


def _line(
    hours: Iterable[HourlyStats],
    value_of: Callable[[HourlyStats], float | None],
    x: Callable[[HourlyStats], float],
    y: Callable[[float], float],
) -> Line:
    """Join the hours that follow each other; a gap stays a gap."""
    runs: list[list[tuple[float, float]]] = []
    before = None
    for hour in hours:
        value = value_of(hour)
        if value is None:
            continue
        if before is None or hour.at - before > AN_HOUR:
            runs.append([])
        runs[-1].append((x(hour), y(value)))
        before = hour.at
    return Line(
        runs=tuple(" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1),
        dots=tuple(run[0] for run in runs if len(run) == 1),
    )


def _time_ticks(since: datetime, until: datetime, x: Callable[[datetime], float]) -> Iterable[Tick]:
    is_long = until - since > timedelta(days=4)
    step = timedelta(days=2) if is_long else timedelta(hours=12)
    at = since.replace(hour=0, minute=0, second=0, microsecond=0)
    while at <= until:
        if at >= since:
            is_midnight = at.hour == 0
            label = f"{at.day} {at:%b}" if is_midnight else f"{at:%H:%M}"
            yield Tick(at=x(at), label=label)
        at += step


def _floor_of(compared: Iterable[HourlyStats]) -> int:
    lowest = min((hour.parity_percent for hour in compared), default=100)
    # A line that lies on its axis cannot be seen.
    return next((floor for floor in _FLOORS if lowest > floor + 0.1), 0)


def _round_up(most: float) -> float:
    """Return the next of 1, 2, 5, 10, 20 …, so that the axis has round labels."""
    if most <= 0:
        return 1
    power = 10 ** math.floor(math.log10(most))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= most)


def _slowest(hour: HourlyStats) -> float:
    return max(hour.edge_ms or 0, hour.django_ms or 0)


def _between(bottom: float, top: float, share: float) -> float:
    return round(bottom + (top - bottom) * share, 1)


def _told(change: AuditEntry) -> str:
    return (
        f"{change.at:%Y-%m-%d %H:%M} UTC: {change.from_stage} to {change.to_stage} "
        f"by {change.actor}, {change.reason}"
    )


def _in_words(
    hours: Sequence[HourlyStats], compared: Sequence[HourlyStats], is_misconfigured: bool
) -> str:
    """Say what the drawing shows, for whoever does not see it."""
    if not hours:
        return "No calls in this time."
    parts = []
    if is_misconfigured:
        parts.append("Parity is left out: the comparisons are misconfigured.")
    elif compared:
        lowest = min(hour.parity_percent for hour in compared)
        latest = compared[-1].parity_percent
        parts.append(
            f"Parity between {math.floor(lowest * 10) / 10:g} % and "
            f"{math.floor(max(it.parity_percent for it in compared) * 10) / 10:g} %, "
            f"{math.floor(latest * 10) / 10:g} % at last."
        )
    else:
        parts.append("Nothing was compared.")
    for name, values in (
        ("The edge", [it.edge_ms for it in hours if it.edge_ms is not None]),
        ("Django", [it.django_ms for it in hours if it.django_ms is not None]),
    ):
        if values:
            parts.append(
                f"{name} took {min(values):.1f} to {max(values):.1f} ms, {values[-1]:.1f} at last."
            )
    return " ".join(parts)
