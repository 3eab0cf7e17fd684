"""On each unsafe route of ``/v1``, a repeat with its idempotency key does nothing more."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from tests.users.halves import Half, an_email
from tests.users.routes import Route, routes
from tests.users.stack import Stack

UNSAFE = sorted(
    route for route in routes() if route[1] not in ("GET", "HEAD") and route[2].startswith("/v1/")
)

URL = "https://shop.example.com/hooks"
ENDPOINT = "/v1/webhook-endpoints"


def bodies() -> Mapping[tuple[str, str], tuple[Any, Any]]:
    """Return what each route gets first, and what it gets later with the same key.

    None is no body. A route without a body has one content only, so its key is sent later to its
    path with another method, if there is one.
    """
    return {
        ("POST", "/v1/users"): ({"email": an_email(), "age": 30}, {"email": an_email(), "age": 30}),
        ("PATCH", "/v1/users/{id}"): ({"age": 31}, {"age": 32}),
        ("DELETE", "/v1/users/{id}"): (None, ("PATCH", {"age": 31})),
        ("POST", "/v1/events/acknowledge"): ({"after": 1}, {"after": 0}),
        ("POST", ENDPOINT): ({"url": URL}, {"url": f"{URL}/2"}),
        ("PATCH", f"{ENDPOINT}/{{id}}"): ({"description": "1"}, {"description": "2"}),
        ("DELETE", f"{ENDPOINT}/{{id}}"): (None, ("PATCH", {"description": "1"})),
        ("POST", f"{ENDPOINT}/{{id}}/rotate-secret"): ({"overlapHours": 1}, {"overlapHours": 2}),
        ("POST", f"{ENDPOINT}/{{id}}/disable"): (None, None),
        ("POST", f"{ENDPOINT}/{{id}}/enable"): ({}, {"skipBacklog": True}),
        ("POST", f"{ENDPOINT}/{{id}}/test"): (
            {"type": "booking.confirmed"},
            {"type": "booking.cancelled"},
        ),
        ("POST", f"{ENDPOINT}/{{id}}/replay"): ({"after": 0, "until": 1}, {"after": 0, "until": 2}),
        ("POST", f"{ENDPOINT}/{{id}}/deliveries/{{delivery_id}}/replay"): (None, None),
    }


#: What a call may have changed. Records without a key are of all transactions, those of usage too.
ROWS = """
SELECT (SELECT array_agg(row::text ORDER BY row.id) FROM webhooks_endpoint AS row),
       (SELECT array_agg(row::text ORDER BY row.id) FROM webhooks_delivery AS row),
       (SELECT array_agg(row::text ORDER BY row.endpoint_id) FROM webhooks_queue AS row),
       (SELECT array_agg(row::text ORDER BY row.id) FROM webhooks_endpointevent AS row),
       (SELECT array_agg(row::text ORDER BY row.id) FROM users_user AS row),
       (SELECT count(*) FROM idempotency_record WHERE key_digest IS NOT NULL)
"""


def path_of_new(route: Route, stack: Stack) -> str:
    """Make what the path names, for this route alone, and return the path."""
    path, edge = route[2], stack.halves.edge
    if path.startswith("/v1/users/"):
        return path.format(id=edge.created()["id"])
    if "{id}" not in path:
        return path
    made = edge.send("POST", ENDPOINT, {"url": URL}).body["endpoint"]["id"]
    sample = edge.send("POST", f"{ENDPOINT}/{made}/test", {"type": "booking.confirmed"})
    return path.format(id=made, delivery_id=sample.body["id"])


@pytest.fixture(scope="module")
def numbered(stack: Stack) -> Stack:
    """The stack, whose events have positions; no worker runs that would give them."""
    stack.rows.execute("SELECT events_give_positions(100000, 0)")
    return stack


def test_each_route_is_tried() -> None:
    assert {route[1:] for route in UNSAFE} == bodies().keys()


@pytest.mark.parametrize("route", UNSAFE, ids=" ".join)
def test_a_call_is_carried_out_once(numbered: Stack, route: Route) -> None:
    name, method, template = route
    half: Half = getattr(numbered.halves, name)
    path, key = path_of_new(route, numbered), str(uuid4())
    body, other = bodies()[method, template]

    with numbered.running_elsewhere(key, method, path):
        running = half.send(method, path, body, Idempotency_Key=key)
    first = half.send(method, path, body, Idempotency_Key=key)
    before = numbered.rows.execute(ROWS).fetchone()
    repeat = half.send(method, path, body, Idempotency_Key=key)

    assert (running.status, running.headers["Retry-After"]) == (409, "1")
    assert running.body["type"] == "urn:portico:problem:call-still-running"
    assert 200 <= first.status < 300, first.text
    if "no-store" in (first.headers["Cache-Control"] or ""):
        assert repeat.body["type"] == "urn:portico:problem:answer-not-kept"
    else:
        assert (repeat.status, repeat.text) == (first.status, first.text)
        assert (first.headers["Idempotency-Replayed"], repeat.headers["Idempotency-Replayed"]) == (
            None,
            "true",
        )
    if other is not None:
        method, body = other if isinstance(other, tuple) else (method, other)
        refused = half.send(method, path, body, Idempotency_Key=key)
        assert refused.status == 422
        assert refused.body["type"] == "urn:portico:problem:idempotency-key-reused"
        assert refused.body["fingerprints"].keys() == {"first", "repeated"}
    assert numbered.rows.execute(ROWS).fetchone() == before
