"""What was observed tells types, keys that may be absent and nulls; too little tells nothing."""

from typing import Any

import pytest

from core_site.rollout.scaffolding.reading.samples import refined, shape_of
from core_site.rollout.scaffolding.shapes import (
    DictOf,
    ListOf,
    Member,
    OrNull,
    Scalar,
    Shape,
    Thing,
    Unknown,
    questions_about,
)
from tests.scaffolding.conftest import Generated

TEXT, NUMBER = Scalar(python="str"), Scalar(python="int")


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        ([1, 2], NUMBER),
        ([1, 2.5], Scalar(python="float")),
        ([True, False], Scalar(python="bool")),
        (["a", None], OrNull(TEXT)),
        (["2026-07-14", "2026-12-31"], Scalar(python="date")),
        (["2026-07-14", "soon"], TEXT),
        (["2026-07-14T08:30:00Z", "2026-07-14T08:30:00.018000Z"], Scalar(python="datetime")),
        (["2026-07-14T08:30:00+02:00"], TEXT),  # the edge would write it otherwise
        (["2026-07-14T08:30Z"], TEXT),
        (["7c9e6679-7425-40de-944b-e07fc1f90ae7"], Scalar(python="UUID")),
        (["7C9E6679-7425-40DE-944B-E07FC1F90AE7"], TEXT),
        (["12.50"], TEXT),
        ([[1], [], [2, None]], ListOf(OrNull(NUMBER))),
        ([{"2026-07": 1, "2026-08": 2}], None),
        ([{"1": "a"}, {"17": "b"}], DictOf(TEXT)),
    ],
)
def test_types(values: list[Any], shape: Shape | None) -> None:
    seen = shape_of(values, name="thing")

    assert seen == shape if shape else isinstance(seen, Thing)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([None, None], "It was observed as null only."),
        ([1, "1"], "It was observed as a number and as text."),
        ([True, 1], "It was observed as a number and as true or false."),
    ],
)
def test_what_cannot_be_told_is_unknown(values: list[Any], why: str) -> None:
    assert shape_of(values, name="thing") == Unknown(why)


def test_empty_lists_and_objects_do_not_tell_what_is_in_them() -> None:
    shape = shape_of([{"lines": [], "notes": {}}], name="statement")

    assert list(questions_about(shape)) == [
        "What is the type of `lines[]`? It was observed as an empty list only.",
        "What is the type of `notes.*`? It was observed as an empty object only.",
    ]


def test_a_key_that_is_absent_somewhere_is_optional() -> None:
    shape = shape_of([{"a": 1, "b": "x"}, {"a": 2}], name="thing")

    assert isinstance(shape, Thing)
    assert [(it.name, it.is_optional) for it in shape.members] == [("a", False), ("b", True)]


def test_absent_here_and_null_there_is_asked_about() -> None:
    shape = shape_of([{"a": 1}, {"a": None}, {}], name="thing")

    assert list(questions_about(shape)) == [
        "When is `a` left out, and when is it null? It was observed left out, and it was observed "
        "as null."
    ]


def test_traffic_fills_in_what_a_serializer_leaves_open() -> None:
    told = Thing(
        "Boat",
        (
            Member(name="owed", shape=Unknown("The serializer says SerializerMethodField.")),
            Member(name="name", shape=TEXT),
            Member(name="tags", shape=ListOf(TEXT)),
        ),
    )
    seen = shape_of(
        [{"owed": 7, "name": None, "tags": ["a"], "colour": "red"}, {"owed": 9, "name": "x"}],
        name="boat",
    )

    filled = refined(told, seen)

    assert isinstance(filled, Thing)
    assert {it.name: it.shape for it in filled.members} == {
        "owed": NUMBER, "name": OrNull(TEXT), "tags": ListOf(TEXT), "colour": TEXT,
    }  # fmt: skip
    assert list(questions_about(filled)) == [
        "Is `colour` a part of it? It was observed, but the serializer does not name it."
    ]


def test_a_view_without_a_serializer_is_drafted_from_its_traffic(generated: Generated) -> None:
    schemas = generated.text("api_edge/v1/tides_schemas.py")

    for line in (
        "at: datetime",
        "metres: float",
        "spring_tide: bool | None = Field(default=None, exclude_if=lambda it: it is None)",
        "port: str",
        "day: date | None",
        "tides: list[TideEntry]",
    ):
        assert f"    {line}\n" in schemas
    # What was refused is no answer.
    assert "detail" not in schemas


def test_the_test_asks_what_was_asked(generated: Generated) -> None:
    test = generated.text("tests/both_doors/test_tides.py")

    assert 'TARGETS = ["/v1/tides/lisbon?day=2026-07-14", "/v1/tides/porto"]' in test
