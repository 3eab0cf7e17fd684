"""A change touches what was sent and nothing else; through either door."""

import pytest

from tests.users.conftest import House
from tests.users.doors import Door, Doors, an_email


def test_only_what_is_sent_changes(door: Door) -> None:
    before = door.created(age=30)

    answer = door.patch(before["id"], {"age": 31})

    assert answer.status == 200
    assert answer.body["updatedAt"] > before["updatedAt"]
    assert answer.body == before | {"age": 31, "updatedAt": answer.body["updatedAt"]}
    assert door.get(f"/v1/users/{before['id']}").body == answer.body


def test_an_address_can_be_changed_and_is_free_again(door: Door) -> None:
    user = door.created()
    new = an_email()

    assert door.patch(user["id"], {"email": new}).body["email"] == new

    assert door.created(email=user["email"])["id"] != user["id"]


def test_the_capitals_of_an_address_can_be_changed(door: Door) -> None:
    user = door.created()

    mailbox, _, domain = user["email"].partition("@")

    answer = door.patch(user["id"], {"email": user["email"].upper()})

    assert (answer.status, answer.body["email"]) == (200, f"{mailbox.upper()}@{domain}")


@pytest.mark.parametrize("same", [{}, {"age": 30}])
def test_what_is_already_so_changes_nothing(door: Door, same: dict[str, object]) -> None:
    user = door.created(age=30)

    answer = door.patch(user["id"], {**same} if not same else {**same, "email": user["email"]})

    assert (answer.status, answer.body) == (200, user)


def test_anothers_address_is_refused_and_nothing_changes(doors: Doors) -> None:
    taken, user = doors.edge.created(), doors.edge.created(age=30)

    answer = doors.both(
        "PATCH", f"/v1/users/{user['id']}", {"email": taken["email"].upper(), "age": 99}
    )

    assert (answer.status, answer.body["field"]) == (409, "email")
    assert doors.edge.get(f"/v1/users/{user['id']}").body == user


def test_another_partners_user_looks_missing(doors: Doors, house: House) -> None:
    user = doors.edge.created()
    rival = doors.with_key(house.keys.rival)
    nobodys = "00000000-0000-4000-8000-000000000000"

    for method, body in (("GET", None), ("PATCH", {"age": 1})):
        theirs = rival.both(method, f"/v1/users/{user['id']}", body)
        missing = rival.both(method, f"/v1/users/{nobodys}", body)

        assert theirs.status == 404
        assert theirs.compared() == missing.compared()
    assert doors.edge.get(f"/v1/users/{user['id']}").body == user


def test_an_id_may_be_written_in_capitals(door: Door) -> None:
    user = door.created()

    assert door.get(f"/v1/users/{user['id'].upper()}").body == user
