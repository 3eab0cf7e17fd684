"""With an idempotency key a repeat does nothing more, whichever half answers each of the tries."""

import json
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from uuid import uuid4

import pytest

from tests.harness.clients import Answer
from tests.harness.waiting import ANSWER_SECONDS
from tests.users.halves import Half, Halves, an_email
from tests.users.stack import Stack
from tests.users.test_two_at_once import at_once

MOVES = [("django", "edge"), ("edge", "django"), ("django", "django"), ("edge", "edge")]


@pytest.fixture(params=MOVES, ids=" then ".join)
def tries(request: pytest.FixtureRequest, halves: Halves) -> tuple[Half, Half]:
    """The half of the first try and that of the second: the endpoint has moved meanwhile."""
    first, second = request.param
    return getattr(halves, first), getattr(halves, second)


def a_body() -> dict[str, object]:
    return {"email": an_email(), "age": 30}


def same_but_replayed(first: Answer, second: Answer) -> bool:
    names = ("Content-Type", "Location")
    return (
        (first.status, first.text) == (second.status, second.text)
        and [first.headers[name] for name in names] == [second.headers[name] for name in names]
        and (first.headers["Idempotency-Replayed"], second.headers["Idempotency-Replayed"])
        == (None, "true")
    )


def test_a_user_is_created_once(tries: tuple[Half, Half], stack: Stack) -> None:
    body, key = a_body(), str(uuid4())

    created = tries[0].post(body, Idempotency_Key=key)
    again = tries[1].post(body, Idempotency_Key=f'"{key}"')

    assert created.status == 201
    assert same_but_replayed(created, again)
    assert stack.rows.execute(
        "SELECT count(*) FROM users_user WHERE email = %s", [body["email"]]
    ).fetchone() == (1,)


def test_a_change_is_made_once(tries: tuple[Half, Half]) -> None:
    user, key = tries[0].created(), str(uuid4())

    changed = tries[0].patch(user["id"], {"age": 31}, Idempotency_Key=key)
    tries[1].patch(user["id"], {"age": 40})
    again = tries[1].patch(user["id"], {"age": 31}, Idempotency_Key=key)

    assert same_but_replayed(changed, again)
    assert tries[0].get(f"/v1/users/{user['id']}").body["age"] == 40


def test_a_refused_request_has_used_no_key(tries: tuple[Half, Half]) -> None:
    taken, key = tries[0].created()["email"], str(uuid4())
    for wrong in ({"email": taken, "age": 30}, {"email": an_email(), "age": "30"}):
        assert tries[0].post(wrong, Idempotency_Key=key).status in (409, 422)

    assert tries[1].post(a_body(), Idempotency_Key=key).status == 201


def test_the_same_key_with_other_content_names_the_field(halves: Halves) -> None:
    body, key = a_body(), str(uuid4())
    halves.django.post(body, Idempotency_Key=key)

    refused = halves.both("POST", "/v1/users", body | {"age": 31}, Idempotency_Key=key)

    assert (refused.status, refused.body["field"]) == (422, "age")
    assert refused.body["type"] == "urn:portico:problem:idempotency-key-reused"
    fingerprints = refused.body["fingerprints"]
    assert fingerprints["first"] != fingerprints["repeated"]


@pytest.mark.parametrize("key", ["", "k" * 256, '"open', "clé", '"one,two"'])
def test_what_cannot_be_a_key_is_refused_alike(halves: Halves, key: str) -> None:
    refused = halves.both("POST", "/v1/users", a_body(), Idempotency_Key=key)

    assert (refused.status, refused.body["field"]) == (422, "Idempotency-Key")


@pytest.mark.parametrize(
    ("name", "values", "refused"),
    [
        ("Idempotency-Key", ("one", "two"), (422, "Idempotency-Key")),
        ("Idempotency-Key", ("one", "one"), (422, "Idempotency-Key")),
        ("Idempotency-Key", ('"one', 'two"'), (422, "Idempotency-Key")),
        ("Octo-Env", ("live", "live"), (400, "Octo-Env")),
        ("Authorization", ("Bearer {key}", "Bearer {key}"), (401, "Authorization")),
    ],
)
def test_a_header_that_is_sent_twice_is_refused_alike(
    halves: Halves, name: str, values: tuple[str, str], refused: tuple[int, str]
) -> None:
    def send_twice(half: Half) -> tuple[int, str, str]:
        sent = [("Authorization", f"Bearer {half.key}"), ("Content-Type", "application/json")]
        sent = [pair for pair in sent if pair[0] != name]
        sent += [(name, value.format(key=half.key)) for value in values]
        with closing(HTTPConnection("127.0.0.1", half.port, timeout=ANSWER_SECONDS)) as connection:
            connection.putrequest("POST", "/v1/users")
            for header in (*sent, ("Content-Length", str(len(body)))):
                connection.putheader(*header)
            connection.endheaders(body)
            response = connection.getresponse()
            problem = json.loads(response.read())
        return response.status, problem["field"], problem["type"]

    body = json.dumps(a_body()).encode()
    by_django, by_edge = send_twice(halves.django), send_twice(halves.edge)

    assert by_django == by_edge
    assert by_edge[:2] == refused


def test_a_call_that_is_running_is_answered_409_with_retry_after(
    halves: Halves, stack: Stack
) -> None:
    body, key = a_body(), str(uuid4())

    with stack.running_elsewhere(key, "POST", "/v1/users"):
        refused = halves.both("POST", "/v1/users", body, Idempotency_Key=key)

    assert (refused.status, refused.headers["Retry-After"]) == (409, "1")
    assert refused.body["type"] == "urn:portico:problem:call-still-running"
    assert halves.edge.post(body, Idempotency_Key=key).status == 201


def test_of_many_at_once_one_is_carried_out(halves: Halves, stack: Stack) -> None:
    body, key = a_body(), str(uuid4())

    answers = at_once(
        *[
            partial(half.post, body, Idempotency_Key=key)
            for half in (halves.django, halves.edge) * 3
        ]
    )

    created = [answer for answer in answers if answer.status == 201]
    assert len({answer.text for answer in created}) == 1
    assert [answer.headers["Idempotency-Replayed"] for answer in created].count(None) == 1
    # The others came while it was running.
    assert {answer.status for answer in answers} <= {201, 409}
    assert stack.rows.execute(
        "SELECT count(*) FROM users_user WHERE email = %s", [body["email"]]
    ).fetchone() == (1,)


def test_another_partner_and_test_mode_have_keys_of_their_own(half: Half, stack: Stack) -> None:
    key = str(uuid4())
    ids = {
        half.post(a_body(), Idempotency_Key=key).body["id"],
        half.post(a_body(), Idempotency_Key=key, Octo_Env="test").body["id"],
        half.with_key(stack.keys.rival).post(a_body(), Idempotency_Key=key).body["id"],
    }

    assert len(ids) == 3
