"""The key is looked at first, and needs the scope of what it does; both halves say the same."""

import pytest

from shared_domain import partners
from tests.users.halves import Halves
from tests.users.keys import a_key
from tests.users.stack import Stack

USER = "/v1/users/7c9e6679-7425-40de-944b-e07fc1f90ae7"

OPERATIONS = [
    *(("GET", "/v1/users"), ("POST", "/v1/users")),
    *(("GET", USER), ("PATCH", USER), ("DELETE", USER)),
]

NEVER_ISSUED = "pk_live_" + "0" * 38


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("body", [None, b"{broken", b'{"colour": 1}'])
def test_without_a_key_nothing_else_is_judged(
    halves: Halves, method: str, path: str, body: bytes | None
) -> None:
    answer = halves.with_key(None).both(method, f"{path}?x=1", None if method == "GET" else body)

    assert (answer.status, answer.body["type"]) == (401, "urn:portico:problem:key-missing")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer x",
        "bearer " + NEVER_ISSUED,
        "Bearer  " + NEVER_ISSUED,
        "Bearer " + NEVER_ISSUED + " ",
        "Bearer " + NEVER_ISSUED + ",",
        "Bearer é",
        "Token " + NEVER_ISSUED,
    ],
)
def test_a_wrong_key_is_the_same_wrong_key(halves: Halves, header: str) -> None:
    answer = halves.with_key(None).both("GET", "/v1/users", Authorization=header)

    assert answer.status == 401


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a_key_without_the_scope_is_turned_away(
    halves: Halves, stack: Stack, method: str, path: str
) -> None:
    scope = "users:read" if method == "GET" else "users:write"

    for answer in halves.with_key(stack.keys.readers).each(method, path, b"{broken"):
        assert (answer.status, answer.body["type"]) == (403, "urn:portico:problem:scope-missing")
        assert f"'{scope}'" in answer.body["detail"]


def test_a_test_key_cannot_go_live(halves: Halves, stack: Stack) -> None:
    answer = halves.with_key(stack.keys.test).both("GET", "/v1/users", Octo_Env="live")

    assert answer.body["type"] == "urn:portico:problem:test-key-cannot-go-live"
    assert halves.both("GET", "/v1/users", Octo_Env="x").status == 400
    assert halves.django.get("/v1/users", Octo_Env="test").status == 200


@pytest.mark.parametrize(
    ("header", "sent", "right"),
    [
        ("Octo_Env", "x", "test or live"),
        ("Octo_Env", "live", "leave Octo-Env out"),
        ("Authorization", "", "Authorization: Bearer"),
        ("Authorization", "Bearer nonsense", "pk_live_"),
        ("Authorization", f"Bearer {NEVER_ISSUED}", "mistyped"),
        # An id of its own: processes that run tests side by side must name them alike.
        pytest.param(
            "Authorization",
            f"Bearer {partners.new_secret(is_test=False)}",
            "not issued",
            id="Authorization-unknown",
        ),
        ("Authorization", "Bearer a,Bearer b", "once"),
    ],
)
def test_django_says_what_is_wrong_with_a_header(
    halves: Halves, stack: Stack, header: str, sent: str, right: str
) -> None:
    test_key = None if header == "Authorization" else stack.keys.test

    answer = halves.with_key(test_key).django.get("/v1/users", **{header: sent})

    assert answer.body["field"] == header.replace("_", "-")
    assert right in answer.body["detail"]


def test_a_revoked_key_is_told_so(halves: Halves, stack: Stack) -> None:
    secret = a_key(stack)
    assert halves.with_key(secret).both("GET", "/v1/users").status == 200
    stack.rows.execute(
        "UPDATE partners_apikey SET revoked_at = '2026-07-01T10:00Z' WHERE digest = sha256(%s)",
        [secret.encode()],
    )

    assert halves.django.with_key(secret).get("/v1/users").body["type"].endswith("key-revoked")


def test_a_method_that_does_not_exist_is_told(halves: Halves) -> None:
    for half in (halves.django, halves.edge):
        answer = half.send("PUT", USER)

        assert answer.status == 405
        allowed = {method.strip() for method in answer.headers["Allow"].split(",")}
        assert allowed >= {"GET", "PATCH", "DELETE"}
