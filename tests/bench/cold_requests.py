"""The case ``cold``: one booking, when the server can use nothing that it remembers.

Before each request the booking's product gets a new revision, and all keys are announced as
changed; one caller asks. The processor time of that is not counted.
"""

import time
from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any

import psycopg

from deploy.console import SetupError
from tests.bench.cases import Request
from tests.bench.processor_time import PostgresTime, cpu_seconds
from tests.bench.servers import NAMES, Server

_NEW_REVISION = """
UPDATE catalog_product SET revision = revision + 1
 WHERE id = (SELECT product_id FROM bookings_booking WHERE uuid = %s)
"""


def turn(
    server: Server,
    requests: Sequence[Request],
    owner_url: str,
    postgres: PostgresTime,
    *,
    at_least: int,
) -> dict[str, Any]:
    """Send so many requests, one after the other; return what the load generator would.

    Raises:
        SetupError: one is refused.
    """
    latencies: list[int] = []
    with psycopg.connect(owner_url, autocommit=True) as connection:
        # Sent to the server's listener with this: what it forgets, it reads again.
        own_pid = connection.info.backend_pid
        began_at, cpu_before = time.perf_counter(), cpu_seconds(server.child.pid)
        postgres_before = postgres.seconds(without=own_pid)
        caller = server.connect()
        try:
            for request in islice(cycle(requests), at_least):
                connection.execute(_NEW_REVISION, [request.path.rpartition("/")[2]])
                connection.execute("NOTIFY portico_api_key")
                sent_at = time.perf_counter()
                caller.request(request.method, request.path, headers=dict(request.headers))
                answer = caller.getresponse()
                answer.read()
                latencies.append(round(1e6 * (time.perf_counter() - sent_at)))
                if answer.status != 200:
                    raise SetupError(f"{NAMES[server.name]} answers a cold get {answer.status}")
        finally:
            caller.close()
        postgres_after = postgres.seconds(without=own_pid)
        return {
            "latencies_us": latencies,
            "seconds": time.perf_counter() - began_at,
            "own_cpu_seconds": 0.0,
            "cpu_seconds": cpu_seconds(server.child.pid) - cpu_before,
            "postgres_seconds": None
            if postgres_before is None or postgres_after is None
            else postgres_after - postgres_before,
        }
