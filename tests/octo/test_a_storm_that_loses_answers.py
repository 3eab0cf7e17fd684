"""Whatever answers get lost, each request is carried out exactly as often as it was meant.

PostgreSQL's answers to COMMIT are cut off, before or after it was delivered, as are the edge's
questions about them; and callers lose the edge's answers. They repeat what is safe to repeat, and
what they were told is not stored.
"""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from deploy.database_url import with_parts
from tests.harness.clients import Answer, OctoClient, a_slot, a_uuid
from tests.harness.postgres_proxy_thread import PostgresProxyThread, running_postgres_proxy
from tests.harness.servers import running_bare_edge
from tests.octo.edge import Edge

#: The second word is only in the question of a writer in doubt.
FATAL_WORDS = [b"COMMIT", b"COMMIT", b"COMMIT", b"idempotency_record (id, is_given_up)"]

MOST_REPEATS = 40


@dataclass
class Caller:
    """A partner's program that never gives up, and knows what it wanted."""

    program: OctoClient
    slot: str
    chance: random.Random
    minutes: dict[str, int] = field(default_factory=dict)
    extensions: dict[str, int] = field(default_factory=dict)
    #: Bookings of which one extension was answered "may be carried out or not".
    in_doubt: set[str] = field(default_factory=set)

    def insist(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Repeat a request that is safe to repeat until it is answered."""
        if self.chance.random() < 0.3:
            self.lose_the_answer(method, path, body, **headers)
        for _ in range(MOST_REPEATS):
            try:
                answer = self.program.send(method, path, body, checked=False, **headers)
            except ConnectionError:
                # The edge closes what was idle for seconds, as a busy machine makes a caller.
                self.program.connection.close()
                continue
            if answer.status != 503:
                assert answer.status == 200, answer.body
                return answer
        raise AssertionError(f"{method} {path} was never answered")

    def lose_the_answer(self, method: str, path: str, body: object, **headers: str) -> None:
        """Send a request and hang up."""
        Lost(self.program.port, self.program.key).send(method, path, body, **headers)

    def live_through(self, extensions: int = 2) -> None:
        """Reserve, extend with and without a key, and cancel twice."""
        uuid = a_uuid()
        path = f"/octo/bookings/{uuid}"
        wanted = {
            "uuid": uuid,
            "productId": "river-kayak",
            "optionId": "DEFAULT",
            "availabilityId": self.slot,
            "unitItems": [{"unitId": "adult"}],
        }
        self.insist("POST", "/octo/bookings", wanted)
        self.minutes[uuid], self.extensions[uuid] = 30, 0
        for number in range(extensions):
            minutes = {"expirationMinutes": 5 + number}
            self.insist("POST", f"{path}/extend", minutes, Idempotency_Key=f"key {number}")
            self.minutes[uuid] += 5 + number
            self.extensions[uuid] += 1
        self.extend_without_a_key(uuid)
        self.check(uuid, self.insist("GET", path).body)
        for _ in range(2):
            assert self.insist("POST", f"{path}/cancel", {}).body["status"] == "CANCELLED"

    def extend_without_a_key(self, uuid: str) -> None:
        """Repeat it only when told that nothing was done."""
        for _ in range(MOST_REPEATS):
            try:
                answer = self.program.post(
                    f"/octo/bookings/{uuid}/extend", {"expirationMinutes": 1}
                )
            except ConnectionError:
                self.program.connection.close()
                self.in_doubt.add(uuid)
                return
            if answer.status == 200:
                self.minutes[uuid] += 1
                self.extensions[uuid] += 1
                return
            assert answer.status == 503, answer.body
            if "may be carried out or not" in answer.message:
                self.in_doubt.add(uuid)
                return
        raise AssertionError("the extension was never answered")

    def check(self, uuid: str, booking: Any) -> None:
        created, expires = (
            datetime.fromisoformat(booking[key]) for key in ("utcCreatedAt", "utcExpiresAt")
        )
        held = (expires - created).total_seconds() / 60
        assert held - self.minutes[uuid] in ({0, 1} if uuid in self.in_doubt else {0})


class Lost(OctoClient):
    """Sends, and does not wait for an answer."""

    def send(self, method: str, path: str, body: object = None, **headers: Any) -> Any:
        self.connection.getresponse = self._hang_up  # type: ignore[method-assign]
        try:
            super().send(method, path, body, **headers)
        except ConnectionAbortedError:
            self.connection.close()

    def _hang_up(self) -> Any:
        raise ConnectionAbortedError


@pytest.fixture
def wired(edge: Edge, tmp_path: Path) -> Iterator[tuple[int, PostgresProxyThread]]:
    """The port of another edge on the same database, which it reaches over a wire."""
    with (
        running_postgres_proxy(edge.database.edge_url) as wire,
        running_bare_edge(
            edge.database, tmp_path / "edge.log", EDGE_DATABASE_URL=with_parts(wire.url)
        ) as port,
    ):
        yield port, wire


@pytest.mark.parametrize(
    ("callers", "lives"), [(4, 4), pytest.param(8, 120, marks=pytest.mark.long)]
)
def test_everything_happens_as_often_as_it_was_meant(
    edge: Edge, wired: tuple[int, PostgresProxyThread], callers: int, lives: int
) -> None:
    port, wire = wired
    is_over = threading.Event()
    programs = [
        Caller(OctoClient(port, edge.keys.live), a_slot(), random.Random(number))
        for number in range(callers)
    ]

    def cut_answers() -> None:
        chance = random.Random(0)
        while not is_over.wait(0.03):
            wire.break_once_at(chance.choice(FATAL_WORDS), delivered=chance.random() < 0.5)

    def live(caller: Caller) -> None:
        for _ in range(lives):
            caller.live_through()

    with ThreadPoolExecutor(callers + 1) as running:
        cutting = running.submit(cut_answers)
        try:
            for done in [running.submit(live, caller) for caller in programs]:
                done.result()
        finally:
            is_over.set()
        cutting.result()

    with psycopg.connect(edge.database.owner_url) as owner:
        for caller in programs:
            # Its own connection was idle while others went on, for longer than the edge keeps one.
            program = OctoClient(port, edge.keys.live)
            assert program.vacancies(caller.slot) == 12
            for uuid, extensions in caller.extensions.items():
                told = owner.execute(
                    "SELECT type FROM events_event WHERE booking_uuid = %s ORDER BY id", [uuid]
                ).fetchall()
                extended = ["booking.extended"] * (len(told) - 2)
                assert [row[0] for row in told] == [
                    "booking.reserved", *extended, "booking.cancelled",
                ]  # fmt: skip
                assert len(extended) - extensions in ({0, 1} if uuid in caller.in_doubt else {0})
