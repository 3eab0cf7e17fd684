"""While a build is new, no caller sees an answer of the edge that differs from Django's."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.harness.clients import Answer
from tests.harness.waiting import eventually
from tests.rollout.stack import an_email
from tests.rollout.wrong_stack import WrongStack

READ, CREATE = "GET /v1/users/{id}", "POST /v1/users"

#: Agreements of each status class.
ENOUGH = 3


@pytest.fixture
def guarded_stack(wrong_stack: WrongStack) -> Iterator[WrongStack]:
    """A stack whose endpoints are guarded and hold out however often the edge is wrong."""
    wrong_stack.guard(ENOUGH)
    for name in (READ, CREATE):
        wrong_stack.set_stage(
            name, "canary", percent=100, most_mismatches=10_000, most_errors=10_000,
            guarded_percent=0,
        )  # fmt: skip
    yield wrong_stack
    wrong_stack.guard(0)
    for name in (READ, CREATE):
        wrong_stack.set_stage(name, "django", most_mismatches=5, most_errors=3)


@pytest.mark.parametrize("callers", [1, 8])
@pytest.mark.parametrize("wrong", ["one more", "other status", "every other time", "huge"])
def test_however_it_is_wrong_and_asked(guarded_stack: WrongStack, wrong: str, callers: int) -> None:
    user = guarded_stack.a_user()

    def ask(_: int) -> Answer:
        return guarded_stack.ask_wrongly("GET", f"/v1/users/{user['id']}", wrong=wrong)

    with ThreadPoolExecutor(callers) as pool:
        answers = list(pool.map(ask, range(16)))

    assert [(answer.status, answer.body) for answer in answers] == [(200, user)] * 16


def test_the_first_difference_suspends_it(guarded_stack: WrongStack) -> None:
    path = f"/v1/users/{guarded_stack.a_user()['id']}"
    guarded_stack.set_stage(READ, "canary", percent=100, most_mismatches=1)

    answer = guarded_stack.ask_wrongly("GET", path, wrong="one more")

    assert answer.side == "django"
    assert eventually(lambda: guarded_stack.stage(READ) == "shadow")


def test_an_answer_that_agrees_is_the_edges_and_ends_the_guard(guarded_stack: WrongStack) -> None:
    path = f"/v1/users/{guarded_stack.a_user()['id']}"

    answers = [guarded_stack.ask("GET", path) for _ in range(ENOUGH)]

    assert [answer.side for answer in answers] == ["edge"] * ENOUGH
    assert eventually(lambda: is_open(guarded_stack, path))


def test_a_difference_that_is_found_later_begins_the_guard_anew(
    guarded_stack: WrongStack,
) -> None:
    path = f"/v1/users/{guarded_stack.a_user()['id']}"
    finish_the_guard(guarded_stack, path)

    wrong = guarded_stack.ask_wrongly("GET", path, wrong="one more")

    assert wrong.side == "edge"
    assert guarded_stack.verdict_on(wrong) == "mismatch"
    assert guarded_stack.ask_wrongly("GET", path, wrong="one more").side == "django"


def test_a_refusal_is_held_back_until_refusals_have_agreed(guarded_stack: WrongStack) -> None:
    """Successes do not speak for them, and a refusal in other words is seen by no caller."""
    finish_the_guard(guarded_stack, f"/v1/users/{guarded_stack.a_user()['id']}")
    missing = f"/v1/users/{uuid4()}"

    answers = [guarded_stack.ask_wrongly("GET", missing, wrong="other refusal") for _ in range(4)]

    assert [answer.side for answer in answers] == ["django"] * 4
    assert [answer.status for answer in answers] == [404] * 4


def test_a_success_instead_of_a_refusal_reaches_no_caller(guarded_stack: WrongStack) -> None:
    answer = guarded_stack.ask_wrongly("GET", f"/v1/users/{uuid4()}", wrong="forgives")

    assert (answer.status, answer.side) == (404, "django")


def test_an_edge_that_hangs_is_not_waited_for(guarded_stack: WrongStack) -> None:
    path = f"/v1/users/{guarded_stack.a_user()['id']}"

    with guarded_stack.limits(GUARD_SECONDS=0.5):
        answer = guarded_stack.ask_wrongly("GET", path, wrong="hangs")

    assert (answer.status, answer.side) == (200, "django")
    assert guarded_stack.verdict_on(answer) == "abandoned"


@pytest.mark.parametrize("wrong", ["row off by one", "extra row", "missing row", "refuses"])
def test_a_wrong_write_is_never_done(guarded_stack: WrongStack, wrong: str) -> None:
    email = an_email()

    answer = guarded_stack.ask_wrongly(
        "POST", "/v1/users", {"email": email, "age": 30}, wrong=wrong
    )

    assert (answer.status, answer.side) == (201, "django")
    rows = guarded_stack.rows("SELECT age FROM users_user WHERE email = %s", email)
    assert rows == [(30,)]


def test_a_write_is_the_edges_when_enough_dry_runs_have_agreed(guarded_stack: WrongStack) -> None:
    def create() -> Answer:
        return guarded_stack.ask("POST", "/v1/users", {"email": an_email(), "age": 30})

    first = [create() for _ in range(ENOUGH)]

    assert [(answer.status, answer.side) for answer in first] == [(201, "django")] * ENOUGH
    assert eventually(lambda: create().side == "edge")
    # Nothing is stored by a refusal, so Django can be asked in its place.
    refused = guarded_stack.ask_wrongly(
        "POST", "/v1/users", {"email": "no"}, wrong="owes a partner"
    )
    assert (refused.status, refused.side) == (422, "django")


def test_a_sample_stays_guarded(guarded_stack: WrongStack) -> None:
    path = f"/v1/users/{guarded_stack.a_user()['id']}"
    finish_the_guard(guarded_stack, path)
    guarded_stack.set_stage(READ, "canary", percent=100, guarded_percent=100)

    assert guarded_stack.ask_wrongly("GET", path, wrong="one more").side == "django"


@pytest.mark.parametrize(
    ("method", "wrong", "header"),
    [("HEAD", "other header", "Cache-Control"), ("OPTIONS", "other Allow", "Allow")],
)
def test_methods_that_read_are_guarded_as_well(
    guarded_stack: WrongStack, method: str, wrong: str, header: str
) -> None:
    path = f"/v1/users/{guarded_stack.a_user()['id']}"

    right = guarded_stack.ask(method, path)
    answer = guarded_stack.ask_wrongly(method, path, wrong=wrong)

    assert answer.status == right.status
    # A right answer comes from either half, and each lists the methods in an order of its own.
    listed, expected = (
        sorted(each.headers.get(header, "").split(", ")) for each in (answer, right)
    )
    assert listed == expected


def test_in_stage_edge_a_new_build_is_guarded(guarded_stack: WrongStack) -> None:
    path = f"/v1/users/{guarded_stack.a_user()['id']}"
    guarded_stack.set_stage(READ, "edge")
    guarded_stack.settle()
    called = (
        "SELECT site_called_at FROM endpoints_endpoint"
        " WHERE method = 'GET' AND path_template = '/v1/users/{id}'"
    )
    before = guarded_stack.rows(called)

    wrong = guarded_stack.ask_wrongly("GET", path, wrong="one more")

    assert wrong.side == "django"
    assert guarded_stack.verdict_on(wrong) == "mismatch"
    # The edge's own question: it keeps no view from being retired.
    assert guarded_stack.rows(called) == before
    finish_the_guard(guarded_stack, path)
    counted = guarded_stack.counted("edge_calls + django_calls")
    refused = guarded_stack.ask("GET", f"/v1/users/{uuid4()}")
    assert (refused.status, refused.side) == (404, "django")
    assert guarded_stack.counted("edge_calls + django_calls") == counted + 1
    assert guarded_stack.rows(called) == before


def finish_the_guard(stack: WrongStack, path: str) -> None:
    assert eventually(lambda: stack.ask("GET", path) and is_open(stack, path))


def is_open(stack: WrongStack, path: str) -> bool:
    """Return whether the edge answers unasked: then a comparison comes after the answer."""
    return stack.ask_wrongly("GET", path, wrong="late").side == "edge" and bool(
        stack.rows(
            "SELECT FROM endpoints_guardedclass WHERE status_class = 2 AND matched >= %s", ENOUGH
        )
    )
