"""The outcome of ``deploy/bench``, as a table for people and as JSON for programs."""

import json
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Protocol

from tests.bench import nginx
from tests.bench.aims import AIMS, COMPARED_WITH
from tests.bench.cases import CASES, PASSED
from tests.bench.generator import CALLERS
from tests.bench.measured import Measured
from tests.bench.servers import EDGE, LIMIT, NAMES, NGINX

#: Above this share of one core the generator, not the server, may limit requests per second.
BUSY_GENERATOR = 0.85

PACKAGES = (
    "django", "djangorestframework", "django-ninja", "django-bolt", "fastapi", "sqlalchemy",
    "litestar", "msgspec", "asyncpg", "psycopg", "gunicorn", "uvicorn",
)  # fmt: skip


class Figures(Protocol):
    """The outcome of a case that is no series of requests to each server in turn."""

    def as_row(self) -> dict[str, Any]: ...

    def as_lines(self) -> list[str]: ...


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
    #: What was measured otherwise, by case.
    figures: Mapping[str, Figures] = field(default_factory=dict)

    def rows(self) -> Iterator[dict[str, Any]]:
        for (case, name), found in self.measured.items():
            times_edge = found.total_ms / self.measured[case, EDGE].total_ms
            limit = self.measured.get((COMPARED_WITH.get(case, case), LIMIT))
            times_limit = found.total_ms / limit.total_ms if limit else None
            aim = AIMS.get(case) if name == EDGE else None
            missed = (
                aim.misses(
                    times_limit=times_limit, cpu_ms=found.cpu_ms, postgres_ms=found.postgres_ms
                )
                if aim
                else []
            )
            yield {
                "case": case,
                "server": name,
                "cpu_ms": round(found.cpu_ms, 3),
                "cpu_ms_of_turns": [round(of_turn, 3) for of_turn in found.cpu_ms_of_turns],
                "postgres_ms": found.postgres_ms and round(found.postgres_ms, 3),
                "times_edge": round(times_edge, 2),
                "times_limit": times_limit and round(times_limit, 2),
                "requests_per_second": round(found.requests_per_second, 1),
                "p50_ms": found.percentile_ms(50),
                "p99_ms": found.percentile_ms(99),
                "requests": found.requests,
                "generator_share_of_a_core": round(found.generator_seconds / found.seconds, 2),
                "aim": aim and str(aim),
                "short_of_aim": missed,
            }


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
        "others": {case: found.as_row() for case, found in results.figures.items()},
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
            "CPU milliseconds per request, user and system: of the server's processes, and of",
            "PostgreSQL's; both together are compared with bare ASGI, or else with the edge",
        ]
    for case in dict.fromkeys(row["case"] for row in rows):
        lines += _table_of_case(case, [row for row in rows if row["case"] == case])
    if rows:
        lines += ["", *_remarks(rows)]
    for found in results.figures.values():
        lines += ["", *found.as_lines()]
    if results.left_out:
        lines.append("")
    lines += [
        f"{NAMES.get(name) or CASES[name]} was left out: {why}."
        for name, why in results.left_out.items()
    ]
    if results.load_before > machine["cores"] / 2:
        lines.append(
            f"The machine was busy before this began (load {results.load_before:.1f}): "
            "the figures are too high, and the ratios less exact."
        )
    return "\n".join(lines)


def _table_of_case(case: str, rows: list[dict[str, Any]]) -> list[str]:
    has_limit = rows[0]["times_limit"] is not None
    base = "× ASGI" if has_limit else "× edge"
    lines = ["", f"{CASES[case]:<28}{'CPU ms':>8}{'PG ms':>8}{base:>8}{'aim':>9}"
             f"{'req/s':>8}{'p50 ms':>9}{'p99 ms':>9}"]  # fmt: skip
    for row in rows:
        digits = 3 if case in PASSED else 2
        postgres_ms = row["postgres_ms"]
        beside = "" if postgres_ms is None or case in PASSED else f"{postgres_ms:.2f}"
        times = row["times_limit"] if has_limit else row["times_edge"]
        lines.append(
            f"  {NAMES[row['server']]:<26}{row['cpu_ms']:>8.{digits}f}{beside:>8}{times:>8.2f}"
            f"{row['aim'] or '':>9}{row['requests_per_second']:>8.0f}{row['p50_ms']:>9.1f}"
            f"{row['p99_ms']:>9.1f}"
        )
    return lines


def _remarks(rows: list[dict[str, Any]]) -> list[str]:
    short = [f"{CASES[row['case']]}: {why}" for row in rows for why in row["short_of_aim"]]
    busy = [
        f"{NAMES[row['server']]}, {CASES[row['case']]}"
        for row in rows
        if row["generator_share_of_a_core"] > BUSY_GENERATOR
    ]
    remarks = ["Short of the aim: " + "; ".join(short) if short else "Every aim is met."]
    unjudged = [
        CASES[row["case"]]
        for row in rows
        if row["server"] == EDGE
        and row["times_limit"] is None
        and (aim := AIMS.get(row["case"]))
        and aim.times_limit is not None
    ]
    if unjudged:
        remarks.append(f"Not judged, without {NAMES[LIMIT]}: " + "; ".join(unjudged))
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
