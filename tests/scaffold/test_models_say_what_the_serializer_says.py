"""The generated models write the keys and types of the serializer, and hold its limits."""

import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from pydantic import ValidationError

from tests.scaffold.boats import BoatSerializer
from tests.scaffold.conftest import Generated

BODY: dict[str, Any] = {
    "name": "Santa Rita", "kind": "canoe", "price": "12.50", "builtOn": None, "tags": [],
    "harbour": {"code": "lis-1", "opensAt": "08:30:00"}, "depths": {}, "isFast": False,
    "plate": "LX-12",
}  # fmt: skip


@pytest.fixture(scope="module")
def models(generated: Generated) -> Iterator[ModuleType]:
    """The models of ``POST /v1/boats``."""
    (path,) = [name for name in generated.paths["POST /v1/boats"] if "_schemas" in name]
    spec = importlib.util.spec_from_file_location("generated_models", generated.root / path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.parametrize(
    ("change", "is_accepted"),
    [
        ({}, True),
        ({"seats": 12, "weight_kg": None, "mail": "a@example.com", "formerHarbours": []}, True),
        ({"builtOn": "2019-05-02", "harbour": None, "tags": ["a"] * 5}, True),
        ({"name": "S"}, False),
        ({"name": None}, False),
        ({"kind": "raft"}, False),
        ({"seats": 13}, False),
        ({"price": "much"}, False),
        ({"builtOn": "02.05.2019"}, False),
        ({"harbour": {"code": "a b", "opensAt": "08:30"}}, False),
        ({"tags": ["a"] * 6}, False),
        ({"tags": ["a" * 21]}, False),
        ({"depths": {"bow": None}}, False),
        ({"plate": "lx-12"}, False),
    ],
)
def test_a_body_is_accepted_or_refused_as_by_the_serializer(
    models: ModuleType, change: dict[str, Any], is_accepted: bool
) -> None:
    body = BODY | change

    try:
        by_model = bool(models.BoatRequest.model_validate(body))
    except ValidationError:
        by_model = False

    assert by_model is is_accepted
    assert BoatSerializer(data=body).is_valid() is is_accepted


def test_an_answer_has_the_keys_of_the_serializer_in_their_order(models: ModuleType) -> None:
    fields = models.Boat.model_fields.items()

    readable = [name for name, field in BoatSerializer().fields.items() if not field.write_only]
    assert [field.alias or name for name, field in fields] == readable


def test_a_model_serializer_says_the_types_of_its_columns(generated: Generated) -> None:
    (path,) = [name for name in generated.paths["GET /v1/guests"] if "_schemas" in name]

    assert "    id: UUID\n    partner: int\n" in generated.text(path)
    assert "    age: Annotated[int, Field(ge=0, le=32767)]\n" in generated.text(path)


@pytest.mark.parametrize(
    ("endpoint", "line"),
    [
        ("PATCH /v1/boats/{pk}", '"/boats/{pk:uuid}"'),
        ("PATCH /v1/boats/{pk}", "pk: Annotated[UUID, Path()]"),
        ("POST /v1/boats/{pk}/launch", "pk: Annotated[int, Path()]"),
        ("POST /v1/boats", "status_code=201"),
        ("POST /v1/boats", "RequiresScope(Scope.BOOKINGS_WRITE)"),
        ("DELETE /v1/boats/{pk}", ") -> None:"),
        ("GET /v1/boats", "query: Annotated[GetBoatsQuery, Query()]"),
        ("GET /v1/boats", ") -> PaginatedBoatList:"),
        ("POST /v1/users", "body: Annotated[NewUserRequest, Body()]"),
        ("GET /v1/statements/{month}", ") -> Statement:"),
    ],
)
def test_an_endpoint_is_like_its_view(generated: Generated, endpoint: str, line: str) -> None:
    (path,) = [
        name
        for name in generated.paths[endpoint]
        if name.startswith("api_edge/") and "_schemas" not in name
    ]

    assert line in generated.text(path)


def test_the_test_sends_what_was_recorded(generated: Generated) -> None:
    *_, path = generated.paths["GET /v1/tides/{port}"]

    assert '["/v1/tides/lisbon?day=2026-07-14", "/v1/tides/porto"]' in generated.text(path)
