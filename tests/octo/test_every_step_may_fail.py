"""Whatever breaks between a request and its answer, the repeat with its key completes it once.

At each step that the edge takes for a call, from BEGIN to COMMIT, the wire to PostgreSQL is cut or
the edge's process is killed; before the step arrives or when it is carried out. The caller sends
the same request again, and what is stored then is what an undisturbed call stores.
"""

import http.client
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from deploy.database_url import with_parts
from tests.harness.clients import (
    CLARA,
    Answer,
    OctoClient,
    a_day,
    a_slot,
    request,
    slot_on,
    with_hyphens,
)
from tests.harness.postgres_proxy import Interruption
from tests.harness.postgres_proxy_thread import PostgresProxyThread, running_postgres_proxy
from tests.harness.servers import running_edge
from tests.octo.edge import Edge

#: Only the message that begins the transaction of a caller's write has it.
BEGINNING = b"pghistory.context_id"

MOST_REPEATS = 40

#: Each table that a call may write to, and how its rows are found by a booking's reference.
ROWS = {
    "events_event": "booking_uuid IN (SELECT uuid FROM mine)",
    "bookings_booking": "id IN (SELECT id FROM mine)",
    "bookings_bookingevent": "pgh_obj_id IN (SELECT id FROM mine)",
    "bookings_unititem": "booking_id IN (SELECT id FROM mine)",
    "bookings_guestmail": "booking_id IN (SELECT id FROM mine)",
    "payments_entry": "booking_id IN (SELECT id FROM mine)",
    "idempotency_record": "subject IN (SELECT uuid FROM mine)",
}

_numbers = count(1)


@dataclass
class Wired:
    """An edge of three processes that reaches PostgreSQL over a wire."""

    port: int
    wire: PostgresProxyThread
    edge: Edge

    def send(
        self, path: str, body: object, key: str | None, *, method: str = "POST"
    ) -> Answer | None:
        """Return the answer, None when the connection broke."""
        headers = {} if key is None else {"Idempotency_Key": key}
        program = OctoClient(self.port, self.edge.keys.live)
        try:
            if not path.startswith("/octo/"):
                # A client of OCTO's looks for OCTO's headers.
                return request(
                    program.connection,
                    method, path, body, key=program.key, headers=with_hyphens(headers),
                )  # fmt: skip
            return program.send(method, path, body, checked=False, **headers)
        except (ConnectionError, http.client.HTTPException):
            return None
        finally:
            program.connection.close()

    def insist(self, path: str, body: object, key: str, *, method: str = "POST") -> Answer:
        """Repeat a request until it is answered, and return the answer."""
        for _ in range(MOST_REPEATS):
            answer = self.send(path, body, key, method=method)
            # In /v1 a repeat does not wait for the call that was cut off.
            if answer is None or answer.status == 503 or "call-still-running" in answer.text:
                continue
            return answer
        raise AssertionError("the request was never answered")

    def rows(self, reference: str) -> dict[str, int]:
        """Return how many rows of each table belong to the booking with this reference."""
        counts = ", ".join(
            f"(SELECT count(*) FROM {table} WHERE {condition})" for table, condition in ROWS.items()
        )
        with psycopg.connect(self.edge.database.owner_url) as owner:
            row = owner.execute(
                "WITH mine AS (SELECT id, uuid FROM bookings_booking"
                f"              WHERE reseller_reference = %s) SELECT {counts}",
                [reference],
            ).fetchone()
        assert row is not None
        return dict(zip(ROWS, row, strict=True))


@pytest.fixture(scope="module")
def wired(edge: Edge, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wired]:
    log: Path = tmp_path_factory.mktemp("wired") / "edge.log"
    # Forked from a master that has imported all: a killed one is replaced in no time.
    with (
        running_postgres_proxy(edge.database.edge_url) as wire,
        running_edge(
            "",
            log,
            database=edge.database,
            workers=3,
            options=["--preload"],
            PORTICO_WEBHOOK_KEY="only for tests",
            EDGE_DATABASE_URL=with_parts(wire.url),
        ) as server,
    ):
        yield Wired(server.port, wire, edge)


def reservation(slot: str) -> dict[str, Any]:
    return {
        "productId": "river-kayak",
        "optionId": "DEFAULT",
        "availabilityId": slot,
        "unitItems": [{"unitId": "adult"}],
    }


class Story:
    """The calls that make one booking, each with its key, of which one is disturbed."""

    def __init__(self, wired: Wired, disturbed: str, interruption: Interruption | None) -> None:
        self.wired, self.disturbed, self.interruption = wired, disturbed, interruption
        self.reference = f"story {next(_numbers)} {random.random()}"

    def tell(self) -> dict[str, int]:
        """Make the calls, and return what is stored in the end."""
        wanted = reservation(a_slot()) | {"resellerReference": self.reference}
        booking = self.call("reserve", "/octo/bookings", wanted)
        path = f"/octo/bookings/{booking['uuid']}"
        if self.disturbed == "extend":
            self.call("extend", f"{path}/extend", {"expirationMinutes": 20})
        if self.disturbed == "update":
            self.call("update", path, {"notes": "two bikes"}, method="PATCH")
        if self.disturbed in ("confirm", "cancel"):
            confirmation = {"contact": CLARA, "emailReceipt": True}
            self.call("confirm", f"{path}/confirm", confirmation)
        if self.disturbed == "cancel":
            assert self.call("cancel", f"{path}/cancel", {})["status"] == "CANCELLED"
        return self.wired.rows(self.reference)

    def call(self, name: str, path: str, body: object, *, method: str = "POST") -> Any:
        key = f"{name} {self.reference}"
        interruption = self.interruption if name == self.disturbed else None
        answer = call_disturbed(self.wired, path, body, key, interruption, method=method)
        assert answer.status == 200, answer.body
        return answer.body


def call_disturbed(
    wired: Wired,
    path: str,
    body: object,
    key: str,
    interruption: Interruption | None,
    *,
    method: str = "POST",
) -> Answer:
    """Send a request while something breaks, and then again until it is answered."""
    if interruption is not None:
        wired.wire.interrupt(interruption)
        wired.send(path, body, key, method=method)
        wired.wire.interrupt(None)
    return wired.insist(path, body, key, method=method)


def test_a_call_without_a_key_makes_no_further_statement(wired: Wired) -> None:
    """With one it locks the key, looks for an earlier call, and stores its answer."""
    seen = {True: Counter[int](), False: Counter[int]()}
    # Of one day, which has places for all: how many calls it takes is chance, and dates are few.
    wanted = reservation(slot_on(a_day(), "00:00")) | {"productId": "city-museum"}

    def count_steps(*, with_key: bool) -> int:
        watched = Interruption(BEGINNING, 10_000, delivered=True, kills_client=False)
        wired.wire.interrupt(watched)
        key = f"counted {next(_numbers)} {random.random()}" if with_key else None
        answer = wired.send("/octo/bookings", wanted, key)
        assert answer is not None
        assert answer.status == 200, answer.body
        return watched.steps_seen

    def are_settled() -> bool:
        """Say whether both kinds have often been carried by connections that know each statement.

        A connection that has not prepared a statement yet takes more steps, and which of the
        processes' connections serves a call is not the caller's choice.
        """
        fewest = {kind: min(counts) for kind, counts in seen.items()}
        often = all(seen[kind][steps] >= 3 for kind, steps in fewest.items())
        return often and fewest[True] == fewest[False] + 3

    for _ in range(MOST_REPEATS):
        for with_key, counts in seen.items():
            counts[count_steps(with_key=with_key)] += 1
        if are_settled():
            break
    wired.wire.interrupt(None)

    assert are_settled(), seen


@pytest.mark.parametrize(
    ("disturbed", "kills_client", "deliveries"),
    [
        ("reserve", False, "one"),
        ("reserve", True, "one"),
        ("cancel", False, "one"),
        *[
            pytest.param(disturbed, kills_client, "both", marks=pytest.mark.long)
            for disturbed in ("reserve", "extend", "update", "confirm", "cancel")
            for kills_client in (False, True)
        ],
    ],
)
def test_a_call_that_is_repeated_is_carried_out_once(
    wired: Wired, disturbed: str, kills_client: bool, deliveries: str
) -> None:
    undisturbed = Story(wired, disturbed, None).tell()
    assert undisturbed["bookings_booking"] == 1
    assert undisturbed["idempotency_record"] >= 1

    for step in count():
        ways = (True, False) if deliveries == "both" else (step % 2 == 1,)
        for delivered in ways:
            interruption = Interruption(BEGINNING, step, delivered, kills_client)

            assert Story(wired, disturbed, interruption).tell() == undisturbed, (step, delivered)

        if not interruption.has_happened:
            # The call has fewer steps; COMMIT is the last one.
            assert step >= 6
            break


#: What is made by ``/v1``, and how its rows are counted by a text that no other has.
MADE = {
    "/v1/users": (
        lambda text: {"email": f"{text}@example.com", "age": 30},
        "SELECT (SELECT count(*) FROM users_user WHERE email LIKE %(like)s),"
        " (SELECT count(*) FROM users_userevent JOIN users_user AS made ON made.id = pgh_obj_id"
        "   WHERE made.email LIKE %(like)s)",
    ),
    "/v1/webhook-endpoints": (
        lambda text: {"url": f"https://{text}.example.com/"},
        "SELECT (SELECT count(*) FROM webhooks_endpoint WHERE url LIKE %(like)s),"
        " (SELECT count(*) FROM webhooks_endpointevent"
        "   JOIN webhooks_endpoint AS made ON made.id = pgh_obj_id WHERE made.url LIKE %(like)s)",
    ),
}


@pytest.mark.parametrize(
    ("path", "kills_client"),
    [
        ("/v1/users", False),
        *[
            pytest.param(path, kills_client, marks=pytest.mark.long)
            for path in MADE
            for kills_client in (False, True)
        ],
    ],
)
def test_a_user_and_a_webhook_endpoint_are_made_once(
    wired: Wired, path: str, kills_client: bool
) -> None:
    body_of, counted = MADE[path]
    for step in count():
        text = f"made-{next(_numbers)}-{random.randrange(10**9)}"
        interruption = Interruption(BEGINNING, step, step % 2 == 1, kills_client)

        answer = call_disturbed(wired, path, body_of(text), text, interruption)

        # The secret of an endpoint that was made is not kept for a repeat.
        assert answer.status == 201 or answer.body["type"].endswith(":answer-not-kept")
        with psycopg.connect(wired.edge.database.owner_url) as owner:
            rows = owner.execute(counted, {"like": f"%{text}%"}).fetchone()
            # There may be twenty.
            owner.execute("UPDATE webhooks_endpoint SET removed_at = now()")
        assert rows == (1, 1), (step, rows)
        if not interruption.has_happened:
            assert step >= 5
            break
