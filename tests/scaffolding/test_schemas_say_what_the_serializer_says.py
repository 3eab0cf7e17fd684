"""A generated schema writes the JSON that the serializer writes, and takes the bodies it takes."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from rest_framework.renderers import JSONRenderer

from tests.scaffolding.boats import BoatSerializer
from tests.scaffolding.conftest import Generated

HARBOUR = SimpleNamespace(code="lis-1", opensAt=time(8, 30), opens_at=time(8, 30))

#: As the serializer reads it, and as the domain has it.
BOAT: dict[str, Any] = {
    "id": UUID("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
    "name": "Santa Rita",
    "kind": "canoe",
    "seats": 3,
    "price": Decimal("12.5"),
    "weight_kg": 71.25,
    "built_on": date(2019, 5, 2),
    "created_at": datetime(2026, 7, 1, 10, 2, 41, 18000, tzinfo=UTC),
    "harbour": HARBOUR,
    "former_harbours": [HARBOUR, HARBOUR],
    "tags": ["red", "long"],
    "depths": {"bow": 1, "stern": 2},
    "is_fast": True,
    "crew": [],
    "owed": 1,
    "extra": {"any": ["thing"]},
    "date_": date(2026, 7, 14),
    "mail": "harbour@example.com",
    "plate": "LX-12",
}

BODY: dict[str, Any] = {
    "name": "Santa Rita",
    "kind": "canoe",
    "price": "12.50",
    "builtOn": None,
    "harbour": {"code": "lis-1", "opensAt": "08:30:00"},
    "tags": [],
    "depths": {},
    "isFast": False,
    "plate": "LX-12",
}


@pytest.fixture(scope="module")
def schemas(generated: Generated) -> Iterator[ModuleType]:
    """The schemas of ``POST /v1/boats``."""
    path = generated.root / "api_edge" / "v1" / "boats_schemas.py"
    spec = importlib.util.spec_from_file_location("generated_boats_schemas", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def written_by_django(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what the serializer makes of a boat, as text."""

    def write(boat: dict[str, Any]) -> str:
        under_djangos_names = {
            "builtOn": boat["built_on"], "createdAt": boat["created_at"], "date": boat["date_"],
            "formerHarbours": boat["former_harbours"], "isFast": boat["is_fast"],
        }  # fmt: skip
        data = BoatSerializer(SimpleNamespace(**boat, **under_djangos_names)).data
        text: str = JSONRenderer().render(data).decode()
        return text

    return write


def on_the_edge(schemas: ModuleType, boat: dict[str, Any]) -> str:
    def harbour(one: Any) -> Any:
        return one and schemas.Harbour(code=one.code, opens_at=one.opens_at)

    former = [harbour(it) for it in boat["former_harbours"]]
    values = boat | {"harbour": harbour(boat["harbour"]), "former_harbours": former}
    text: str = schemas.Boat(**values).model_dump_json(by_alias=True)
    return text


@pytest.mark.parametrize(
    "different",
    [
        {},
        {"harbour": None, "built_on": None, "weight_kg": None},
        {"price": Decimal("7"), "former_harbours": [], "tags": []},
        {"price": Decimal("0.125"), "created_at": datetime(2026, 7, 1, tzinfo=UTC)},
        {"name": "Não há «igual» <&>", "depths": {"ü": -1}},
    ],
)
def test_an_answer_is_the_same_to_the_letter(
    schemas: ModuleType, written_by_django: Any, different: dict[str, Any]
) -> None:
    boat = BOAT | different

    assert on_the_edge(schemas, boat) == written_by_django(boat)


def taken_by_django(body: object) -> bool:
    return bool(BoatSerializer(data=body).is_valid())


def taken_by_the_edge(schemas: ModuleType, body: object) -> bool:
    try:
        schemas.NewBoat.model_validate(body)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("change", "is_taken"),
    [
        ({}, True),
        ({"seats": 12, "weight_kg": None, "mail": "a@example.com", "formerHarbours": []}, True),
        ({"name": "  Santa Rita  "}, True),
        ({"builtOn": "2019-05-02", "harbour": None, "tags": ["a"] * 5}, True),
        ({"name": "S"}, False),
        ({"name": " S "}, False),
        ({"name": "S" * 41}, False),
        ({"name": None}, False),
        ({"kind": "raft"}, False),
        ({"seats": 0}, False),
        ({"seats": 13}, False),
        ({"price": "1.234"}, False),
        ({"price": "1234567.89"}, False),
        ({"builtOn": "02.05.2019"}, False),
        ({"builtOn": 20190502}, False),
        ({"harbour": {"code": "a b", "opensAt": "08:30"}}, False),
        ({"harbour": {"code": "a"}}, False),
        ({"formerHarbours": None}, False),
        ({"tags": ["a"] * 6}, False),
        ({"tags": [""]}, False),
        ({"depths": {"bow": None}}, False),
        ({"isFast": None}, False),
        ({"plate": "lx-12"}, False),
        ({"secret": None}, False),
    ],
)
def test_a_body_is_taken_or_not_by_both(
    schemas: ModuleType, change: dict[str, Any], is_taken: bool
) -> None:
    body = BODY | change

    assert (taken_by_django(body), taken_by_the_edge(schemas, body)) == (is_taken, is_taken)


@pytest.mark.parametrize("key", BODY)
def test_what_the_serializer_requires_is_required(schemas: ModuleType, key: str) -> None:
    body = {name: value for name, value in BODY.items() if name != key}

    assert taken_by_the_edge(schemas, body) is taken_by_django(body) is False


def test_defaults_are_the_serializers(schemas: ModuleType) -> None:
    body = schemas.NewBoat.model_validate(BODY)

    assert (body.seats, body.secret, body.former_harbours) == (2, None, None)


def test_names_and_notes_are_carried_over(schemas: ModuleType) -> None:
    described = schemas.Boat.model_json_schema(mode="serialization")

    assert list(described["properties"]) == list(json.loads(on_the_edge(schemas, BOAT)))
    assert described["properties"]["name"]["description"] == "As painted on the hull."
    assert described["$defs"]["Harbour"]["description"] == "Where a boat lies."
