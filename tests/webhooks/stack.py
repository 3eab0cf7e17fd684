"""An edge and a worker that delivers, with the calls of a partner."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg

from tests.harness.clients import Answer, request_once, with_hyphens
from tests.harness.committed_data import Keys
from tests.harness.databases import ROOT, CommittedDatabase
from tests.harness.waiting import eventually

ENVIRONMENT = {
    "PORTICO_WEBHOOK_KEY": "only for tests",
    "PORTICO_WEBHOOKS_ALLOW_LOOPBACK": "yes",
}


#: What ``manage.py worker`` runs beside its jobs; the schedule is a short one. An attempt that a
#: test lets hang goes on until the test has seen what it wants, and no longer than a claim lasts.
RUN_WORKER = """
import asyncio, os, sys
from datetime import timedelta
sys.path.insert(0, os.getcwd())
os.environ["DJANGO_SETTINGS_MODULE"] = "core_site.config.settings"
import django
django.setup()
from core_site.events.sequencer import run_sequencer
from core_site.notifications.sending.notifier import run_notifier
from core_site.webhooks.sending import deliverer
from shared_domain.webhooks.queue import schedule
from core_site.webhooks.sending.client import WebhookClient
schedule.DELAYS = (timedelta(seconds=0.2),) * 3
WebhookClient.__init__.__kwdefaults__["attempt_seconds"] = 45
async def main():
    await asyncio.gather(run_sequencer(), deliverer.run_deliverer(), run_notifier())
asyncio.run(main())
"""


#: As a store of bookings writes one.
ADD_EVENT = """
INSERT INTO events_event (partner_id, test_mode, type, booking_uuid, data)
SELECT partner.id, false, %(type)s, %(booking)s, jsonb_build_object('step', %(step)s::int)
  FROM partners_partner AS partner WHERE partner.code = 'alpine'
"""


class Stack:
    """What runs, and the calls of a partner and of a test."""

    def __init__(
        self, port: int, keys: Keys, database: CommittedDatabase, rows: "psycopg.Connection[Any]"
    ) -> None:
        self.port, self.keys, self.database, self.rows = port, keys, database, rows

    def call(
        self, method: str, path: str = "", body: object = None, key: str = "", **headers: str
    ) -> Answer:
        return request_once(
            self.port,
            method,
            f"/v1/webhook-endpoints{path}",
            body,
            key=key or self.keys.live,
            headers=with_hyphens(headers),
        )

    def create(self, url: str, **different: object) -> tuple[str, str]:
        """Make an endpoint; return its id and its secret.

        Unless told, it gets what ``happen`` makes and nothing else of the log.
        """
        wanted = {"url": url, "types": ["booking.changed"]} | different
        answer = self.call("POST", body=wanted)
        assert answer.status == 201, answer.text
        return answer.body["endpoint"]["id"], answer.body["secret"]

    def get(self, endpoint: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/{endpoint}").body
        return found

    def deliveries(self, endpoint: str, **query: str) -> list[dict[str, Any]]:
        parameters = "&".join(f"{name}={value}" for name, value in query.items())
        answer = self.call("GET", f"/{endpoint}/deliveries?{parameters}".rstrip("?"))
        items: list[dict[str, Any]] = answer.body["items"]
        return items

    def delivered(self, endpoint: str, count: int) -> bool:
        """Wait until so many deliveries are stored as made."""
        return eventually(lambda: len(self.deliveries(endpoint, state="delivered")) == count)

    def happen(self, booking: UUID, *steps: int, kind: str = "booking.updated") -> None:
        for step in steps:
            facts = {"type": kind, "booking": booking, "step": step}
            self.rows.execute(ADD_EVENT, facts)


@contextmanager
def worker(stack: Stack) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", RUN_WORKER],
        env=stack.database.environment | ENVIRONMENT,
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
