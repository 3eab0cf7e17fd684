"""An edge that answers one question in two ways, while Django repeats itself, is *unstable*."""

import random
import threading

import pytest

from tests.harness.waiting import eventually
from tests.rollout.wrong_stack import WrongStack

ONE = "GET /v1/users/{id}"


@pytest.mark.parametrize("wrong", ["cold cache", "every other time"])
def test_it_is_found_at_the_first_wrong_answer(wrong_stack: WrongStack, wrong: str) -> None:
    user = wrong_stack.a_user()

    compared = wrong_stack.compare("GET", f"/v1/users/{user['id']}", wrong=wrong)

    assert compared.answer.body == user
    assert (compared.verdict, compared.places) == ("unstable", {("/age", "value")})


def test_so_is_one_that_fails_at_times(wrong_stack: WrongStack) -> None:
    path = f"/v1/users/{wrong_stack.a_user()['id']}"

    compared = wrong_stack.compare("GET", path, wrong="fails at times")

    assert (compared.verdict, compared.places) == ("unstable", {("status", "status")})


def test_it_spends_the_budget_of_a_canary(wrong_stack: WrongStack) -> None:
    wrong_stack.set_stage(ONE, "canary", percent=100, most_mismatches=2)
    try:

        def is_rolled_back() -> bool:
            path = f"/v1/users/{wrong_stack.a_user()['id']}"
            wrong_stack.ask_wrongly("GET", path, wrong="cold cache")
            return wrong_stack.stage(ONE) == "shadow"

        assert eventually(is_rolled_back)
    finally:
        wrong_stack.set_stage(ONE, "django", most_mismatches=5)


def test_rows_that_change_all_the_time_are_no_instability(wrong_stack: WrongStack) -> None:
    """A value that goes and comes back between two answers of Django is one that was written."""
    user = wrong_stack.a_user()
    is_over = threading.Event()

    # Two values in turn could be in step with the six rounds, and then look like a difference.
    chance = random.Random(1)

    def write() -> None:
        while not is_over.is_set():
            wrong_stack.owner.execute(
                "UPDATE users_user SET age = %s WHERE id = %s",
                [chance.choice((30, 31, 32)), user["id"]],
            )

    writer = threading.Thread(target=write)
    writer.start()
    try:
        path = f"/v1/users/{user['id']}"
        verdicts = {wrong_stack.compare("GET", path).verdict for _ in range(15)}
    finally:
        is_over.set()
        writer.join()

    assert verdicts <= {"match", "undecided"}


def test_numbers_that_noise_hides_fail_the_self_test(wrong_stack: WrongStack) -> None:
    """Otherwise an age that is off by one for all would be promoted."""
    path = f"/v1/users/{wrong_stack.a_user()['id']}"
    passed = (
        "SELECT t.passed FROM endpoints_selftest t JOIN endpoints_endpoint e ON e.id = endpoint_id"
        " WHERE e.path_template = %s"
    )
    wrong_stack.learn_noise(ONE, "/age", "value")
    wrong_stack.set_stage(ONE, "shadow")
    try:
        assert wrong_stack.compare("GET", path, wrong="one more").verdict == "match"
        assert eventually(
            lambda: (False,) in wrong_stack.rows(f"{passed} AND e.method = 'GET'", "/v1/users/{id}")
        )
    finally:
        wrong_stack.forget_noise("/age")
        wrong_stack.set_stage(ONE, "django")

    assert wrong_stack.compare("GET", path, wrong="one more").verdict == "mismatch"
