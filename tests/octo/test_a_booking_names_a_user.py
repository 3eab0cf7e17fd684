"""A booking may name one of its partner's users, who keeps to the ages of its units."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.harness.clients import OctoClient, a_slot, request_once
from tests.octo.edge import Edge

CHILD_AND_ADULT = [{"unitId": "child"}, {"unitId": "adult"}]


def a_user(edge: Edge, *, age: int = 34, key: str | None = None) -> str:
    new = {"email": f"{uuid4()}@example.com", "age": age}
    made = request_once(edge.port, "POST", "/v1/users", new, key=key or edge.keys.live)
    assert made.status == 201, made.text
    return str(made.body["id"])


def test_it_is_kept_changed_and_taken_off(partner: OctoClient, edge: Edge) -> None:
    first, second = a_user(edge), a_user(edge)
    held = partner.reserved(userId=first)
    path = f"/octo/bookings/{held['uuid']}"
    assert held["userId"] == partner.get(path).body["userId"] == first

    assert (
        partner.post(f"{path}/confirm", {"contact": {"firstName": "A", "lastName": "B"}}).body[
            "userId"
        ]
        == first
    )
    assert partner.patch(path, {"availabilityId": a_slot()}).body["userId"] == first
    assert partner.patch(path, {"userId": second}).body["userId"] == second
    assert partner.patch(path, {"userId": None}).body["userId"] is None
    assert partner.patch(path, {"userId": second}).body["userId"] == second
    assert partner.post(f"{path}/cancel", {}).body["userId"] == second
    with psycopg.connect(edge.database.owner_url) as connection:
        changed = connection.execute(
            "SELECT count(*) FROM events_event"
            " WHERE booking_uuid = %s AND data -> 'changed' ? 'user_id'",
            [held["uuid"]],
        ).fetchone()
    assert changed == (3,)


@pytest.mark.parametrize("whose", ["no one's", "a rival's", "a test's"])
def test_another_partners_user_looks_missing(partner: OctoClient, edge: Edge, whose: str) -> None:
    keys = {"a rival's": edge.keys.rival, "a test's": edge.keys.test}
    user = a_user(edge, key=keys[whose]) if whose in keys else str(uuid4())
    slot = a_slot()
    before = partner.vacancies(slot)

    refused = partner.reserve(slot, userId=user)

    assert (refused.status, refused.error) == (400, "BAD_REQUEST")
    assert refused.message.startswith("userId is not one of your users")
    assert partner.vacancies(slot) == before


def test_the_tickets_must_have_one_for_the_users_age(partner: OctoClient, edge: Edge) -> None:
    child = a_user(edge, age=9)

    refused = partner.reserve(userId=child)
    assert (refused.status, refused.error) == (400, "UNPROCESSABLE_ENTITY")
    assert refused.message == (
        "userId: no ticket of unitItems is for the user's age on that day: adult for 15 to 99"
    )
    held: Any = partner.reserved(userId=child, unitItems=CHILD_AND_ADULT)
    assert held["userId"] == child

    path = f"/octo/bookings/{held['uuid']}"
    (of_adult,) = (
        {"uuid": item["uuid"], "unitId": "adult"}
        for item in held["unitItems"]
        if item["unitId"] == "adult"
    )
    assert partner.patch(path, {"unitItems": [of_adult, {"unitId": "adult"}]}).error == (
        "UNPROCESSABLE_ENTITY"
    )
    assert partner.get(path).body["unitItems"] == held["unitItems"]
    # Tickets may be given back: that follows the rules of cancelling.
    assert partner.patch(path, {"unitItems": [of_adult]}).status == 200


def test_another_address_makes_no_user_younger(partner: OctoClient, edge: Edge) -> None:
    user = a_user(edge, age=14)
    with psycopg.connect(edge.database.owner_url) as owner:
        owner.execute(
            "UPDATE users_user SET updated_at = now() - interval '400 days' WHERE id = %s", [user]
        )
    new = {"email": f"{uuid4()}@example.com"}
    path = f"/v1/users/{user}"
    assert request_once(edge.port, "PATCH", path, new, key=edge.keys.live).body["age"] == 14

    assert partner.reserve(userId=user).status == 200, "15 by now"
    assert request_once(edge.port, "PATCH", path, {"age": 13}, key=edge.keys.live).status == 200
    assert partner.reserve(userId=user).status == 400


def test_a_deleted_user_stays_named_and_hinders_no_change(partner: OctoClient, edge: Edge) -> None:
    user = a_user(edge)
    booked = partner.confirmed(userId=user)
    deleted = request_once(edge.port, "DELETE", f"/v1/users/{user}", key=edge.keys.live)
    assert deleted.status == 204

    path = f"/octo/bookings/{booked['uuid']}"
    moved = partner.patch(path, {"availabilityId": a_slot()})

    assert (moved.status, moved.body["userId"]) == (200, user)
    assert partner.patch(path, {"userId": user}).status == 200, "it names that one already"
    assert partner.reserve(userId=user).status == 400


def test_a_repeat_is_known_by_the_user(partner: OctoClient, edge: Edge) -> None:
    slot, uuid, user = a_slot(), str(uuid4()), a_user(edge)

    def status(**field: Any) -> int:
        return partner.reserve(slot, uuid=uuid, **field).status

    assert status(userId=user) == status(userId=user) == 200
    assert status() == status(userId=a_user(edge)) == 400
