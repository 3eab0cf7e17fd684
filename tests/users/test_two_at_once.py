"""Two programs that take the same address in the same moment: one has it, the other is refused."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest

from tests.harness.clients import Answer
from tests.users.halves import Half, Halves, an_email
from tests.users.stack import Stack

ROUNDS = 8

PAIRS = [("django", "django"), ("edge", "edge"), ("django", "edge")]


def at_once(*requests: Callable[[], Answer]) -> list[Answer]:
    start = Barrier(len(requests))

    def send(request: Callable[[], Answer]) -> Answer:
        start.wait()
        return request()

    with ThreadPoolExecutor(len(requests)) as threads:
        return list(threads.map(send, requests))


def with_address(stack: Stack, email: str) -> int:
    row = stack.rows.execute(
        "SELECT count(*) FROM users_user WHERE lower(email) = lower(%s)", [email]
    ).fetchone()
    assert row is not None
    return int(str(row[0]))


@pytest.fixture(params=PAIRS, ids=" and ".join)
def pair(request: pytest.FixtureRequest, halves: Halves) -> tuple[Half, Half]:
    one, other = request.param
    return getattr(halves, one), getattr(halves, other)


def test_of_many_that_create_one_wins(pair: tuple[Half, Half], stack: Stack) -> None:
    for _ in range(ROUNDS):
        email = an_email()

        answers = at_once(*(partial(half.post, {"email": email, "age": 30}) for half in pair * 4))

        assert sorted(answer.status for answer in answers) == [201] + [409] * 7
        assert with_address(stack, email) == 1


def test_of_two_that_change_one_wins(pair: tuple[Half, Half], stack: Stack) -> None:
    for _ in range(ROUNDS):
        users = [pair[0].created()["id"], pair[1].created()["id"]]
        email = an_email()

        answers = at_once(
            *(
                partial(half.patch, user, {"email": email})
                for half, user in zip(pair, users, strict=True)
            )
        )

        assert sorted(answer.status for answer in answers) == [200, 409]
        assert with_address(stack, email) == 1


def test_of_one_that_creates_and_one_that_changes_one_wins(
    pair: tuple[Half, Half], stack: Stack
) -> None:
    for _ in range(ROUNDS):
        user = pair[0].created()["id"]
        email = an_email()

        answers = at_once(
            partial(pair[0].patch, user, {"email": email.upper()}),
            partial(pair[1].post, {"email": email, "age": 30}),
        )

        assert [answer.status for answer in answers] in ([200, 409], [409, 201])
        assert with_address(stack, email) == 1


def test_two_that_swap_addresses_end_and_neither_breaks(pair: tuple[Half, Half]) -> None:
    for _ in range(ROUNDS):
        ana, bea = pair[0].created(), pair[1].created()

        answers = at_once(
            partial(pair[0].patch, ana["id"], {"email": bea["email"]}),
            partial(pair[1].patch, bea["id"], {"email": ana["email"]}),
        )

        assert {answer.status for answer in answers} <= {200, 409}
        assert 409 in {answer.status for answer in answers}
