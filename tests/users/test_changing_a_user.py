"""A change touches what was sent and nothing else; through either half."""

import pytest

from tests.users.halves import Half, Halves, an_email, compared
from tests.users.stack import Stack


def test_only_what_is_sent_changes(half: Half) -> None:
    before = half.created(age=30)

    answer = half.patch(before["id"], {"age": 31})

    assert answer.status == 200
    assert answer.body["updatedAt"] > before["updatedAt"]
    assert answer.body == before | {"age": 31, "updatedAt": answer.body["updatedAt"]}
    assert half.get(f"/v1/users/{before['id']}").body == answer.body


def test_an_address_can_be_changed_and_is_free_again(half: Half) -> None:
    user = half.created()
    new = an_email()

    assert half.patch(user["id"], {"email": new}).body["email"] == new

    assert half.created(email=user["email"])["id"] != user["id"]


def test_the_capitals_of_an_address_can_be_changed(half: Half) -> None:
    user = half.created()

    mailbox, _, domain = user["email"].partition("@")

    answer = half.patch(user["id"], {"email": user["email"].upper()})

    assert (answer.status, answer.body["email"]) == (200, f"{mailbox.upper()}@{domain}")


@pytest.mark.parametrize("same", [{}, {"age": 30}])
def test_what_is_already_so_changes_nothing(half: Half, same: dict[str, object]) -> None:
    user = half.created(age=30)

    answer = half.patch(user["id"], {**same} if not same else {**same, "email": user["email"]})

    assert (answer.status, answer.body) == (200, user)


def test_anothers_address_is_refused_and_nothing_changes(halves: Halves) -> None:
    taken, user = halves.edge.created(), halves.edge.created(age=30)

    answer = halves.both(
        "PATCH", f"/v1/users/{user['id']}", {"email": taken["email"].upper(), "age": 99}
    )

    assert (answer.status, answer.body["field"]) == (409, "email")
    assert halves.edge.get(f"/v1/users/{user['id']}").body == user


def test_another_partners_user_looks_missing(halves: Halves, stack: Stack) -> None:
    user = halves.edge.created()
    rival = halves.with_key(stack.keys.rival)
    missing_ones = "00000000-0000-4000-8000-000000000000"

    for method, body in (("GET", None), ("PATCH", {"age": 1})):
        theirs = rival.both(method, f"/v1/users/{user['id']}", body)
        missing = rival.both(method, f"/v1/users/{missing_ones}", body)

        assert theirs.status == 404
        assert compared(theirs) == compared(missing)
    assert halves.edge.get(f"/v1/users/{user['id']}").body == user


def test_an_id_may_be_written_in_capitals(half: Half) -> None:
    user = half.created()

    assert half.get(f"/v1/users/{user['id'].upper()}").body == user
