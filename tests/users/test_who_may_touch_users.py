"""The key is looked at first, and needs the scope of what it does; both doors say the same."""

import pytest

from tests.users.conftest import House
from tests.users.doors import Doors
from tests.users.keys import a_key

USER = "/v1/users/7c9e6679-7425-40de-944b-e07fc1f90ae7"

OPERATIONS = [("GET", "/v1/users"), ("POST", "/v1/users"), ("GET", USER), ("PATCH", USER)]

NEVER_ISSUED = "pk_live_" + "0" * 38


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("body", [None, b"{broken", b'{"colour": 1}'])
def test_without_a_key_nothing_else_is_judged(
    doors: Doors, method: str, path: str, body: bytes | None
) -> None:
    answer = doors.with_key(None).both(method, f"{path}?x=1", None if method == "GET" else body)

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
def test_a_wrong_key_is_the_same_wrong_key(doors: Doors, header: str) -> None:
    answer = doors.with_key(None).both("GET", "/v1/users", Authorization=header)

    assert answer.status == 401


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a_key_without_the_scope_is_turned_away(
    doors: Doors, house: House, method: str, path: str
) -> None:
    answer = doors.with_key(house.keys.readers).both(method, path, b"{broken")

    scope = "users:read" if method == "GET" else "users:write"
    assert (answer.status, answer.body["type"]) == (403, "urn:portico:problem:scope-missing")
    assert f"'{scope}'" in answer.body["detail"]


def test_a_test_key_cannot_go_live(doors: Doors, house: House) -> None:
    answer = doors.with_key(house.keys.test).both("GET", "/v1/users", Octo_Env="live")

    assert answer.body["type"] == "urn:portico:problem:test-key-cannot-go-live"
    assert doors.both("GET", "/v1/users", Octo_Env="x").status == 400
    assert doors.django.get("/v1/users", Octo_Env="test").status == 200


def test_a_revoked_key_is_told_so(doors: Doors, house: House) -> None:
    secret = a_key(house)
    assert doors.with_key(secret).both("GET", "/v1/users").status == 200
    house.rows.execute(
        "UPDATE partners_apikey SET revoked_at = '2026-07-01T10:00Z' WHERE digest = sha256(%s)",
        [secret.encode()],
    )

    assert doors.django.with_key(secret).get("/v1/users").body["type"].endswith("key-revoked")


def test_a_method_that_does_not_exist_is_told(doors: Doors) -> None:
    for door in (doors.django, doors.edge):
        answer = door.send("DELETE", USER)

        assert answer.status == 405
        assert {it.strip() for it in answer.headers["Allow"].split(",")} >= {"GET", "PATCH"}
