"""The case ``notifications``: a thousand subscribers hear of one change.

A thousand partners may sell one product, and each has a subscription to its availability. Changes
are committed one after the other, each when the last subscriber has heard of the one before and the
second is over in which it would be told no more.
"""

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import psycopg

from deploy.signals import StopSignals
from shared_domain.notifications.queue.model import AVAILABILITY_PACE
from tests.bench.notification_lag import NotificationLag
from tests.bench.processor_time import cpu_seconds
from tests.bench.webhook_delivery import PARTNERS, SEQUENCER, running_worker, wait_until
from tests.harness.committed_data import populate
from tests.harness.databases import CommittedDatabase

SUBSCRIBERS = 1_000

FIRST_PARTNER = 3_000_000

SUBSCRIPTIONS = """
WITH sold AS (
     INSERT INTO catalog_partnerterms (partner_id, product_id, commission_basis_points)
     SELECT %(first)s + number, %(product)s, 0
       FROM generate_series(0, %(count)s - 1) AS number),
made AS (
     INSERT INTO notifications_subscription
            (id, partner_id, test_mode, url, notification_types, created_at, updated_at)
     SELECT gen_random_uuid(), %(first)s + number, false, %(base)s || number,
            '{AVAILABILITY_UPDATE}', now(), now()
       FROM generate_series(0, %(count)s - 1) AS number
     RETURNING id)
INSERT INTO notifications_queue (subscription_id, begins_after)
SELECT made.id, coalesce((SELECT last_position FROM events_log), 0) FROM made
"""

A_PRODUCT = "SELECT id FROM catalog_product WHERE is_active ORDER BY id LIMIT 1"

CHANGE = """
INSERT INTO events_event (type, product_id, data)
SELECT 'departure.capacity_changed', id,
       jsonb_build_object('productId', code, 'localDate', current_date)
  FROM catalog_product
 WHERE id = %(product)s
"""


def measure(
    database: CommittedDatabase, folder: Path, *, seconds: float, stop: StopSignals
) -> NotificationLag:
    """Commit changes for some seconds, at least three.

    Raises:
        SetupError: the worker does not start, or notifications do not arrive.
    """
    with (
        _Receiver() as receiver,
        psycopg.connect(database.owner_url, autocommit=True) as owner,
        running_worker(database, folder) as worker,
    ):
        product = _find_product(owner, database)
        known = {"first": FIRST_PARTNER, "count": SUBSCRIBERS, "hanging": 0, "key_id": ""}
        owner.execute(PARTNERS, known)
        owner.execute(SUBSCRIPTIONS, known | {"product": product, "base": receiver.url})
        wait_until(lambda: owner.execute(SEQUENCER).fetchone() == (1,), stop)
        # The first requests find no connection, and what the terms have told is sent before.
        _change(owner, receiver, product, stop)
        lags: list[float] = []
        cpu_before = cpu_seconds(worker)
        ends_at, changes = time.monotonic() + 2 * seconds, 0
        while changes < 3 or time.monotonic() < ends_at:
            lags += _change(owner, receiver, product, stop)
            changes += 1
        cpu = cpu_seconds(worker) - cpu_before
    return NotificationLag(
        subscribers=SUBSCRIBERS,
        changes=changes,
        worker_cpu_ms=1000 * cpu / len(lags),
        lags_ms=sorted(lags),
    )


def _find_product(owner: "psycopg.Connection[Any]", database: CommittedDatabase) -> int:
    found = owner.execute(A_PRODUCT).fetchone()
    if found is None:
        populate(database.owner_url)
        found = owner.execute(A_PRODUCT).fetchone()
    (product,) = found or (0,)
    return int(product)


def _change(
    owner: "psycopg.Connection[Any]", receiver: "_Receiver", product: int, stop: StopSignals
) -> list[float]:
    """Commit a change; return how long it took to each subscriber, in milliseconds."""
    stop.pause(1.5 * AVAILABILITY_PACE.total_seconds())
    receiver.arrived.clear()
    owner.execute(CHANGE, {"product": product})
    committed = time.monotonic()
    wait_until(lambda: len(receiver.arrived) == SUBSCRIBERS, stop)
    return [1000 * (at - committed) for at in receiver.arrived.values()]


class _Receiver:
    """The partners' servers: accepts every request, and keeps when the first came to each path."""

    def __init__(self) -> None:
        self.arrived: dict[bytes, float] = {}
        self.url = ""
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> "_Receiver":
        self._thread.start()
        self._is_ready.wait()
        return self

    def __exit__(self, *exception: object) -> None:
        self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop, self._is_over = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(
            lambda: _Connection(self.arrived), "127.0.0.1", 0, backlog=2048
        )
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        self._is_ready.set()
        await self._is_over.wait()
        server.close()


class _Connection(asyncio.Protocol):
    """One connection; so little is done for a request that the worker is what is measured."""

    def __init__(self, arrived: dict[bytes, float]) -> None:
        self._arrived = arrived
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        self._arrived.setdefault(head.split(b" ", 2)[1], time.monotonic())
        assert isinstance(self._transport, asyncio.Transport)
        self._transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")
