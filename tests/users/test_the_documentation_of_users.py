"""The examples in the documentation of users are true: they fit their own schemas and tables."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from shared_domain.users import Position
from tests.users.documented import document

OPERATIONS = [
    (f"{method} {path}", operation)
    for path, operations in document()["paths"].items()
    if path.startswith("/v1/")
    for method, operation in operations.items()
]

REGISTRY: Registry[Any] = Registry().with_resource(
    "urn:document", Resource.from_contents(document(), default_specification=DRAFT202012)
)


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
        absolute = json.loads(json.dumps(schema).replace('"#/', '"urn:document#/'))
        Draft202012Validator(absolute, registry=REGISTRY).validate(example)


@pytest.mark.parametrize("name", ["NewUser", "ChangedUser", "User", "UserList"])
def test_every_body_has_an_example_that_fits(name: str) -> None:
    schema = document()["components"]["schemas"][name]
    absolute = json.loads(json.dumps(schema).replace('"#/', '"urn:document#/'))

    assert schema["examples"]
    for example in schema["examples"]:
        Draft202012Validator(absolute, registry=REGISTRY).validate(example)


def test_the_example_of_a_cursor_is_one() -> None:
    (example,) = document()["components"]["schemas"]["UserList"]["examples"]

    assert Position.from_cursor(example["nextCursor"]).as_cursor() == example["nextCursor"]


def test_requests_say_that_nothing_else_is_taken() -> None:
    for name in ("NewUser", "ChangedUser"):
        assert document()["components"]["schemas"][name]["additionalProperties"] is False
