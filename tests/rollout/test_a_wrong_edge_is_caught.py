"""An edge that does something else than Django is caught, with the path of what is wrong."""

import pytest

from tests.rollout.stack import an_email
from tests.rollout.wrong_stack import WrongStack


@pytest.mark.parametrize(
    ("wrong", "places"),
    [
        ("one more", {("/age", "value")}),
        ("missing field", {("/age", "missing")}),
        ("extra field", {("/nickname", "extra")}),
        ("text for number", {("/age", "type")}),
        ("null", {("/email", "type")}),
        ("other address", {("/email", "value")}),
        ("address as key", {("/{key}", "extra")}),
        ("other status", {("status", "status")}),
        ("breaks", {("status", "status")}),
        ("writes", {("status", "status")}),
    ],
)
def test_in_an_answer(wrong_stack: WrongStack, wrong: str, places: set[tuple[str, str]]) -> None:
    user = wrong_stack.a_user()

    compared = wrong_stack.compare("GET", f"/v1/users/{user['id']}", wrong=wrong)

    assert compared.answer.body == user
    assert (compared.verdict, compared.places) == ("mismatch", places)


@pytest.mark.parametrize(
    ("wrong", "places"),
    [
        ("other order", {("/items", "order")}),
        ("one fewer", {("/items", "length"), ("/items/2", "missing")}),
        ("one item off", {(f"/items/{place}/age", "value") for place in range(3)}),
    ],
)
def test_in_a_list(wrong_stack: WrongStack, wrong: str, places: set[tuple[str, str]]) -> None:
    for _ in range(3):
        wrong_stack.a_user()

    compared = wrong_stack.compare("GET", "/v1/users?limit=3", wrong=wrong)

    assert (compared.verdict, compared.places) == ("mismatch", places)


@pytest.mark.parametrize(
    ("wrong", "places"),
    [
        ("one more", {("/age", "value")}),
        ("missing field", {("/age", "missing")}),
        ("other status", {("status", "status")}),
        ("other place", {("header:location", "header")}),
        ("place of another", {("header:location", "header")}),
        ("row off by one", {("rows:users_user/0/age", "value")}),
        ("row of another", {("rows:users_user/0/partner_id", "value")}),
        (
            "missing row",
            {
                ("rows:users_user/0", "missing"),
                ("rows:pghistory_context/0", "missing"),
                ("/id", "value"),
                ("header:location", "header"),
            },
        ),
        ("extra row", {("rows:users_user/1", "extra")}),
        ("row of a test", {("rows:users_user/0/test_mode", "value")}),
        ("row an hour early", {("rows:users_user/0/created_at", "value")}),
        ("row saved before it was made", {("rows:users_user/0/updated_at", "value")}),
        ("row with a blank", {("rows:users_user/0/email", "value")}),
        ("makes a row twice as old", {("rows:users_user/1", "extra")}),
        ("changed again", {("rows:users_user/1", "extra")}),
        (
            "column without history",
            {("rows:users_user/0/email", "value"), ("rows:users_user/0/email_key", "value")},
        ),
        ("event without a row", {("rows:events_event/0", "extra")}),
        ("counter without history", {("rows:catalog_departure/0", "extra")}),
        ("other actor", {("rows:pghistory_context/0/metadata/api_key", "value")}),
        ("owes a partner", {("status", "status")}),
        ("breaks", {("status", "status")}),
        (
            "refuses",
            {
                ("status", "status"),
                ("rows:users_user/0", "missing"),
                ("rows:pghistory_context/0", "missing"),
            },
        ),
    ],
)
def test_in_a_write(wrong_stack: WrongStack, wrong: str, places: set[tuple[str, str]]) -> None:
    new = {"email": an_email(), "age": 30}

    compared = wrong_stack.compare("POST", "/v1/users", new, wrong=wrong)

    assert compared.answer.status == 201
    assert compared.verdict == "mismatch"
    assert compared.places == places
    assert wrong_stack.rows("SELECT age FROM users_user WHERE email = %s", new["email"]) == [(30,)]


def test_an_update_that_changes_nothing_is_no_mistake(wrong_stack: WrongStack) -> None:
    new = {"email": an_email(), "age": 30}

    assert wrong_stack.compare("POST", "/v1/users", new, wrong="touches the row").verdict == "match"


def test_in_a_change(wrong_stack: WrongStack) -> None:
    wrong_stack.a_user()
    path = f"/v1/users/{wrong_stack.a_user()['id']}"

    compared = wrong_stack.compare("PATCH", path, {"age": 31}, wrong="touches another")

    assert compared.places == {("rows:users_user/1", "extra")}
    assert wrong_stack.compare("PATCH", path, {"age": 32}).verdict == "match"
    assert wrong_stack.compare("PATCH", path, {"age": 32}).verdict == "match"
    deleted = wrong_stack.compare("DELETE", path)
    assert (deleted.answer.status, deleted.verdict) == (204, "match")
    assert wrong_stack.compare("DELETE", path).verdict == "match"


@pytest.mark.parametrize(
    ("wrong", "places"),
    [
        ("missing event", {("rows:events_event/1", "missing")}),
        ("extra event", {("rows:events_event/2", "extra")}),
        ("other event", {("rows:events_event/1/type", "value")}),
        (
            "events in another order",
            {("rows:events_event/0/type", "value"), ("rows:events_event/1/type", "value")},
        ),
        (
            "event of another",
            {(f"rows:events_event/{place}/booking_uuid", "value") for place in range(2)},
        ),
    ],
)
def test_in_the_outbox(wrong_stack: WrongStack, wrong: str, places: set[tuple[str, str]]) -> None:
    compared = wrong_stack.compare(
        "POST", "/v1/orders", {"email": an_email(), "age": 9}, wrong=wrong
    )

    assert (compared.verdict, compared.places) == ("mismatch", places)


@pytest.mark.parametrize("path", ["/v1/users", "/v1/orders"])
def test_a_right_one_is_left_alone(wrong_stack: WrongStack, path: str) -> None:
    new = {"email": an_email(), "age": 30}

    assert wrong_stack.compare("POST", path, new).verdict == "match"
    assert wrong_stack.compare("POST", path, new).verdict == "match"
    assert wrong_stack.compare("POST", path, {"email": "no"}).verdict == "match"
    assert wrong_stack.compare("GET", "/v1/users?limit=3").verdict == "match"
    assert wrong_stack.compare("GET", "/v1/users/unknown").verdict == "match"


def test_what_differs_is_grouped_with_an_example(wrong_stack: WrongStack) -> None:
    path = f"/v1/users/{wrong_stack.a_user()['id']}"
    wrong_stack.set_stage("GET /v1/users/{id}", "shadow")

    for _ in range(2):
        # Comparisons that overlap may be written in either order; the example is the last one's.
        answer = wrong_stack.ask_wrongly("GET", path, wrong="extra field")
        assert wrong_stack.verdict_on(answer) == "mismatch"

    example, seen = wrong_stack.rows(
        "SELECT example, example_request_id::text FROM endpoints_difference"
        " WHERE path = '/nickname' AND kind = 'extra'"
    )[0]
    assert example["django"] == {"type": "absent"}
    assert (example["edge"]["type"], example["edge"]["length"]) == ("text", 3)
    assert seen == answer.headers["X-Request-Id"]
