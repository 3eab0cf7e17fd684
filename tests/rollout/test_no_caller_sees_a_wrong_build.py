"""While a build is new, no caller sees an answer of the edge that differs from Django's."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.harness.waiting import eventually
from tests.rollout.house import Answer, an_email
from tests.rollout.wrong_house import WrongHouse

READ, CREATE = "GET /v1/users/{id}", "POST /v1/users"

#: Agreements of each status class.
ENOUGH = 3


@pytest.fixture
def guarded_house(wrong_house: WrongHouse) -> Iterator[WrongHouse]:
    """A house whose endpoints are guarded and hold out however often the edge is wrong."""
    wrong_house.guard(ENOUGH)
    for name in (READ, CREATE):
        wrong_house.set_stage(
            name, "canary", percent=100, most_mismatches=10_000, most_errors=10_000,
            guarded_percent=0,
        )  # fmt: skip
    yield wrong_house
    wrong_house.guard(0)
    for name in (READ, CREATE):
        wrong_house.set_stage(name, "django", most_mismatches=5, most_errors=3)


@pytest.mark.parametrize("callers", [1, 8])
@pytest.mark.parametrize("wrong", ["one more", "other status", "every other time", "huge"])
def test_however_it_is_wrong_and_asked(guarded_house: WrongHouse, wrong: str, callers: int) -> None:
    user = guarded_house.a_user()

    def ask(_: int) -> Answer:
        return guarded_house.ask_wrongly("GET", f"/v1/users/{user['id']}", wrong=wrong)

    with ThreadPoolExecutor(callers) as pool:
        answers = list(pool.map(ask, range(16)))

    assert [(answer.status, answer.body) for answer in answers] == [(200, user)] * 16


def test_the_first_difference_suspends_it(guarded_house: WrongHouse) -> None:
    path = f"/v1/users/{guarded_house.a_user()['id']}"
    guarded_house.set_stage(READ, "canary", percent=100, most_mismatches=1)

    answer = guarded_house.ask_wrongly("GET", path, wrong="one more")

    assert answer.side == "django"
    assert eventually(lambda: guarded_house.stage(READ) == "shadow")


def test_an_answer_that_agrees_is_the_edges_and_ends_the_guard(guarded_house: WrongHouse) -> None:
    path = f"/v1/users/{guarded_house.a_user()['id']}"

    answers = [guarded_house.ask("GET", path) for _ in range(ENOUGH)]

    assert [answer.side for answer in answers] == ["edge"] * ENOUGH
    assert eventually(lambda: is_open(guarded_house, path))


def test_a_difference_that_is_found_later_begins_the_guard_anew(
    guarded_house: WrongHouse,
) -> None:
    path = f"/v1/users/{guarded_house.a_user()['id']}"
    finish_the_guard(guarded_house, path)

    wrong = guarded_house.ask_wrongly("GET", path, wrong="one more")

    assert wrong.side == "edge"
    assert guarded_house.verdict_on(wrong) == "mismatch"
    assert guarded_house.ask_wrongly("GET", path, wrong="one more").side == "django"


def test_a_refusal_is_held_back_until_refusals_have_agreed(guarded_house: WrongHouse) -> None:
    """Successes do not speak for them, and a refusal in other words is seen by nobody."""
    finish_the_guard(guarded_house, f"/v1/users/{guarded_house.a_user()['id']}")
    missing = f"/v1/users/{uuid4()}"

    answers = [guarded_house.ask_wrongly("GET", missing, wrong="other refusal") for _ in range(4)]

    assert [answer.side for answer in answers] == ["django"] * 4
    assert [answer.status for answer in answers] == [404] * 4


def test_a_success_instead_of_a_refusal_reaches_no_caller(guarded_house: WrongHouse) -> None:
    answer = guarded_house.ask_wrongly("GET", f"/v1/users/{uuid4()}", wrong="forgives")

    assert (answer.status, answer.side) == (404, "django")


def test_an_edge_that_hangs_is_not_waited_for(guarded_house: WrongHouse) -> None:
    path = f"/v1/users/{guarded_house.a_user()['id']}"

    answer = guarded_house.ask_wrongly("GET", path, wrong="hangs")

    assert (answer.status, answer.side) == (200, "django")
    assert guarded_house.verdict_on(answer) == "abandoned"


@pytest.mark.parametrize("wrong", ["row off by one", "extra row", "missing row", "refuses"])
def test_a_wrong_write_is_never_done(guarded_house: WrongHouse, wrong: str) -> None:
    email = an_email()

    answer = guarded_house.ask_wrongly(
        "POST", "/v1/users", {"email": email, "age": 30}, wrong=wrong
    )

    assert (answer.status, answer.side) == (201, "django")
    rows = guarded_house.rows("SELECT age FROM users_user WHERE email = %s", email)
    assert rows == [(30,)]


def test_a_write_is_the_edges_when_enough_dry_runs_have_agreed(guarded_house: WrongHouse) -> None:
    def create() -> Answer:
        return guarded_house.ask("POST", "/v1/users", {"email": an_email(), "age": 30})

    first = [create() for _ in range(ENOUGH)]

    assert [(answer.status, answer.side) for answer in first] == [(201, "django")] * ENOUGH
    assert eventually(lambda: create().side == "edge")
    # Nothing is stored by a refusal, so Django can be asked in its place.
    refused = guarded_house.ask_wrongly(
        "POST", "/v1/users", {"email": "no"}, wrong="owes a partner"
    )
    assert (refused.status, refused.side) == (422, "django")


def test_a_sample_stays_guarded(guarded_house: WrongHouse) -> None:
    path = f"/v1/users/{guarded_house.a_user()['id']}"
    finish_the_guard(guarded_house, path)
    guarded_house.set_stage(READ, "canary", percent=100, guarded_percent=100)

    assert guarded_house.ask_wrongly("GET", path, wrong="one more").side == "django"


@pytest.mark.parametrize(
    ("method", "wrong", "header"),
    [("HEAD", "other header", "Cache-Control"), ("OPTIONS", "other Allow", "Allow")],
)
def test_methods_that_read_are_guarded_as_well(
    guarded_house: WrongHouse, method: str, wrong: str, header: str
) -> None:
    path = f"/v1/users/{guarded_house.a_user()['id']}"

    right = guarded_house.ask(method, path)
    answer = guarded_house.ask_wrongly(method, path, wrong=wrong)

    assert answer.status == right.status
    assert answer.headers[header] == right.headers[header]


def test_in_stage_edge_a_new_build_is_guarded(guarded_house: WrongHouse) -> None:
    path = f"/v1/users/{guarded_house.a_user()['id']}"
    guarded_house.set_stage(READ, "edge")
    called = (
        "SELECT site_called_at FROM endpoints_endpoint"
        " WHERE method = 'GET' AND path_template = '/v1/users/{id}'"
    )
    before = guarded_house.rows(called)

    wrong = guarded_house.ask_wrongly("GET", path, wrong="one more")

    assert wrong.side == "django"
    assert guarded_house.verdict_on(wrong) == "mismatch"
    # The door's own question: it keeps no view from being retired.
    assert guarded_house.rows(called) == before
    finish_the_guard(guarded_house, path)
    refused = guarded_house.ask("GET", f"/v1/users/{uuid4()}")
    assert (refused.status, refused.side) == (404, "django")


def finish_the_guard(house: WrongHouse, path: str) -> None:
    assert eventually(lambda: house.ask("GET", path) and is_open(house, path))


def is_open(house: WrongHouse, path: str) -> bool:
    """Return whether the edge answers unasked: then a comparison comes after the answer."""
    return house.ask_wrongly("GET", path, wrong="late").side == "edge" and bool(
        house.rows(
            "SELECT FROM endpoints_guardedclass WHERE status_class = 2 AND matched >= %s", ENOUGH
        )
    )
