"""Each call that writes is safe to repeat: it takes an idempotency key, as the documents say."""

from typing import Any

from tests.harness.openapi import own_document

#: Searches that are asked by POST: repeating them is safe without a key.
SEARCHES = {"post /octo/availability", "post /octo/availability/calendar"}

REFUSALS = {
    "octo": {
        "UNPROCESSABLE_ENTITY: IdempotencyKeyReused",
        "UNPROCESSABLE_ENTITY: AnswerNotKept",
    },
    "v1": {"Idempotency key reused", "Call still running", "Answer not kept"},
}


def examples(operation: dict[str, Any]) -> set[str]:
    return {
        example
        for answer in operation["responses"].values()
        for content in answer.get("content", {}).values()
        for example in content.get("examples", {})
    }


def test_the_header_its_answer_and_its_refusals_are_documented() -> None:
    unsafe = {
        f"{method} {path}": operation
        for path, operations in own_document()["paths"].items()
        for method, operation in operations.items()
        if method not in ("get", "head")
    }
    headers = {
        name: {parameter.get("name"): parameter for parameter in operation.get("parameters", [])}
        for name, operation in unsafe.items()
    }

    assert {name for name in unsafe if "Idempotency-Key" not in headers[name]} == SEARCHES
    for name in unsafe.keys() - SEARCHES:
        operation = unsafe[name]
        assert headers[name]["Idempotency-Key"]["schema"]["examples"], name
        done = [answer for status, answer in operation["responses"].items() if status[0] == "2"]
        assert all("Idempotency-Replayed" in answer["headers"] for answer in done), name
        assert REFUSALS[name.split("/")[1]] <= examples(operation), name
