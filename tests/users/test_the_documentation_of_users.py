"""The examples in the documentation of users are true: they fit their own schemas and tables."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared_domain.users import Position
from tests.harness.openapi import mistakes_in, own_document

OPERATIONS = [
    (f"{method} {path}", operation)
    for path, operations in own_document()["paths"].items()
    if path.startswith("/v1/")
    for method, operation in operations.items()
]


def examples_of(operation: dict[str, Any]) -> Iterator[tuple[dict[str, Any], object]]:
    for response in operation["responses"].values():
        for content in response.get("content", {}).values():
            for example in content.get("examples", {}).values():
                yield content["schema"], example["value"]


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_every_example_fits_its_schema(name: str, operation: dict[str, Any]) -> None:
    examples = list(examples_of(operation))

    assert len(examples) >= 8
    for schema, example in examples:
        assert mistakes_in(example, schema=schema, document=own_document()) == []


@pytest.mark.parametrize("name", ["NewUser", "ChangedUser", "User", "UserList"])
def test_every_body_has_an_example_that_fits(name: str) -> None:
    schema = own_document()["components"]["schemas"][name]

    assert schema["examples"]
    for example in schema["examples"]:
        assert mistakes_in(example, schema=schema, document=own_document()) == []


def test_the_example_of_a_cursor_is_one() -> None:
    (example,) = own_document()["components"]["schemas"]["UserList"]["examples"]

    assert Position.from_cursor(example["nextCursor"]).as_cursor() == example["nextCursor"]


def test_requests_say_that_nothing_else_is_taken() -> None:
    for name in ("NewUser", "ChangedUser"):
        assert own_document()["components"]["schemas"][name]["additionalProperties"] is False
