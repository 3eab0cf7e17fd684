"""What a page of the admin costs: queries, bytes on the wire, elements, and the rows that it reads.

Rows are those that PostgreSQL touched in tables that grow without end, as ``EXPLAIN ANALYZE``
counts them: rows that a filter threw away and entries of an index that were counted are among them,
so a full-table count and a sort of everything show, whatever the plan is called.
"""

import gzip
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.harness.pages import count_elements

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

#: Grows with the days, by some ten thousand rows a year. Where thousands of bookings are joined to
#: it PostgreSQL rightly reads it from end to end, so that only its rows count.
GROWING_BY_DAY = frozenset({"catalog_departure"})

MOST_QUERIES = 40
MOST_WIRE_BYTES = 100_000
MOST_ELEMENTS = 3_000

#: Rows that one query may read of a table that grows: sales of a currency are found among those of
#: some days.
MOST_ROWS = 60_000

MOST_MILLISECONDS = 1_000
#: Sums of days, months and half a year are read from the roll-up of sales.
SUMS = ("/revenue/", "/months/", "/open/", "/of/")
MOST_MILLISECONDS_OF_SUMS = 300

COMPRESSED = {"accept-encoding": "gzip"}

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
    elements: int
    rows: int
    walked: tuple[str, ...]
    worst: str


def measure(client: Client, path: str, *, times: int = 3) -> Cost:
    """Open a page several times, and return the least of what it took."""
    cost, _ = open_measured(client, path)
    milliseconds = []
    for _ in range(times):
        started = _busy_seconds()
        client.get(path, headers=COMPRESSED)
        milliseconds.append(1000 * (_busy_seconds() - started))
    return replace(cost, milliseconds=round(min(milliseconds)))


def open_measured(client: Client, path: str) -> tuple[Cost, str]:
    """Open a page once, and return what it costs, but for its time, and its HTML."""
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(path, headers=COMPRESSED)
    is_compressed = answer.headers.get("Content-Encoding") == "gzip"
    page = (gzip.decompress(answer.content) if is_compressed else answer.content).decode()
    rows, walked, worst = 0, set[str](), ""
    for query in asked.captured_queries:
        if not query["sql"].lstrip().startswith(_READS):
            continue
        for table, read, is_whole in read_rows(query["sql"]):
            if is_whole and table not in GROWING_BY_DAY:
                walked.add(table)
            if read > rows:
                rows, worst = read, query["sql"]
    cost = Cost(
        path=path,
        status=answer.status_code,
        milliseconds=0,
        queries=len(asked.captured_queries),
        wire_bytes=len(answer.content),
        elements=count_elements(page),
        rows=rows,
        walked=tuple(sorted(walked)),
        worst=worst,
    )
    return cost, page


def broken_budgets(cost: dict[str, Any], *, most_rows: int = MOST_ROWS) -> Iterator[str]:
    """Yield what a page costs beyond its budget, in words."""
    # Today shows the revenue of 30 days.
    has_sums = cost["path"] == "/admin/" or any(part in cost["path"] for part in SUMS)
    most_milliseconds = MOST_MILLISECONDS_OF_SUMS if has_sums else MOST_MILLISECONDS
    if cost["status"] not in (200, 302):
        yield f"answers {cost['status']}"
    if cost["queries"] > MOST_QUERIES:
        yield f"asks {cost['queries']} queries"
    if cost["wire_bytes"] > MOST_WIRE_BYTES:
        yield f"sends {cost['wire_bytes']} bytes"
    if cost["elements"] > MOST_ELEMENTS:
        yield f"has {cost['elements']} elements"
    if cost["walked"]:
        yield f"reads from end to end: {', '.join(cost['walked'])}"
    if cost["milliseconds"] > most_milliseconds:
        yield f"takes {cost['milliseconds']} ms"
    if cost["rows"] > most_rows:
        yield f"reads {cost['rows']} rows: {cost['worst'][:300]}"


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
    """Yield each read of a growing table: its rows, and whether it was read from end to end.

    A sequential scan that stops at the limit of its query is none.
    """
    with connection.cursor() as cursor:
        explain = "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) "
        # psycopg gives a single row, read as JSON already.
        cursor.execute(explain + statement.replace("%", "%%"), [])
        (plans,) = cursor.fetchone()
        # As PostgreSQL last counted them, -1 where it never did.
        cursor.execute(
            "SELECT relname, reltuples FROM pg_class WHERE relname = ANY(%s)",
            [[*GROWING, *GROWING_BY_DAY]],
        )
        sizes = dict(cursor.fetchall())
    for node in _nodes((json.loads(plans) if isinstance(plans, str) else plans)[0]["Plan"]):
        table = str(node.get("Relation Name"))
        if table in sizes:
            rows, is_sequential = _touched(node), node["Node Type"] == "Seq Scan"
            yield table, rows, is_sequential and rows >= 0.9 * float(sizes[table])


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
