"""Two writes at the same time change what the other one finds: that is no mistake of the edge."""

import threading
from collections import Counter
from collections.abc import Callable

from tests.harness.clients import Answer
from tests.rollout.stack import an_email
from tests.rollout.wrong_stack import WrongStack


def at_once(*calls: Callable[[], Answer]) -> list[Answer]:
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda call=call: answers.append(call())) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def verdicts_on(stack: WrongStack, answers: list[Answer]) -> Counter[str]:
    """Return the verdicts on those that were compared, once they are written."""
    stack.settle()
    ids = [answer.headers["X-Request-Id"] for answer in answers]
    return Counter(
        row[0]
        for row in stack.rows(
            "SELECT verdict FROM endpoints_paritycheck WHERE request_id = ANY (%s::uuid[])", ids
        )
    )


def test_of_the_same_address(wrong_stack: WrongStack) -> None:
    wrong_stack.set_stage("POST /v1/users", "shadow")
    answers: list[Answer] = []

    for _ in range(5):
        new = {"email": an_email(), "age": 30}
        answers += at_once(*[lambda new=new: wrong_stack.ask("POST", "/v1/users", new)] * 3)

    # Where another write came between, the comparison is undecided, so one comes alone.
    answers.append(wrong_stack.ask("POST", "/v1/users", {"email": an_email(), "age": 30}))

    assert Counter(answer.status for answer in answers) == {201: 6, 409: 10}
    verdicts = verdicts_on(wrong_stack, answers)
    assert verdicts["match"] > 0
    assert verdicts["mismatch"] == 0, verdicts


def test_of_the_same_user(wrong_stack: WrongStack) -> None:
    wrong_stack.set_stage("PATCH /v1/users/{id}", "shadow")
    path = f"/v1/users/{wrong_stack.a_user()['id']}"
    answers: list[Answer] = []

    for age in range(5):
        email = an_email()
        answers += at_once(
            lambda age=age: wrong_stack.ask("PATCH", path, {"age": age}),
            lambda email=email: wrong_stack.ask("PATCH", path, {"email": email}),
        )

    assert {answer.status for answer in answers} == {200}
    verdicts = verdicts_on(wrong_stack, answers)
    assert verdicts.total() > 5
    assert verdicts["mismatch"] == 0, verdicts


def test_a_mistake_is_found_when_nothing_crosses(wrong_stack: WrongStack) -> None:
    taken = wrong_stack.a_user()
    path = f"/v1/users/{taken['id']}"
    wrong_stack.ask("PATCH", path, {"age": 31})

    assert wrong_stack.compare("PATCH", path, {"age": 32}, wrong="one more").places == {
        ("/age", "value")
    }
    refused = {"email": taken["email"], "age": 30}
    compared = wrong_stack.compare("POST", "/v1/users", refused, wrong="takes what is taken")
    assert compared.answer.status == 409
    assert compared.places == {("status", "status")}
