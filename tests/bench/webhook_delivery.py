"""The case ``webhooks``: what endpoints that hang cost the others.

A thousand partners have an endpoint each. Events are committed at a steady rate, first for the
healthy ones alone, then for all; a tenth of the endpoints accept connections and never answer.
"""

import asyncio
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from aiohttp import web

from deploy import processes
from deploy.console import SetupError
from deploy.signals import StopSignals
from deploy.virtualenv import ROOT
from shared_domain.webhooks import SigningKeys
from tests.bench.webhook_lag import WebhookLag
from tests.harness.databases import CommittedDatabase

ENDPOINTS, HANGING = 1_000, 100

#: Events in a second; each is delivered to one endpoint.
RATE = 60

FIRST_PARTNER = 2_000_000

PATIENCE_SECONDS = 60

ENVIRONMENT = {
    "PORTICO_WEBHOOK_KEY": "only for the bench",
    "PORTICO_WEBHOOKS_ALLOW_LOOPBACK": "yes",
}

PARTNERS = """
INSERT INTO partners_partner
       (id, code, name, email, is_active, max_hold_minutes, created_at)
OVERRIDING SYSTEM VALUE
SELECT %(first)s + number, 'bench-' || number, 'Bench', 'bench@example.com', true, 60, now()
  FROM generate_series(0, %(count)s - 1) AS number
"""

WEBHOOKS = """
WITH made AS (
     INSERT INTO webhooks_endpoint
            (id, partner_id, test_mode, url, types, secret_number, secret_key_id, created_at,
             updated_at)
     SELECT gen_random_uuid(), %(first)s + number, false,
            %(base)s || CASE WHEN number < %(hanging)s THEN '/hang' ELSE '/ok' END, '{}', 1,
            %(key_id)s, now(), now()
       FROM generate_series(0, %(count)s - 1) AS number
     RETURNING id)
INSERT INTO webhooks_queue (endpoint_id, position)
SELECT made.id, coalesce((SELECT last_position FROM events_log), 0) FROM made
"""

EVENT = """
INSERT INTO events_event (partner_id, test_mode, type, booking_uuid, data)
VALUES (%(partner)s, false, 'booking.updated', %(booking)s, '{}')
"""

SEQUENCER = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7302"


def measure(
    database: CommittedDatabase, folder: Path, *, seconds: float, stop: StopSignals
) -> WebhookLag:
    """Commit events for some seconds without, and with, endpoints that hang.

    Raises:
        SetupError: the worker does not start, or deliveries do not arrive.
    """
    key_id = SigningKeys.parse(ENVIRONMENT["PORTICO_WEBHOOK_KEY"]).next_version().key_id
    known = {"first": FIRST_PARTNER, "count": ENDPOINTS, "hanging": HANGING, "key_id": key_id}
    with (
        _Receiver() as receiver,
        psycopg.connect(database.owner_url, autocommit=True) as owner,
        running_worker(database, folder),
    ):
        owner.execute(PARTNERS, known)
        owner.execute(WEBHOOKS, known | {"base": receiver.url})
        wait_until(lambda: owner.execute(SEQUENCER).fetchone() == (1,), stop)
        # The first requests find no connection, and a worker that has just begun.
        _deliver(owner, receiver, 2.0, with_hanging=False, stop=stop)
        calm = _deliver(owner, receiver, seconds, with_hanging=False, stop=stop)
        beside = _deliver(owner, receiver, seconds, with_hanging=True, stop=stop)
    return WebhookLag(endpoints=ENDPOINTS, hanging=HANGING, calm_ms=calm, beside_ms=beside)


def _deliver(
    owner: "psycopg.Connection[Any]",
    receiver: "_Receiver",
    seconds: float,
    *,
    with_hanging: bool,
    stop: StopSignals,
) -> list[float]:
    """Commit events; return how long each took to a healthy endpoint, in ascending order."""
    committed: dict[str, float] = {}
    begin = time.monotonic()
    healthy = ENDPOINTS - HANGING
    for number in range(int(seconds * RATE)):
        if (ahead := begin + number / RATE - time.monotonic()) > 0:
            time.sleep(ahead)
        booking = uuid4()
        _commit(owner, HANGING + number * 7 % healthy, booking)
        committed[str(booking)] = time.monotonic()
        if with_hanging and number % (ENDPOINTS // HANGING) == 0:
            _commit(owner, number // (ENDPOINTS // HANGING) % HANGING, uuid4())
    wait_until(lambda: committed.keys() <= receiver.arrived.keys(), stop)
    return sorted(1000 * (receiver.arrived[name] - at) for name, at in committed.items())


def _commit(owner: "psycopg.Connection[Any]", number: int, booking: UUID) -> None:
    owner.execute(EVENT, {"partner": FIRST_PARTNER + number, "booking": booking})


def wait_until(is_so: Any, stop: StopSignals) -> None:
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > ends_at:
            raise SetupError("deliveries do not arrive; the worker's log says why")
        stop.pause(0.05)


@contextmanager
def running_worker(database: CommittedDatabase, folder: Path) -> Iterator[int]:
    """Run a worker beside the block, and yield its process id."""
    worker = processes.start(
        "worker",
        [sys.executable, ROOT / "core_site" / "manage.py", "worker"],
        log=folder / "worker.log",
        environment=database.environment | ENVIRONMENT,
        folder=ROOT,
    )
    try:
        yield worker.pid
    finally:
        worker.stop()


class _Receiver:
    """The partners' servers, in a thread of their own: ``/ok`` accepts, ``/hang`` never answers."""

    def __init__(self) -> None:
        self.arrived: dict[str, float] = {}
        self.url = ""
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "_Receiver":
        self._thread.start()
        self._is_ready.wait()
        return self

    def __exit__(self, *exception: object) -> None:
        self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join()

    def _serve(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop, self._is_over = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application()
        app.router.add_post("/ok", self._accept)
        app.router.add_post("/hang", self._hang)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=2048)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._is_ready.set()
        await self._is_over.wait()
        await runner.cleanup()

    async def _accept(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.arrived.setdefault(body["data"]["bookingUuid"], time.monotonic())
        return web.Response(status=204)

    async def _hang(self, request: web.Request) -> web.Response:
        await asyncio.sleep(3600)
        return web.Response(status=204)
