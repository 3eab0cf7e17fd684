"""The case ``export``: all bookings of one partner as one stream, through the edge.

The edge is warmed up with an export of nothing; its memory is read while the whole one arrives.
"""

import http.client
import time

import psutil
import psycopg

from deploy.console import SetupError
from tests.bench.bulk import bulk_load
from tests.bench.export_figures import BookingExport
from tests.bench.processor_time import cpu_seconds
from tests.bench.servers import Server

PATH = "/v1/bookings/export"

CHUNK_BYTES = 256 * 1024


def give_all_to(owner_url: str, authorization: str) -> None:
    """Make all bookings live ones of the partner whose key this is; only the owner may."""
    key = authorization.removeprefix("Bearer ")
    with psycopg.connect(owner_url) as connection, bulk_load(connection, "bookings_booking"):
        connection.execute(
            "UPDATE bookings_booking SET test_mode = false, partner_id ="
            " (SELECT partner_id FROM partners_apikey WHERE digest = sha256(%s::text::bytea))",
            [key],
        )
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) bookings_booking")


def measure(server: Server, authorization: str) -> BookingExport:
    """Export all bookings of the key's partner.

    Raises:
        SetupError: the export is refused, or does not arrive as a whole.
    """
    _read(server, f"{PATH}?productId=none", authorization)
    memory, cpu = _memory(server), cpu_seconds(server.child.pid)
    began = time.monotonic()
    lines, length, first_at, highest = _read(server, PATH, authorization)
    return BookingExport(
        bookings=lines - 1,
        megabytes=length / 1e6,
        first_byte_ms=(first_at - began) * 1000,
        seconds=time.monotonic() - began,
        cpu_seconds=cpu_seconds(server.child.pid) - cpu,
        growth_mb=(highest - memory) / 1e6,
    )


def _read(server: Server, path: str, authorization: str) -> tuple[int, int, float, int]:
    """Return the lines, the bytes, when the first byte came, and the server's highest memory."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    lines = length = highest = 0
    first_at, last = 0.0, b""
    try:
        connection.request("GET", path, headers={"Authorization": authorization})
        answer = connection.getresponse()
        if answer.status != 200:
            raise SetupError(f"the export was answered {answer.status}")
        while chunk := answer.read1(CHUNK_BYTES):
            first_at = first_at or time.monotonic()
            if length // CHUNK_BYTES % 16 == 0:
                highest = max(highest, _memory(server))
            lines, length, last = lines + chunk.count(b"\n"), length + len(chunk), chunk
    finally:
        connection.close()
    if b'"isComplete":true' not in last:
        raise SetupError("the export did not arrive as a whole")
    return lines, length, first_at, highest


def _memory(server: Server) -> int:
    root = psutil.Process(server.child.pid)
    return sum(part.memory_info().rss for part in (root, *root.children(recursive=True)))
