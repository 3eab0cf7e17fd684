"""Each endpoint's comparison is tried with a mistake put in, and the outcome is stored."""

from typing import Any

from tests.harness.waiting import eventually
from tests.rollout.stack import an_email
from tests.rollout.wrong_stack import WrongStack


def self_test(stack: WrongStack, name: str) -> Any:
    method, template = name.split(" ")
    found = stack.rows(
        "SELECT t.passed FROM endpoints_selftest t JOIN endpoints_endpoint e ON e.id = endpoint_id"
        " WHERE e.method = %s AND e.path_template = %s",
        method,
        template,
    )
    return found[0][0] if found else None


def test_it_passes_with_the_first_that_agrees(wrong_stack: WrongStack) -> None:
    order = {"email": an_email(), "age": 30}

    assert wrong_stack.compare("GET", "/v1/packed?rows=2").verdict == "match"
    assert wrong_stack.compare("POST", "/v1/orders", order).verdict == "match"

    assert eventually(lambda: self_test(wrong_stack, "GET /v1/packed"))
    assert eventually(lambda: self_test(wrong_stack, "POST /v1/orders"))


def test_it_fails_where_the_rules_see_nothing(wrong_stack: WrongStack) -> None:
    assert wrong_stack.compare("GET", "/v1/blind", wrong="one cent").verdict == "match"

    assert eventually(lambda: self_test(wrong_stack, "GET /v1/blind") is False)
