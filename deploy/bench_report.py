"""The outcome of ``deploy/bench``, as a table for people and as JSON for programs."""

import json
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from tests.bench.cases import CASES
from tests.bench.servers import EDGE, NAMES

#: Connections that each send one request after the other.
CALLERS = 16

#: How many times the edge's CPU time a peer should need: the aim. Source: issue 2, "Speed".
AIM_FOR_READS = {"rest_framework": 5.0}
AIM_FOR_OTHER_READS = 2.5
AIM_FOR_RESERVING = 3.0

#: Above this share of one core the generator, not the server, may limit requests per second.
BUSY_GENERATOR = 0.85

PACKAGES = (
    "django", "djangorestframework", "django-ninja", "django-bolt", "fastapi", "sqlalchemy",
    "asyncpg", "psycopg", "gunicorn", "uvicorn",
)  # fmt: skip


@dataclass(kw_only=True)
class Measured:
    """One server in one case, all its turns together."""

    cpu_seconds: float = 0.0
    seconds: float = 0.0
    generator_seconds: float = 0.0
    latencies_us: list[int] = field(default_factory=list)

    def add(self, turn: dict[str, Any]) -> None:
        self.cpu_seconds += turn["cpu_seconds"]
        self.seconds += turn["seconds"]
        self.generator_seconds += turn["own_cpu_seconds"]
        self.latencies_us += turn["latencies_us"]

    @property
    def requests(self) -> int:
        return len(self.latencies_us)

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds of the server's processes per request."""
        return 1000 * self.cpu_seconds / self.requests

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

    def rows(self) -> Iterator[dict[str, Any]]:
        for (case, name), it in self.measured.items():
            edge = self.measured[case, EDGE]
            yield {
                "case": case,
                "server": name,
                "cpu_ms": round(it.cpu_ms, 3),
                "times_edge": round(it.cpu_ms / edge.cpu_ms, 2),
                "requests_per_second": round(it.requests_per_second, 1),
                "p50_ms": it.percentile_ms(50),
                "p99_ms": it.percentile_ms(99),
                "requests": it.requests,
                "generator_share_of_a_core": round(it.generator_seconds / it.seconds, 2),
                "aim": None if name == EDGE else aim_of(case, name),
            }


def aim_of(case: str, name: str) -> float:
    if case == "reserve":
        return AIM_FOR_RESERVING
    return AIM_FOR_READS.get(name, AIM_FOR_OTHER_READS)


def as_json(results: Results) -> str:
    document = {
        "machine": _machine(results),
        "versions": {package: version(package) for package in PACKAGES},
        "bookings": results.bookings,
        "callers": CALLERS,
        "seconds": results.seconds,
        "rounds": results.rounds,
        "results": list(results.rows()),
    }
    return json.dumps(document, indent=2)


def as_table(results: Results) -> str:
    rows = list(results.rows())
    machine = _machine(results)
    lines = [
        "",
        f"{results.bookings:,} bookings, {CALLERS} callers, one process per server, "
        f"{machine['cores']} cores, Python {machine['python']}",
        "CPU: milliseconds of the server's processes per request, user and system",
    ]
    for case in dict.fromkeys(row["case"] for row in rows):
        lines += ["", f"{CASES[case]:<24}{'CPU ms':>9}{'× edge':>9}{'aim':>6}"
                  f"{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}"]  # fmt: skip
        lines += [_line(row) for row in rows if row["case"] == case]
    lines += ["", *_remarks(rows)]
    if results.load_before > machine["cores"] / 2:
        lines.append(
            f"The machine was busy before this began (load {results.load_before:.1f}): "
            "the figures are too high, and the ratios less exact."
        )
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    aim = "" if row["aim"] is None else f"{row['aim']:g}"
    times = "" if row["aim"] is None else f"{row['times_edge']:.1f}"
    return (
        f"  {NAMES[row['server']]:<22}{row['cpu_ms']:>9.2f}{times:>9}{aim:>6}"
        f"{row['requests_per_second']:>9.0f}{row['p50_ms']:>9.1f}{row['p99_ms']:>9.1f}"
    )


def _remarks(rows: list[dict[str, Any]]) -> list[str]:
    short = [
        f"{NAMES[row['server']]}, {CASES[row['case']]}: {row['times_edge']:.1f} of {row['aim']:g}"
        for row in rows
        if row["aim"] is not None and row["times_edge"] < row["aim"]
    ]
    busy = [
        f"{NAMES[row['server']]}, {CASES[row['case']]}"
        for row in rows
        if row["generator_share_of_a_core"] > BUSY_GENERATOR
    ]
    remarks = ["Short of the aim: " + "; ".join(short) if short else "Every aim is met."]
    if busy:
        remarks.append(
            "The load generator may have limited requests per second: " + "; ".join(busy)
        )
    return remarks


def _machine(results: Results) -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": round(results.load_before, 2),
        "system": f"{platform.system()} {platform.machine()}",
    }
