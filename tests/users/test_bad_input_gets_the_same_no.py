"""Whatever is wrong with a request, both halves refuse it, name the field, and store nothing.

Status, problem type and the fields at fault are the same from both. The words, the names of rules
and the type of the value may differ, as the endpoints' parity rules declare.
"""

import gzip
import json
from typing import Any

import pytest

from tests.harness.clients import Answer
from tests.users.halves import Halves, an_email
from tests.users.stack import Stack

GOOD = {"email": "good@example.com", "age": 30}


def users_stored(stack: Stack) -> object:
    row = stack.rows.execute("SELECT count(*), max(updated_at) FROM users_user").fetchone()
    assert row is not None
    return row


def test_text_is_not_a_number(halves: Halves) -> None:
    by_django, by_edge = halves.each("POST", "/v1/users", GOOD | {"age": "30"})

    said = {
        "type": "urn:portico:problem:request-malformed",
        "title": "Request malformed",
        "status": 422,
        "field": "age",
    }
    words = "must be a whole number, not text"
    assert without_request_id(by_edge) == said | {
        "detail": f"age {words}",
        "errors": [
            {"field": "age", "rule": "whole_number", "given": "text", "message": words},
        ],
    }
    words = "A valid integer is required."
    assert without_request_id(by_django) == said | {
        "detail": f"age: {words}",
        "errors": [{"field": "age", "rule": "invalid", "message": words}],
    }
    for answer in (by_django, by_edge):
        assert answer.headers["Content-Type"] == "application/problem+json"


def without_request_id(answer: Answer) -> dict[str, Any]:
    return {name: value for name, value in answer.body.items() if name != "requestId"}


@pytest.mark.parametrize(
    ("different", "field", "rule", "given", "djangos_code"),
    [
        ({"age": "thirty"}, "age", "whole_number", "text", "invalid"),
        ({"age": None}, "age", "whole_number", "null", "null"),
        ({"age": True}, "age", "whole_number", "true or false", "invalid"),
        ({"age": 30.0}, "age", "whole_number", "a number", "invalid"),
        ({"age": 30.5}, "age", "whole_number", "a number", "invalid"),
        ({"age": [30]}, "age", "whole_number", "a list", "invalid"),
        ({"age": {}}, "age", "whole_number", "an object", "invalid"),
        ({"age": -1}, "age", "range", "a number", "min_value"),
        ({"age": 121}, "age", "range", "a number", "max_value"),
        ({"age": 10**30}, "age", "range", "a number", "max_value"),
        ({"age": float("inf")}, "age", "whole_number", "a number", "invalid"),
        ({"age": float("nan")}, "age", "whole_number", "a number", "invalid"),
        ({"email": None}, "email", "text", "null", "null"),
        ({"email": 5}, "email", "text", "a number", "length"),
        ({"email": ["a@b.c"]}, "email", "text", "a list", "invalid"),
        ({"email": ""}, "email", "length", "text", "blank"),
        ({"email": "ab"}, "email", "length", "text", "length"),
        ({"email": " \u00a0\u200b\u3164 "}, "email", "length", "text", "length"),
        ({"email": "x" * 255}, "email", "length", "text", "length"),
        ({"email": "nonsense"}, "email", "email_address", "text", "email_address"),
        ({"email": "a@b"}, "email", "email_address", "text", "email_address"),
        ({"email": "a@hotel.test"}, "email", "email_address", "text", "email_address"),
        ({"email": "a\u200bb@example.com"}, "email", "email_address", "text", "email_address"),
        ({"email": "Ana <ana@example.com>"}, "email", "characters", "text", "characters"),
        (
            {"email": "ana@example.com\nBcc: eve@example.com"},
            "email",
            "characters",
            "text",
            "characters",
        ),
        ({"email": "a@b.c\x1b"}, "email", "characters", "text", "characters"),
        ({"email": "x" * 500_000}, "email", "length", "text", "length"),
        ({"email": "a\x00b@c"}, "email", "characters", "text", "null_characters_not_allowed"),
        ({"email": "a b@c.d"}, "email", "characters", "text", "characters"),
        ({"email": "a\ud800@b.c"}, "email", "text", "text", "surrogate_characters_not_allowed"),
        ({"colour": "blue"}, "colour", "known_field", "text", "unexpected"),
        ({"id": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}, "id", "known_field", "text", "unexpected"),
        ({"Email": "a@b.c"}, "Email", "known_field", "text", "unexpected"),
        ({"": 1}, "", "known_field", "a number", "unexpected"),
        ({"x" * 100_000: None}, "x" * 64 + "…", "known_field", "null", "unexpected"),
        ({"non_field_errors": 1}, "non_field_errors", "known_field", "a number", "unexpected"),
        ({"a\ud800": 1}, "", "text", "text", "invalid"),
    ],
)
def test_one_wrong_value_is_named(
    halves: Halves,
    stack: Stack,
    different: dict[str, Any],
    field: str,
    rule: str,
    given: str,
    djangos_code: str,
) -> None:
    before = users_stored(stack)
    user = "7c9e6679-7425-40de-944b-e07fc1f90ae7"

    for method, path, body in (
        ("POST", "/v1/users", GOOD | different),
        ("PATCH", f"/v1/users/{user}", different),
    ):
        by_django, by_edge = halves.each(method, path, body)

        for answer in (by_django, by_edge):
            assert answer.status == 422, answer.text
            (error,) = answer.body["errors"]
            assert error["message"] in answer.body["detail"]
            assert answer.body.get("field", "") == error["field"] == field
        (of_edge,), (of_django,) = by_edge.body["errors"], by_django.body["errors"]
        assert (of_edge["rule"], of_edge["given"]) == (rule, given)
        assert (of_django["rule"], of_django.get("given")) == (djangos_code, None)
    assert users_stored(stack) == before


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, ["email", "age"]),
        ({"age": 3}, ["email"]),
        ({"email": "a@b.c"}, ["age"]),
        ({"email": 1, "age": "x", "b": 1, "a": 2}, ["email", "age", "b", "a"]),
        ({"z": 1, "email": "a@b.c", "a\ud800": 1}, [""]),
        (GOOD | {f"f{n}": n for n in range(30)}, [f"f{n}" for n in range(20)]),
    ],
)
def test_every_flaw_is_listed_in_order(halves: Halves, body: object, named: list[str]) -> None:
    answer = halves.both("POST", "/v1/users", body)

    assert answer.status == 422
    assert [flaw["field"] for flaw in answer.body["errors"]] == named


@pytest.mark.parametrize("value", [None, [], [GOOD], "text", 5, True])
def test_a_body_that_is_no_object(halves: Halves, value: object) -> None:
    answer = halves.both("POST", "/v1/users", json.dumps(value).encode())

    assert answer.status == 422
    assert answer.body["errors"][0]["rule"] == "object"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"email": "a@b.c", "age": 30,}', 400),
        (b'{"email": "a@b.c" "age": 30}', 400),
        (b'{"age": 30} trailing', 400),
        (b"\xff\xfe{}", 400),
        (json.dumps(GOOD).encode("utf-16"), 400),
        (json.dumps(GOOD).encode("utf-32-be"), 400),
        (b'{"email": "\xff"}', 400),
        (b"[" * 100_000, 400),
        (b'{"age": ' + b"9" * 5000 + b"}", 400),
        (b"\x00", 400),
        (b"email=a&age=3", 400),
        (b"", 422),
        (b"  \n", 422),
        (b" " * (1024 * 1024 + 1), 413),
        (b'{"email": "' + b"x" * 1024 * 1024 + b'", "age": 3}', 413),
    ],
)
def test_a_body_that_cannot_be_read(halves: Halves, body: bytes, status: int) -> None:
    answer = halves.both("POST", "/v1/users", body, Content_Type="application/json")

    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"email": "a@example.com", "email": "b@example.com", "age": 30}', "email"),
        (b'{"email": "a@example.com", "age": 30, "\\u0061ge": 31}', "age"),
        (b'{"email": "a@example.com", "age": 30, "x": {"y": [], "y": []}}', "x.y"),
        (b'{"\\ud800": 1, "\\ud800": 2}', ""),
    ],
)
def test_a_member_that_stands_there_twice_is_refused(
    halves: Halves, stack: Stack, body: bytes, field: str
) -> None:
    before = users_stored(stack)

    for answer in halves.each("POST", "/v1/users", body):
        (error,) = answer.body["errors"]

        assert (answer.status, answer.body.get("field", "")) == (422, field)
        assert (error["field"], error["rule"]) == (field, "sent_twice")
        assert "must be sent once" in error["message"]
    assert users_stored(stack) == before


def test_a_parameter_that_was_sent_twice_is_refused(halves: Halves) -> None:
    for answer in halves.each("GET", "/v1/users?limit=1&limit=2"):
        (error,) = answer.body["errors"]

        assert (answer.status, error["field"], error["rule"]) == (422, "limit", "sent_twice")


def test_a_compressed_body_is_refused(halves: Halves) -> None:
    body = gzip.compress(json.dumps(GOOD).encode())

    for answer in halves.each("POST", "/v1/users", body, Content_Encoding="gzip"):
        assert answer.status == 415
        assert "Content-Encoding" in answer.body["detail"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/jsonp", 415),
        ("APPLICATION/JSON; charset=utf-8", 201),
        ("application/merge-patch+json", 201),
    ],
)
def test_a_body_declared_as_something_else(halves: Halves, kind: str, status: int) -> None:
    for half in (halves.django, halves.edge):
        body = json.dumps({"email": an_email(), "age": 30}).encode()

        assert half.post(body, Content_Type=kind).status == status


def test_unknown_parameters_are_refused_everywhere(halves: Halves) -> None:
    user = halves.edge.created()["id"]

    for method, path, body in (
        ("GET", "/v1/users", None),
        ("POST", "/v1/users", GOOD),
        ("GET", f"/v1/users/{user}", None),
        ("PATCH", f"/v1/users/{user}", {"age": 3}),
    ):
        by_django, by_edge = halves.each(method, f"{path}?colour=blue&colour=red", body)

        assert by_edge.status == 422
        assert by_edge.body["detail"] == "colour is not a parameter of this request"
        assert by_django.body["detail"] == "colour: Unexpected field."


def test_flaws_of_query_and_body_are_told_together(halves: Halves) -> None:
    answer = halves.both("POST", "/v1/users?x=1", {"age": "30"})

    assert [flaw["field"] for flaw in answer.body["errors"]] == ["x", "email", "age"]


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("?cursor=" + "x" * 60_000, {}, 422),
        ("?limit=1", {"X_Trace": "x" * 60_000}, 200),
        ("?limit=1", {f"X_Trace_{number}": "x" for number in range(900)}, 200),
    ],
)
def test_a_long_head_is_read_by_both(
    halves: Halves, query: str, headers: dict[str, str], status: int
) -> None:
    assert halves.both("GET", f"/v1/users{query}", **headers).status == status


@pytest.mark.parametrize(
    "user_id", ["1", "x", "%00", "%FF", "7c9e6679742540de944be07fc1f90ae7", "{}", "a" * 2000]
)
def test_what_cannot_be_an_id_is_an_unknown_id(halves: Halves, user_id: str) -> None:
    answer = halves.both("GET", f"/v1/users/{user_id}")

    assert (answer.status, answer.body["type"]) == (404, "urn:portico:problem:user-not-found")
