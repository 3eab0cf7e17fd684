"""A partner manages its own webhook endpoints by API; a secret is shown once and stored nowhere."""

import pytest

from tests.webhooks.stack import Stack

URL = "https://shop.example.com/hooks"


def test_from_creating_to_removing(stack: Stack) -> None:
    made = stack.call("POST", body={"url": URL, "types": ["booking.confirmed"]})
    endpoint = made.body["endpoint"]
    path = f"/{endpoint['id']}"

    assert made.status == 201
    assert made.headers["Location"] == f"/v1/webhook-endpoints{path}"
    assert (endpoint["status"], endpoint["types"]) == ("enabled", ["booking.confirmed"])
    assert stack.call("GET", path).body == endpoint
    assert endpoint in stack.call("GET").body["items"]

    changed = stack.call("PATCH", path, {"types": [], "description": " Orders\n of the shop "})
    assert (changed.body["types"], changed.body["description"]) == ([], "Orders  of the shop")
    for unknown in ("evt_0", "evt_0%00"):
        assert stack.call("GET", f"{path}/deliveries/{unknown}").status == 404
        assert stack.call("POST", f"{path}/deliveries/{unknown}/replay").status == 404
    assert stack.call("POST", f"{path}/disable").body["disabledBy"] == "partner"
    assert stack.call("POST", f"{path}/test", {}).status == 409
    assert stack.call("POST", f"{path}/enable", {}).body["status"] == "enabled"

    assert stack.call("DELETE", path).status == 204
    assert stack.call("GET", path).status == 404


def test_a_secret_is_shown_once_and_is_in_no_table(stack: Stack) -> None:
    made = stack.call("POST", body={"url": URL}, Idempotency_Key="once")
    endpoint, secret = made.body["endpoint"]["id"], made.body["secret"]
    again = stack.call("POST", body={"url": URL}, Idempotency_Key="once")
    assert again.body["type"] == "urn:portico:problem:answer-not-kept"
    rotated = stack.call("POST", f"/{endpoint}/rotate-secret", {"overlapHours": 1}).body

    assert rotated["secret"] != secret
    assert rotated["endpoint"]["previousSecretUntil"] is not None
    assert "whsec" not in stack.call("GET", f"/{endpoint}").text
    for table in ("webhooks_endpoint", "webhooks_endpointevent", "idempotency_record"):
        rows = str(stack.rows.execute(f"SELECT t::text FROM {table} AS t").fetchall())
        for shown in (secret, rotated["secret"]):
            assert shown.removeprefix("whsec_") not in rows, table


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"url": "http://shop.example.com"}, 422, "url"),
        ({"url": "https://10.0.0.1/"}, 422, "url"),
        ({"url": 7}, 422, "url"),
        ({}, 422, "url"),
        ({"url": URL, "types": ["booking.confirmd"]}, 422, "types[0]"),
        ({"url": URL, "description": "x" * 201}, 422, "description"),
        ({"url": URL, "colour": "red"}, 422, "colour"),
    ],
)
def test_what_is_wrong_is_named(
    stack: Stack, body: dict[str, object], status: int, field: str
) -> None:
    answer = stack.call("POST", body=body)

    assert (answer.status, answer.body["field"]) == (status, field), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_key_meets_its_own_partners_endpoints_with_its_scopes_only(stack: Stack) -> None:
    endpoint, _ = stack.create(URL)

    for path in ("", "/deliveries"):
        for key in (stack.keys.rival, stack.keys.test):
            assert stack.call("GET", f"/{endpoint}{path}", key=key).status == 404
    assert stack.call("DELETE", f"/{endpoint}", key=stack.keys.rival).status == 404
    refused = stack.call("GET", key=stack.keys.catalog_only)
    assert (refused.status, refused.body["type"]) == (403, "urn:portico:problem:scope-missing")
    assert stack.call("GET", "/no-uuid").status == 404


def test_a_repeat_with_its_key_does_nothing_more(stack: Stack) -> None:
    endpoint = stack.create(URL)[0]
    calls: list[tuple[str, str, object]] = [
        ("PATCH", f"/{endpoint}", {"description": "Orders"}),
        ("POST", f"/{endpoint}/test", {"type": "booking.confirmed"}),
        ("POST", f"/{endpoint}/disable", None),
        ("POST", f"/{endpoint}/enable", {}),
        ("DELETE", f"/{endpoint}", None),
    ]

    for number, (method, path, body) in enumerate(calls):
        first = stack.call(method, path, body, Idempotency_Key=f"repeat-{endpoint}-{number}")
        again = stack.call(method, path, body, Idempotency_Key=f"repeat-{endpoint}-{number}")

        assert first.status < 300, (path, first.text)
        assert (again.status, again.text) == (first.status, first.text), path
        assert again.headers["Idempotency-Replayed"] == "true", path
    sent = stack.rows.execute(
        "SELECT count(*) FROM webhooks_delivery WHERE endpoint_id = %s AND position IS NULL",
        [endpoint],
    ).fetchone()
    assert sent == (1,)


def test_there_are_at_most_twenty(stack: Stack) -> None:
    key = stack.keys.test
    statuses = [stack.call("POST", body={"url": URL}, key=key).status for _ in range(21)]

    assert statuses == [201] * 20 + [409]
