"""The edge counts the calls of each key, and lists refused ones without what callers sent."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient

from api_edge.app import create_app
from api_edge.settings import Settings
from api_edge.v1.events.log_watcher import LogWatcher
from shared_domain import partners
from shared_domain.partners import PartnerId
from tests.harness.clients import Answer, OctoClient
from tests.harness.committed_data import populate
from tests.harness.databases import CommittedDatabase
from tests.harness.servers import running_edge
from tests.harness.services import committed
from tests.harness.waiting import EVENTUALLY_SECONDS, eventually

#: A guest's address, as the value and as the name of a field; and an id in a path.
GUEST = "clara.duarte@example.com"
UNKNOWN_ID = str(uuid4())

COUNTS = "SELECT succeeded, refused, limited, failed FROM usage_keyhour"
REFUSALS = """
    SELECT to_jsonb(r) - ARRAY['id', 'at', 'partner_id', 'api_key_id'] FROM usage_refusal r
     ORDER BY r.id
"""


@pytest.fixture
def database(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
) -> Iterator[CommittedDatabase]:
    with make_committed_database() as database:
        populate(database.owner_url)
        yield database


def issue(database: CommittedDatabase) -> str:
    issued = asyncio.run(
        committed(
            lambda store: partners.issue_key(
                PartnerId(1), label="web shop", is_test=False,
                scopes=[scope.value for scope in partners.Scope], expires_at=None,
                now=datetime.now(UTC), store=store,
            ),
            url=database.owner_url,
        )
    )  # fmt: skip
    return issued.secret


def listed(answer: Answer, method: str, path: str, code: str, reason: str, *names: str) -> Any:
    return {
        "method": method, "path_template": path, "status": answer.status, "code": code,
        "reason": reason, "fields": list(names), "request_id": answer.headers["X-Request-Id"],
    }  # fmt: skip


def test_what_was_counted_is_written_although_another_part_fails_to_stop(
    database: CommittedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: LogWatcher) -> None:
        raise RuntimeError("it does not stop")

    monkeypatch.setattr(LogWatcher, "stop", fail)
    app = create_app(Settings(database_url=database.edge_url))
    key = {"Authorization": f"Bearer {issue(database)}"}

    with pytest.raises(RuntimeError, match="does not stop"), TestClient(app) as client:
        assert client.get("/octo/supplier", headers=key).status_code == 200

    with psycopg.connect(database.owner_url) as owner:
        assert owner.execute(COUNTS).fetchall() == [(1, 0, 0, 0)]


def test_calls_become_rows_without_anything_that_was_sent(
    database: CommittedDatabase, tmp_path: Path
) -> None:
    secret = issue(database)
    limits = {"PORTICO_KEY_CALLS_PER_SECOND": "2"}
    log, options = tmp_path / "edge.log", ["--graceful-timeout=60"]

    with (
        psycopg.connect(database.owner_url, autocommit=True) as owner,
        running_edge("", log, database=database, options=options, **limits) as edge,
    ):
        client = OctoClient(edge.port, secret)
        client.get("/octo/supplier")
        unknown = client.get(f"/octo/bookings/{UNKNOWN_ID}?note={GUEST}")
        malformed = client.send("POST", "/v1/users", {"age": GUEST, GUEST: 1}, checked=False)
        missing = client.send("GET", f"/v1/users/{UNKNOWN_ID}", checked=False)
        # The burst of three seconds is used up by now or by some calls more.
        statuses = [missing.status]
        while statuses[-1] != 429 and len(statuses) < 1_000:
            statuses.append(client.send("GET", "/octo/supplier", checked=False).status)
        statuses += [client.send("GET", "/octo/supplier", checked=False).status for _ in range(3)]
        assert eventually(lambda: owner.execute(COUNTS).fetchall() != [], seconds=60)
        owner.execute("UPDATE partners_apikey SET revoked_at = now() WHERE label = 'web shop'")

        def next_status() -> int:
            statuses.append(client.send("GET", "/octo/supplier", checked=False).status)
            return statuses[-1]

        assert eventually(lambda: next_status() == 403)
        next_status()
        OctoClient(edge.port, f"{secret[:-1]}{'a' if secret[-1] != 'a' else 'b'}").send(
            "GET", "/octo/supplier", checked=False
        )
        OctoClient(edge.port, None).get("/octo/supplier")
        edge.child.stop(patience_seconds=EVENTUALLY_SECONDS)

    # Stopped gracefully, it has written the rest.
    with psycopg.connect(database.owner_url) as owner:
        (counts,) = owner.execute("SELECT sum(succeeded), sum(refused), sum(limited), sum(failed)"
                                  " FROM usage_keyhour").fetchall()  # fmt: skip
        rows = [row for (row,) in owner.execute(REFUSALS).fetchall()]
    # Revoked keys are counted still, and such calls listed once an hour; keys never issued are not.
    last = rows.pop()
    assert (last["status"], last["reason"]) == (403, "key-revoked")
    assert counts == (1 + statuses.count(200), 3 + 2, statuses.count(429), 0)
    assert rows[:3] == [
        listed(unknown, "GET", "/octo/bookings/{uuid}", "INVALID_BOOKING_UUID",
               "booking-not-found", "uuid"),
        listed(malformed, "POST", "/v1/users", "urn:portico:problem:request-malformed",
               "request-malformed", *rows[1]["fields"]),
        listed(missing, "GET", "/v1/users/{id}", "urn:portico:problem:user-not-found",
               "user-not-found", "id"),
    ]  # fmt: skip
    assert set(rows[1]["fields"]) == {"email", "age", "(unknown field)"}
    # A flood is listed once an hour, however long it lasts.
    assert {row["status"] for row in rows[3:]} == {429}
    assert len(rows[3:]) < statuses.count(429)
    assert not [sent for sent in (GUEST, UNKNOWN_ID, secret) if sent in json.dumps(rows)]
