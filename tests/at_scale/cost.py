"""What a page of the admin costs: queries, bytes on the wire, and the rows that its queries read.

Rows are those that PostgreSQL touched in tables that grow without end, as ``EXPLAIN ANALYZE``
counts them: rows that a filter threw away and entries of an index that were counted are among them,
so a full-table count and a sort of everything show, whatever the plan is called.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

#: Tables that grow with the bookings.
GROWING = frozenset(
    {
        "bookings_booking",
        "bookings_unititem",
        "bookings_guestmail",
        "bookings_bookingevent",
        "bookings_unititemevent",
        "search_bookingterms",
        "events_event",
        "payments_entry",
        "payments_account",
        "pghistory_context",
    }
)

_READS = ("SELECT", "WITH", "(SELECT")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one page costs.

    ``milliseconds`` are of CPU, of Django and of PostgreSQL together. ``rows`` are those of the
    query that read most, ``worst``; ``walked`` are the tables that were read from end to end.
    """

    path: str
    status: int
    milliseconds: int
    queries: int
    wire_bytes: int
    rows: int
    walked: tuple[str, ...]
    worst: str


def measure(client: Client, path: str, *, times: int = 3) -> Cost:
    """Open a page several times, and return the least of what it took."""
    milliseconds = []
    for _ in range(times):
        started = _busy_seconds()
        answer = client.get(path, headers={"accept-encoding": "gzip"})
        milliseconds.append(1000 * (_busy_seconds() - started))
    with CaptureQueriesContext(connection) as asked:
        client.get(path)
    rows, walked, worst = 0, set[str](), ""
    for query in asked.captured_queries:
        if not query["sql"].lstrip().startswith(_READS):
            continue
        for table, read, is_whole in read_rows(query["sql"]):
            if is_whole:
                walked.add(table)
            if read > rows:
                rows, worst = read, query["sql"]
    return Cost(
        path=path,
        status=answer.status_code,
        milliseconds=round(min(milliseconds)),
        queries=len(asked.captured_queries),
        wire_bytes=len(answer.content),
        rows=rows,
        walked=tuple(sorted(walked)),
        worst=worst,
    )


def _busy_seconds() -> float:
    """Return the CPU time of this process and of its PostgreSQL session."""
    connection.ensure_connection()
    return time.process_time() + session_seconds(connection.connection.info.backend_pid)


def session_seconds(pid: int) -> float:
    """Return the CPU time of a local session of PostgreSQL, as Linux counts it.

    Other programs that keep the machine busy do not count, unlike in any other time.
    """
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def read_rows(statement: str) -> Iterator[tuple[str, int, bool]]:
    """Yield each read of a growing table: its rows, and whether it was read from end to end."""
    with connection.cursor() as cursor:
        explain = "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) "
        # psycopg gives a single row, read as JSON already.
        cursor.execute(explain + statement.replace("%", "%%"), [])
        (plans,) = cursor.fetchone()
    for node in _nodes((json.loads(plans) if isinstance(plans, str) else plans)[0]["Plan"]):
        if node.get("Relation Name") in GROWING:
            yield node["Relation Name"], _touched(node), node["Node Type"] == "Seq Scan"


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _touched(node: dict[str, Any]) -> int:
    names = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    rows = float(sum(node.get(name, 0) for name in names))
    return round(rows * float(node["Actual Loops"]))


def as_json(costs: list[Cost]) -> str:
    return json.dumps([asdict(cost) for cost in costs])
