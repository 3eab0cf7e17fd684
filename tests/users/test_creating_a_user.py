"""A user is made the same way through either half: same answer, same row, same history."""

import http.client
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.harness.waiting import ANSWER_SECONDS
from tests.users.halves import Half, Halves, an_email
from tests.users.keys import a_key
from tests.users.stack import Stack


def test_the_answer_is_the_user_and_its_address(half: Half) -> None:
    email = an_email()

    answer = half.post({"email": email, "age": 34})

    assert answer.status == 201
    assert answer.headers["Content-Type"] == "application/json"
    assert list(answer.body) == ["id", "email", "age", "createdAt", "updatedAt"]
    assert (answer.body["email"], answer.body["age"]) == (email, 34)
    assert answer.headers["Location"] == f"/v1/users/{answer.body['id']}"
    assert half.get(answer.headers["Location"]).body == answer.body
    made_at = datetime.fromisoformat(answer.body["createdAt"])
    assert answer.body["createdAt"].endswith("Z")
    assert abs(datetime.now(UTC) - made_at) < timedelta(minutes=1)
    assert answer.body["updatedAt"] == answer.body["createdAt"]


def test_what_one_half_made_the_other_shows_to_the_letter(halves: Halves) -> None:
    for user in (halves.django.created(), halves.edge.created()):
        path = f"/v1/users/{user['id']}"

        assert halves.django.get(path).text == halves.edge.get(path).text


def test_both_halves_leave_the_same_row(stack: Stack) -> None:
    def row_of(user: dict[str, str]) -> tuple[object, ...]:
        row = stack.rows.execute(
            "SELECT p.code, u.email, u.email_key, u.age, u.created_at = u.updated_at"
            "  FROM users_user u JOIN partners_partner p ON p.id = u.partner_id"
            " WHERE u.id = %s",
            [user["id"]],
        ).fetchone()
        assert row is not None
        return row

    by_django = stack.halves.django.created(email="Row-D@example.com", age=7)
    by_edge = stack.halves.edge.created(email="Row-E@example.com", age=7)

    assert row_of(by_django) == ("alpine", "Row-D@example.com", "row-d@example.com", 7, True)
    assert row_of(by_edge) == ("alpine", "Row-E@example.com", "row-e@example.com", 7, True)


def test_history_names_the_key_and_the_request_and_no_staff_user(half: Half, stack: Stack) -> None:
    answer = half.post({"email": an_email(), "age": 34})
    half.patch(answer.body["id"], {"age": 35})

    steps = stack.rows.execute(
        "SELECT to_jsonb(e), c.metadata"
        "  FROM users_userevent e JOIN pghistory_context c ON c.id = e.pgh_context_id"
        " WHERE e.pgh_obj_id = %s ORDER BY e.pgh_id",
        [answer.body["id"]],
    ).fetchall()

    assert [step["pgh_label"] for step, _ in steps] == ["insert", "update"]
    assert steps[0][1]["request_id"] == answer.headers["X-Request-Id"]
    assert all(metadata["api_key"] for _, metadata in steps)
    assert not any({"email", "email_key", "age"} & set(step) for step, _ in steps)


@pytest.mark.parametrize(
    ("email", "age"),
    [
        ("a@b.c", 0),
        ("x" * 242 + "@example.com", 120),
        ("jürgen@müller.example", 1),
        ("日本@例え.jp", 20),
        ("😀@example.com", 20),
    ],
)
def test_the_outermost_values_are_fine(half: Half, stack: Stack, email: str, age: int) -> None:
    answer = half.with_key(a_key(stack)).post({"email": email, "age": age})

    assert (answer.status, answer.body["email"], answer.body["age"]) == (201, email, age)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (" {}@EXAMPLE.com\n", "{}@example.com"),
        ("\u202a{}@example.com\u202c", "{}@example.com"),
        ("\u00a0Jose\u0301.{}@XN--MLLER-KVA.example\u200b", "José.{}@müller.example"),
    ],
)
def test_both_halves_store_the_same_normal_form(halves: Halves, sent: str, stored: str) -> None:
    for half in (halves.django, halves.edge):
        own = an_email().partition("@")[0]

        assert half.created(email=sent.format(own))["email"] == stored.format(own)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{}.strasse@example.com", "{}.STRAßE@example.com"),
        ("{}.é@example.com", "{}.E\u0301@example.com"),
        ("{}.ς@example.com", "{}.Σ@example.com"),
        ("{}.İ@example.com", "{}.i\u0307@example.com"),
        ("{}@müller.example", " {}@XN--MLLER-KVA.example"),
    ],
)
def test_addresses_are_compared_case_folded(halves: Halves, one: str, other: str) -> None:
    own = an_email().partition("@")[0]
    user, another = halves.edge.created(email=one.format(own)), halves.django.created()

    for method, path in (("POST", "/v1/users"), ("PATCH", f"/v1/users/{another['id']}")):
        refused = halves.both(method, path, {"email": other.format(own), "age": 20})

        assert (refused.status, refused.body["field"]) == (409, "email")
    again = halves.edge.patch(user["id"], {"email": other.format(own)})
    assert again.status == 200, "it is the user's own address"


def test_an_address_belongs_to_one_user_whatever_its_capitals(halves: Halves) -> None:
    taken = halves.django.created()["email"]

    answer = halves.both("POST", "/v1/users", {"email": taken.upper(), "age": 20})

    assert (answer.status, answer.body["type"]) == (409, "urn:portico:problem:email-taken")
    assert answer.body["field"] == "email"
    assert taken not in answer.text.lower()


def test_another_partner_may_have_the_same_customer(half: Half, stack: Stack) -> None:
    ours = half.created()

    theirs = half.with_key(stack.keys.rival).created(email=ours["email"])

    assert theirs["id"] != ours["id"]


def test_a_body_may_come_in_chunks(half: Half) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", half.port, timeout=ANSWER_SECONDS)
    email = an_email()
    chunks = (part.encode() for part in ('{"email": "', email, '", "age": 3', "0}"))
    headers = {"Authorization": f"Bearer {half.key}", "Content-Type": "application/json"}

    # Without a length, http.client sends chunks.
    connection.request("POST", "/v1/users", body=chunks, headers=headers)
    response = connection.getresponse()

    assert (response.status, json.loads(response.read())["email"]) == (201, email)
    connection.close()


def test_ids_are_not_to_be_guessed(half: Half) -> None:
    assert UUID(half.created()["id"]).version == 4
