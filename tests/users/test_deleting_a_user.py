"""A deleted user is gone with its personal data, the same way through either half."""

from functools import partial
from uuid import uuid4

from tests.users.halves import Half, Halves, compared
from tests.users.stack import Stack
from tests.users.test_two_at_once import at_once


def test_it_is_gone_and_its_address_is_free(half: Half) -> None:
    user = half.created()

    deleted = half.delete(user["id"])

    assert (deleted.status, deleted.text, deleted.headers["Content-Type"]) == (204, "", None)
    assert half.get(f"/v1/users/{user['id']}").status == 404
    assert half.created(email=user["email"])["id"] != user["id"]


def test_a_second_time_it_is_missing_like_any_other(halves: Halves) -> None:
    by_django, by_edge = halves.edge.created()["id"], halves.django.created()["id"]
    assert halves.django.delete(by_django).status == halves.edge.delete(by_edge).status == 204

    for path in (by_django, by_edge, str(uuid4()), "no-uuid"):
        again = halves.both("DELETE", f"/v1/users/{path}")

        assert (again.status, again.body["type"]) == (404, "urn:portico:problem:user-not-found")
        assert again.body["field"] == "id"


def test_another_partners_user_looks_missing_and_stays(halves: Halves, stack: Stack) -> None:
    user, rival = halves.edge.created(), halves.with_key(stack.keys.rival)

    theirs = rival.both("DELETE", f"/v1/users/{user['id']}")
    missing = rival.both("DELETE", f"/v1/users/{uuid4()}")

    assert theirs.status == 404
    assert compared(theirs) == compared(missing)
    assert halves.both("DELETE", f"/v1/users/{user['id']}", Octo_Env="test").status == 404
    assert halves.both("DELETE", f"/v1/users/{user['id']}?force=1").body["field"] == "force"
    assert halves.edge.get(f"/v1/users/{user['id']}").body == user


def test_the_history_says_that_it_was_deleted_by_which_key(half: Half, stack: Stack) -> None:
    user = half.created()
    deleted = half.delete(user["id"])

    last = stack.rows.execute(
        "SELECT e.pgh_label, to_jsonb(e)::text, c.metadata ->> 'request_id',"
        "       c.metadata ->> 'api_key'"
        "  FROM users_userevent e JOIN pghistory_context c ON c.id = e.pgh_context_id"
        " WHERE e.pgh_obj_id = %s ORDER BY e.pgh_id DESC LIMIT 1",
        [user["id"]],
    ).fetchone()

    assert last is not None
    label, row, request_id, api_key = last
    assert (label, request_id) == ("delete", deleted.headers["X-Request-Id"])
    assert api_key is not None
    assert user["email"] not in str(row)


def test_stored_answers_are_erased_and_the_guests_of_its_bookings_will_be(
    halves: Halves, stack: Stack
) -> None:
    for half, other in ((halves.django, halves.edge), (halves.edge, halves.django)):
        key = str(uuid4())
        user = half.created(Idempotency_Key=key)

        assert other.delete(user["id"]).status == 204

        kept = stack.rows.execute(
            "SELECT body, headers, fingerprint::text FROM idempotency_record WHERE subject = %s",
            [user["id"]],
        ).fetchall()
        assert kept == [(None, None, "{}")]
        owed = "SELECT count(*) FROM persons_owederasure WHERE user_id = %s"
        assert stack.rows.execute(owed, [user["id"]]).fetchone() == (1,)
        again = halves.both("POST", "/v1/users", {"email": user["email"], "age": 30},
                            Idempotency_Key=key)  # fmt: skip
        assert (again.status, again.body["type"]) == (409, "urn:portico:problem:answer-not-kept")


def test_a_repeat_with_its_key_is_answered_as_the_first_time(halves: Halves) -> None:
    for half, other in ((halves.django, halves.edge), (halves.edge, halves.django)):
        path, key = f"/v1/users/{half.created()['id']}", str(uuid4())
        first = half.send("DELETE", path, Idempotency_Key=key)

        again = other.send("DELETE", path, Idempotency_Key=key)

        assert (first.status, again.status, again.text) == (204, 204, "")
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.headers["Content-Type"] == first.headers["Content-Type"]
        assert other.send("DELETE", path, Idempotency_Key=str(uuid4())).status == 404


def test_of_many_at_once_one_deletes_it(halves: Halves) -> None:
    user = halves.edge.created()["id"]

    answers = at_once(*(partial(half.delete, user) for half in (halves.django, halves.edge) * 3))

    assert sorted(answer.status for answer in answers) == [204] + [404] * 5
