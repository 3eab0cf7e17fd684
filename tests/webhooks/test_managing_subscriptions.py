"""A partner manages its subscriptions to OCTO notifications; their headers are stored encrypted."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from api_edge.octo.notifications.header_encryption import AesGcmSealer
from shared_domain.notifications import HeadersUnreadable, SigningKeys
from tests.harness.clients import Answer, request_once, with_hyphens
from tests.webhooks.stack import Stack

URL = "https://shop.example.com/octo"
SECRET = "Bearer 6c1e-never-in-clear"
WANTED: dict[str, Any] = {
    "url": URL,
    "notificationTypes": ["BOOKING_UPDATE", "PRODUCT_UPDATE"],
    "headers": {"Authorization": SECRET, "X-Shop": "north"},
}


def call(
    stack: Stack, method: str, path: str = "", body: object = None, key: str = "", **headers: str
) -> Answer:
    return request_once(
        stack.port,
        method,
        f"/octo/notifications/subscriptions{path}",
        body,
        key=key or stack.keys.live,
        headers=with_hyphens(headers),
    )


def test_from_subscribing_to_removing(stack: Stack) -> None:
    made = call(stack, "POST", body=WANTED)
    path = f"/{made.body['id']}"

    assert made.status == 200
    assert made.body == {
        "id": made.body["id"],
        "url": URL,
        "notificationTypes": ["PRODUCT_UPDATE", "BOOKING_UPDATE"],
        "headers": WANTED["headers"],
    }
    assert call(stack, "GET", path).body == made.body
    assert made.body in call(stack, "GET").body
    changed = call(stack, "PATCH", path, {"notificationTypes": ["AVAILABILITY_UPDATE"]})
    assert changed.body == made.body | {"notificationTypes": ["AVAILABILITY_UPDATE"]}
    bare = call(stack, "PATCH", path, {"headers": {}, "url": None})
    assert bare.body == changed.body | {"headers": {}}

    removed = call(stack, "DELETE", path, Idempotency_Key=str(uuid4()))
    assert (removed.status, removed.body) == (200, bare.body)
    missing = call(stack, "GET", path)
    assert (missing.status, missing.body["error"]) == (400, "BAD_REQUEST")
    assert missing.body["errorMessage"].startswith("id is not one of your subscriptions")


def test_the_misspelt_path_and_the_capability(stack: Stack) -> None:
    made = request_once(
        stack.port, "POST", "/octo/notifications/subcriptions", WANTED, key=stack.keys.live
    )
    assert call(stack, "GET", f"/{made.body['id']}").body == made.body

    known = request_once(
        stack.port,
        "GET",
        "/octo/capabilities",
        key=stack.keys.live,
        headers={"Octo-Capabilities": "octo/notifications"},
    )
    assert "octo/notifications" in [capability["id"] for capability in known.body]
    assert known.headers["Octo-Capabilities"] == "octo/notifications"


def test_headers_are_stored_encrypted_and_kept_by_no_cache(stack: Stack) -> None:
    key = str(uuid4())
    made = call(stack, "POST", body=WANTED, Idempotency_Key=key)
    assert made.headers["Cache-Control"] == "no-store"
    again = call(stack, "POST", body=WANTED, Idempotency_Key=key)
    assert again.body["error"] == "UNPROCESSABLE_ENTITY"
    (sealed,) = stack.rows.execute(
        "SELECT sealed_headers FROM notifications_subscription WHERE id = %s", [made.body["id"]]
    ).fetchone() or ("",)

    assert sealed
    for table in (
        "notifications_subscription",
        "notifications_subscriptionevent",
        "idempotency_record",
    ):
        rows = str(stack.rows.execute(f"SELECT t::text FROM {table} AS t").fetchall())
        assert SECRET not in rows, table
    # Copied to another subscription, or altered, they cannot be opened.
    sealer = AesGcmSealer(SigningKeys.parse("only for tests"))
    altered = sealed[:-5] + ("A" if sealed[-5] != "A" else "B") + sealed[-4:]
    for text, subscription in ((sealed, uuid4()), (altered, UUID(made.body["id"]))):
        with pytest.raises(HeadersUnreadable):
            sealer.open(text, subscription=subscription)


def test_headers_whose_key_is_gone_hide_no_other_subscription(stack: Stack) -> None:
    made = [call(stack, "POST", body=WANTED).body for _ in range(2)]
    path = f"/{made[0]['id']}"
    stack.rows.execute(
        "UPDATE notifications_subscription SET sealed_headers = 'gone.c2VhbGVk' WHERE id = %s",
        [made[0]["id"]],
    )

    listed = call(stack, "GET")
    assert [one for one in listed.body if one in (made[0] | {"headers": {}}, made[1])] == [
        made[0] | {"headers": {}},
        made[1],
    ]
    for refused in (call(stack, "GET", path), call(stack, "PATCH", path, {"url": URL})):
        assert (refused.status, refused.body["error"]) == (400, "UNPROCESSABLE_ENTITY")
        assert refused.body["errorMessage"].endswith("send them again by PATCH")
    repaired = call(stack, "PATCH", path, {"headers": WANTED["headers"]})
    assert repaired.body == call(stack, "GET", path).body == made[0]
    assert {call(stack, "DELETE", f"/{one['id']}").status for one in made} == {200}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"url": "http://shop.example.com/"}, "url must begin with https://"),
        ({"url": "https://10.0.0.1/"}, "url must lead to a host of the public internet"),
        ({"url": 7}, "url must be text, not a number"),
        ({"notificationTypes": []}, "notificationTypes must have at least 1 entry"),
        ({"notificationTypes": None}, "notificationTypes must be a list, not null"),
        ({"notificationTypes": ["BOOKING"]}, "notificationTypes[0] must be"),
        ({"headers": {"Host": "a"}}, "headers: the 1st must not have a name that HTTP sets"),
        ({"headers": {"Content-Length": "1"}}, "headers: the 1st must not have a name that HTTP"),
        ({"headers": {"Connection": "a"}}, "headers: the 1st must not have a name that HTTP sets"),
        ({"headers": {"a b": "a"}}, "headers: the 1st must have a name of HTTP"),
        ({"headers": {"A": "b", "a": "c"}}, "headers: the 2nd must have a name of its own"),
        ({"headers": {"A": "b\r\nC: d"}}, "headers: the 1st must have a value of printable ASCII"),
        ({"headers": {"A": 7}}, "headers must have texts as values"),
        ({"headers": {f"A-{n}": "b" for n in range(21)}}, "headers must have at most 20 entries"),
    ],
)
def test_what_is_wrong_is_named(stack: Stack, wrong: dict[str, Any], message: str) -> None:
    before = call(stack, "GET").body

    refused = call(stack, "POST", body=WANTED | wrong)

    assert refused.status == 400
    assert refused.body["errorMessage"].startswith(message)
    assert call(stack, "GET").body == before


def test_a_key_subscribes_to_what_it_may_fetch(stack: Stack) -> None:
    refused = call(stack, "POST", body=WANTED, key=stack.keys.catalog_only)

    assert (refused.status, refused.body["error"]) == (403, "FORBIDDEN")


def test_there_are_at_most_twenty_in_each_mode(stack: Stack) -> None:
    key = stack.keys.test
    answers = [call(stack, "POST", body=WANTED, key=key) for _ in range(21)]

    assert [answer.status for answer in answers] == [200] * 20 + [400]
    assert answers[-1].body["error"] == "UNPROCESSABLE_ENTITY"
    assert "20 subscriptions" in answers[-1].body["errorMessage"]
    assert answers[0].body["id"] not in [known["id"] for known in call(stack, "GET").body]
    assert call(stack, "GET", f"/{answers[0].body['id']}").status == 400
    removed = [call(stack, "DELETE", f"/{one.body['id']}", key=key) for one in answers[:20]]
    assert {answer.status for answer in removed} == {200}
    assert call(stack, "GET", key=key).body == []
