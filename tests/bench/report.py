"""The outcome of ``deploy/bench``, as a table for people and as JSON for programs."""

import json
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from statistics import median
from typing import Any

from tests.bench import nginx
from tests.bench.cases import CASES, PASSED
from tests.bench.event_lag import EventLag
from tests.bench.export_figures import BookingExport
from tests.bench.servers import EDGE, NAMES, NGINX
from tests.bench.webhook_lag import WebhookLag

#: Connections that each send one request after the other.
CALLERS = 16

#: How many times the edge's CPU time a peer should need: the aim. Source: issue 2, "Speed".
AIM_FOR_READS = {"rest_framework": 5.0}
AIM_FOR_OTHER_READS = 2.5
AIM_FOR_RESERVING = 3.0

#: How many CPU milliseconds a request passed through may cost in the door. Source: issue 3.
AIM_FOR_PASSING_MS = 0.25

#: Above this share of one core the generator, not the server, may limit requests per second.
BUSY_GENERATOR = 0.85

PACKAGES = (
    "django", "djangorestframework", "django-ninja", "django-bolt", "fastapi", "sqlalchemy",
    "asyncpg", "psycopg", "gunicorn", "uvicorn",
)  # fmt: skip


@dataclass(kw_only=True)
class Measured:
    """One server in one case, all its turns together."""

    cpu_ms_of_turns: list[float] = field(default_factory=list)
    seconds: float = 0.0
    generator_seconds: float = 0.0
    latencies_us: list[int] = field(default_factory=list)

    def add(self, turn: dict[str, Any]) -> None:
        self.cpu_ms_of_turns.append(1000 * turn["cpu_seconds"] / len(turn["latencies_us"]))
        self.seconds += turn["seconds"]
        self.generator_seconds += turn["own_cpu_seconds"]
        self.latencies_us += turn["latencies_us"]

    @property
    def requests(self) -> int:
        return len(self.latencies_us)

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds of the server's processes per request: the median of its turns."""
        return median(self.cpu_ms_of_turns)

    @property
    def requests_per_second(self) -> float:
        return self.requests / self.seconds

    def percentile_ms(self, percent: float) -> float:
        ordered = sorted(self.latencies_us)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] / 1000


@dataclass(frozen=True, kw_only=True)
class Results:
    """A run: by case and server."""

    bookings: int
    seconds: float
    rounds: int
    #: The machine's load average of the last minute, before anything was started.
    load_before: float
    measured: dict[tuple[str, str], Measured]
    #: Who could not be measured, and why.
    left_out: dict[str, str] = field(default_factory=dict)
    event_lag: EventLag | None = None
    export: BookingExport | None = None
    webhook_lag: WebhookLag | None = None

    def rows(self) -> Iterator[dict[str, Any]]:
        for (case, name), it in self.measured.items():
            edge = self.measured[case, EDGE]
            aim, aim_cpu_ms = aim_of(case, name), aim_cpu_ms_of(case, name)
            yield {
                "case": case,
                "server": name,
                "cpu_ms": round(it.cpu_ms, 3),
                "cpu_ms_of_turns": [round(of_turn, 3) for of_turn in it.cpu_ms_of_turns],
                "times_edge": round(it.cpu_ms / edge.cpu_ms, 2),
                "requests_per_second": round(it.requests_per_second, 1),
                "p50_ms": it.percentile_ms(50),
                "p99_ms": it.percentile_ms(99),
                "requests": it.requests,
                "generator_share_of_a_core": round(it.generator_seconds / it.seconds, 2),
                "aim": aim,
                "aim_cpu_ms": aim_cpu_ms,
                "is_short_of_aim": (aim is not None and it.cpu_ms < aim * edge.cpu_ms)
                or (aim_cpu_ms is not None and it.cpu_ms > aim_cpu_ms),
            }


def aim_of(case: str, name: str) -> float | None:
    """Return how many times the edge's CPU time a server should need at least."""
    if name == EDGE or case in PASSED:
        return None
    if case == "reserve":
        return AIM_FOR_RESERVING
    return AIM_FOR_READS.get(name, AIM_FOR_OTHER_READS)


def aim_cpu_ms_of(case: str, name: str) -> float | None:
    """Return how many CPU milliseconds a server should need at most."""
    return AIM_FOR_PASSING_MS if case in PASSED and name == EDGE else None


def as_json(results: Results) -> str:
    versions = {package: version(package) for package in PACKAGES}
    if any(name == NGINX for _, name in results.measured):
        versions["nginx"] = nginx.version()
    document = {
        "machine": _machine(results),
        "versions": versions,
        "bookings": results.bookings,
        "callers": CALLERS,
        "seconds": results.seconds,
        "rounds": results.rounds,
        "left_out": results.left_out,
        "results": list(results.rows()),
        "events": results.event_lag and results.event_lag.as_row(),
        "export": results.export and results.export.as_row(),
        "webhooks": results.webhook_lag and results.webhook_lag.as_row(),
    }
    return json.dumps(document, indent=2)


def as_table(results: Results) -> str:
    rows = list(results.rows())
    machine = _machine(results)
    bookings = f"{results.bookings:,} bookings, " if results.bookings else ""
    machine_line = f"{machine['cores']} cores, Python {machine['python']}"
    lines = ["", machine_line]
    if rows:
        lines = [
            "",
            f"{bookings}{CALLERS} callers, one process per server, {machine_line}",
            "CPU: milliseconds of the server's processes per request, user and system",
        ]
    for case in dict.fromkeys(row["case"] for row in rows):
        lines += ["", f"{CASES[case]:<24}{'CPU ms':>9}{'× edge':>9}{'aim':>6}"
                  f"{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}"]  # fmt: skip
        lines += [_line(row) for row in rows if row["case"] == case]
    if results.event_lag:
        lines += ["", *results.event_lag.as_lines()]
    if results.export:
        lines += ["", *results.export.as_lines()]
    if results.webhook_lag:
        lines += ["", *results.webhook_lag.as_lines()]
    if rows:
        lines += ["", *_remarks(rows)]
    lines += [f"{NAMES[name]} was left out: {why}." for name, why in results.left_out.items()]
    if results.load_before > machine["cores"] / 2:
        lines.append(
            f"The machine was busy before this began (load {results.load_before:.1f}): "
            "the figures are too high, and the ratios less exact."
        )
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    aim = "" if row["aim"] is None else f"{row['aim']:g}"
    if row["aim_cpu_ms"] is not None:
        aim = f"≤{row['aim_cpu_ms']:g}"
    times = "" if row["server"] == EDGE else f"{row['times_edge']:.1f}"
    cpu_ms = f"{row['cpu_ms']:.{3 if row['case'] in PASSED else 2}f}"
    return (
        f"  {NAMES[row['server']]:<22}{cpu_ms:>9}{times:>9}{aim:>6}"
        f"{row['requests_per_second']:>9.0f}{row['p50_ms']:>9.1f}{row['p99_ms']:>9.1f}"
    )


def _remarks(rows: list[dict[str, Any]]) -> list[str]:
    short = [
        f"{NAMES[row['server']]}, {CASES[row['case']]}: {_beside_aim(row)}"
        for row in rows
        if row["is_short_of_aim"]
    ]
    busy = [
        f"{NAMES[row['server']]}, {CASES[row['case']]}"
        for row in rows
        if row["generator_share_of_a_core"] > BUSY_GENERATOR
    ]
    remarks = _verdict_on_passing(rows)
    remarks.append("Short of the aim: " + "; ".join(short) if short else "Every aim is met.")
    if busy:
        remarks.append(
            "The load generator may have limited requests per second: " + "; ".join(busy)
        )
    return remarks


def _verdict_on_passing(rows: list[dict[str, Any]]) -> list[str]:
    passing = [row for row in rows if row["aim_cpu_ms"] is not None]
    if not passing:
        return []
    costs = ", ".join(f"{row['cpu_ms']:.3f} ({row['case']})" for row in passing)
    verdict = "missed" if any(row["is_short_of_aim"] for row in passing) else "met"
    return [
        f"CPU ms in the door per request passed through: {costs}; "
        f"at most {AIM_FOR_PASSING_MS:g} is the aim: {verdict}."
    ]


def _beside_aim(row: dict[str, Any]) -> str:
    if row["aim_cpu_ms"] is not None:
        return f"{row['cpu_ms']:.3f} CPU ms of at most {row['aim_cpu_ms']:g}"
    return f"{row['times_edge']:.1f} of {row['aim']:g}"


def _machine(results: Results) -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": round(results.load_before, 2),
        "system": f"{platform.system()} {platform.machine()}",
    }
