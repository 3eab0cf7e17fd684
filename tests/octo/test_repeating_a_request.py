"""What may be repeated when an answer was lost, and what a repeat does."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from urllib.request import urlopen

import pytest

from tests.harness.clients import CLARA, Answer, OctoClient, a_slot
from tests.harness.waiting import ANSWER_SECONDS, eventually
from tests.octo.edge import Edge


def minutes_held(booking: Any) -> float:
    created, expires = (
        datetime.fromisoformat(booking[key]) for key in ("utcCreatedAt", "utcExpiresAt")
    )
    return (expires - created).total_seconds() / 60


def test_cancelling_again_returns_the_booking_as_it_is(partner: OctoClient) -> None:
    path = f"/octo/bookings/{partner.confirmed()['uuid']}/cancel"
    cancelled = partner.post(path, {"reason": "Guest fell ill"})

    for body in ({"reason": "Guest fell ill"}, {"reason": "Other", "force": True}, None):
        again = partner.post(path, body)
        assert (again.status, again.body) == (200, cancelled.body)


def test_a_cancelled_hold_can_be_cancelled_again_too(partner: OctoClient) -> None:
    slot = a_slot()
    path = f"/octo/bookings/{partner.reserved(slot)['uuid']}/cancel"
    cancelled = partner.post(path)

    again = partner.post(path)

    assert (again.status, again.body) == (200, cancelled.body)
    assert partner.vacancies(slot) == 12


def test_another_partner_cannot_repeat_it(partner: OctoClient, rival: OctoClient) -> None:
    path = f"/octo/bookings/{partner.reserved()['uuid']}/cancel"
    partner.post(path)

    answer = rival.post(path)

    assert (answer.status, answer.error) == (400, "INVALID_BOOKING_UUID")


def test_what_was_cancelled_is_not_changed_or_confirmed(partner: OctoClient) -> None:
    path = f"/octo/bookings/{partner.confirmed()['uuid']}"
    partner.post(f"{path}/cancel")

    for answer in (
        partner.post(f"{path}/confirm", {"contact": CLARA}),
        partner.post(f"{path}/extend"),
        partner.patch(path, {"notes": "late"}),
    ):
        assert (answer.status, answer.error) == (400, "UNPROCESSABLE_ENTITY")


def extend(partner: OctoClient, held: Any, key: str | None, minutes: int | None = 10) -> Answer:
    headers = {} if key is None else {"Idempotency_Key": key}
    body = {} if minutes is None else {"expirationMinutes": minutes}
    return partner.post(f"/octo/bookings/{held['uuid']}/extend", body, **headers)


def patch(partner: OctoClient, held: Any, key: str, **body: Any) -> Answer:
    return partner.patch(f"/octo/bookings/{held['uuid']}", body, Idempotency_Key=key)


def test_extending_with_the_same_key_adds_once(partner: OctoClient) -> None:
    held = partner.reserved()

    extended = extend(partner, held, "one")
    again = extend(partner, held, "one")

    assert minutes_held(extended.body) == 40
    assert (again.status, again.body) == (200, extended.body)


def test_without_a_key_or_with_another_one_each_request_adds(partner: OctoClient) -> None:
    held = partner.reserved()

    for key in (None, None, "one", "two"):
        extended = extend(partner, held, key)

    assert minutes_held(extended.body) == 70


def test_a_late_repeat_adds_nothing_either(partner: OctoClient) -> None:
    held = partner.reserved()
    first, _, last = (extend(partner, held, key) for key in ("one", "two", "three"))

    assert extend(partner, held, "one").body == first.body
    assert partner.get(f"/octo/bookings/{held['uuid']}").body == last.body


def test_quotes_make_no_other_key_nor_blanks_another_request(partner: OctoClient) -> None:
    held = partner.reserved()
    path = f"/octo/bookings/{held['uuid']}/extend"
    extended = partner.post(path, {"expirationMinutes": 10, "a": 1}, Idempotency_Key="one")

    again = partner.post(path, b'{ "a": 1,\t"expirationMinutes":10 }', Idempotency_Key='"one"')

    assert (again.status, again.text) == (200, extended.text)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in extended.headers


def test_a_reservation_with_a_key_needs_no_uuid(partner: OctoClient) -> None:
    slot = a_slot()
    wanted = {
        "productId": "river-kayak", "optionId": "DEFAULT", "availabilityId": slot,
        "unitItems": [{"unitId": "adult"}],
    }  # fmt: skip
    held = partner.post("/octo/bookings", wanted, Idempotency_Key="one reservation")
    partner.post(f"/octo/bookings/{held.body['uuid']}/cancel")

    again = partner.post("/octo/bookings", wanted, Idempotency_Key="one reservation")

    assert (held.status, again.text) == (200, held.text)
    assert partner.vacancies(slot) == 12


def test_the_same_key_for_other_minutes_is_refused(partner: OctoClient) -> None:
    held = partner.reserved()
    extended = extend(partner, held, "one")

    other = extend(partner, held, "one", minutes=20)

    assert (other.status, other.error) == (400, "UNPROCESSABLE_ENTITY")
    assert other.message.startswith("Idempotency-Key was sent before with another request")
    assert "expirationMinutes differs" in other.message
    assert partner.get(f"/octo/bookings/{held['uuid']}").body == extended.body


def test_a_key_belongs_to_one_booking(partner: OctoClient) -> None:
    first, second = partner.reserved(), partner.reserved()
    extend(partner, first, "one")

    assert minutes_held(extend(partner, second, "one", minutes=20).body) == 50


def test_a_repeat_returns_the_first_answer(partner: OctoClient) -> None:
    held = partner.reserved()
    extended = extend(partner, held, "one")
    partner.post(f"/octo/bookings/{held['uuid']}/confirm", {"contact": CLARA})

    assert extend(partner, held, "one").text == extended.text
    assert extend(partner, held, "two").error == "UNPROCESSABLE_ENTITY"


def test_a_refused_request_may_be_sent_again_in_another_way(partner: OctoClient) -> None:
    held = partner.reserved()
    refused = patch(partner, held, "one", unitItems=[{"unitId": "dragon"}])
    assert refused.error == "INVALID_UNIT_ID"

    changed = patch(partner, held, "one", unitItems=[{"unitId": "adult"}])

    assert (changed.status, len(changed.body["unitItems"])) == (200, 1)


def test_a_change_with_the_same_key_is_made_once(partner: OctoClient) -> None:
    held = partner.reserved()
    change = {"unitItems": [{"unitId": "adult"}] * 3, "expirationMinutes": 10, "notes": "a pram"}

    changed = patch(partner, held, "one", **change)
    again = patch(partner, held, "one", **change)

    assert (minutes_held(changed.body), len(changed.body["unitItems"])) == (40, 3)
    assert (again.status, again.body) == (200, changed.body)


@pytest.mark.parametrize(
    "other", [{"expirationMinutes": 20}, {"notes": "two prams"}, {"notes": None}, {}]
)
def test_the_same_key_for_another_change_is_refused(partner: OctoClient, other: Any) -> None:
    held = partner.reserved()
    patch(partner, held, "one", expirationMinutes=10, notes="a pram")

    answer = patch(partner, held, "one", **other)

    assert (answer.status, answer.error) == (400, "UNPROCESSABLE_ENTITY")
    assert "Idempotency-Key" in answer.message


def test_a_key_belongs_to_one_path(partner: OctoClient) -> None:
    held = partner.reserved()
    extend(partner, held, "one")

    assert minutes_held(patch(partner, held, "one", expirationMinutes=10).body) == 50


def test_a_caller_who_hung_up_gets_the_answer_by_repeating(edge: Edge, partner: OctoClient) -> None:
    slot = a_slot()
    wanted = {
        "productId": "river-kayak", "optionId": "DEFAULT", "availabilityId": slot,
        "unitItems": [{"unitId": "adult"}],
    }  # fmt: skip
    hanging_up = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=ANSWER_SECONDS)
    headers = {"Authorization": f"Bearer {edge.keys.live}", "Idempotency-Key": "hung up"}
    hanging_up.request("POST", "/octo/bookings", json.dumps(wanted), headers)
    assert eventually(lambda: partner.vacancies(slot) == 11)
    hanging_up.close()

    again = partner.post("/octo/bookings", wanted, Idempotency_Key="hung up")

    assert (again.status, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert partner.vacancies(slot) == 11


def test_at_the_same_moment_it_adds_once(edge: Edge, partner: OctoClient) -> None:
    held = partner.reserved()
    programs = [OctoClient(edge.port, edge.keys.live) for _ in range(8)]

    with ThreadPoolExecutor(len(programs)) as threads:
        answers = list(threads.map(lambda program: extend(program, held, "one"), programs))

    assert {answer.status for answer in answers} == {200}
    assert {minutes_held(answer.body) for answer in answers} == {40}


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("", "Idempotency-Key must not be empty"),
        ("k" * 256, "Idempotency-Key must have at most 255 characters"),
        ("clé", "Idempotency-Key must consist of printable ASCII characters"),
        ("a\tb", "Idempotency-Key must consist of printable ASCII characters"),
        ('"one', 'Idempotency-Key must end where its quotes end: "…", or have none'),
    ],
)
def test_a_key_that_cannot_be_one_is_explained(partner: OctoClient, key: str, message: str) -> None:
    held = partner.reserved()

    for answer in (extend(partner, held, key), patch(partner, held, key, notes="x")):
        assert (answer.status, answer.error, answer.message) == (400, "BAD_REQUEST", message)
    assert partner.get(f"/octo/bookings/{held['uuid']}").body == held


def test_the_longest_key_is_taken(partner: OctoClient) -> None:
    held = partner.reserved()

    extend(partner, held, "~ " * 127 + "k")

    assert minutes_held(extend(partner, held, "~ " * 127 + "k").body) == 40


def test_a_key_sent_twice_is_explained(edge: Edge, partner: OctoClient) -> None:
    held = partner.reserved()
    connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=ANSWER_SECONDS)
    connection.putrequest("POST", f"/octo/bookings/{held['uuid']}/extend")
    connection.putheader("Authorization", f"Bearer {edge.keys.live}")
    connection.putheader("Idempotency-Key", "one")
    connection.putheader("Idempotency-Key", "two")
    connection.putheader("Content-Length", "0")
    connection.endheaders()

    answer = connection.getresponse()

    assert answer.status == 400
    assert json.loads(answer.read())["errorMessage"] == (
        "Idempotency-Key must be sent once, and must have no comma"
    )


def test_the_documentation_says_what_may_be_repeated(edge: Edge) -> None:
    with urlopen(f"http://127.0.0.1:{edge.port}/openapi.json") as answer:
        described = json.load(answer)["paths"]
    operations = {
        f"{method} {path}": operation
        for path, methods in described.items()
        if path.startswith("/octo/bookings")
        for method, operation in methods.items()
    }

    assert len(operations) == 7
    for name, operation in operations.items():
        assert "afe to repeat" in operation["description"], name
        named = {parameter.get("name") for parameter in operation.get("parameters", [])}
        takes_key = not name.startswith("get")
        assert ("Idempotency-Key" in named) == takes_key
