"""A revoked key stops working on every edge process within a second."""

import asyncio
import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from shared_domain import partners
from shared_domain.partners import IssuedKey, PartnerId
from tests.harness.databases import CommittedDatabase
from tests.harness.servers import running_bare_edge
from tests.harness.services import committed
from tests.harness.waiting import ANSWER_SECONDS, EVENTUALLY_SECONDS, eventually

PROCESSES = 4


class Program:
    """A partner's program that keeps one connection to one process."""

    def __init__(self, port: int, secret: str) -> None:
        # The first answer waits until the process has started.
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        self._headers = {"Authorization": f"Bearer {secret}"}

    def status(self) -> int:
        self._connection.request("GET", "/octo/products", headers=self._headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status

    def seconds_until_refused(self, since: float) -> float:
        while self.status() != 403:
            assert time.monotonic() - since < EVENTUALLY_SECONDS
        return time.monotonic() - since


def issue(database: CommittedDatabase) -> IssuedKey:
    with psycopg.connect(database.owner_url) as owner:
        row = owner.execute(
            "INSERT INTO partners_partner"
            " (code, name, email, is_active, max_hold_minutes, created_at)"
            " VALUES ('alpine', 'Alpine', 'it@alpine.example', true, 240, now()) RETURNING id"
        ).fetchone()
    assert row is not None
    return asyncio.run(
        committed(
            lambda store: partners.issue_key(
                PartnerId(row[0]),
                label="web shop",
                is_test=False,
                scopes=["catalog:read"],
                expires_at=None,
                now=datetime.now(UTC),
                store=store,
            ),
            url=database.owner_url,
        )
    )


def revoke(database: CommittedDatabase, issued: IssuedKey) -> None:
    asyncio.run(
        committed(
            lambda store: partners.revoke_key(issued.id, now=datetime.now(UTC), store=store),
            url=database.owner_url,
        )
    )


def listeners(database: CommittedDatabase) -> int:
    with psycopg.connect(database.owner_url) as owner:
        row = owner.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'portico-edge-listener'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_revoked_key_is_refused_by_every_process_within_a_second(
    committed_database: CommittedDatabase, tmp_path: Path
) -> None:
    issued = issue(committed_database)
    with ExitStack() as stack, ThreadPoolExecutor(PROCESSES) as together:
        ports = [
            stack.enter_context(running_bare_edge(committed_database, tmp_path / f"{number}.log"))
            for number in range(PROCESSES)
        ]
        programs = [Program(port, issued.secret) for port in ports]
        # A process answers before it listens, and remembers a key from then on.
        assert set(together.map(Program.status, programs)) == {200}
        assert eventually(lambda: listeners(committed_database) == PROCESSES)
        for _ in range(3):
            assert set(together.map(Program.status, programs)) == {200}

        revoke(committed_database, issued)
        committed_at = time.monotonic()
        waited = list(together.map(lambda p: p.seconds_until_refused(committed_at), programs))

        # Less than a second on an idle machine, and far from the time for which keys are kept.
        assert max(waited) < 10
