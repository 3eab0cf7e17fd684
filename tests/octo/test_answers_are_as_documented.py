"""What is rendered is what its model documents: the same bytes, and every answer is held to it."""

import logging
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from api_edge.http import answer_check
from api_edge.http.answer_check import AnswerCheck, AnswerNotDocumented
from api_edge.http.answer_structs import answer_struct, encode, raw_json
from api_edge.http.strict_models import ResponseModel, capability_field


class Colour(StrEnum):
    RED = "RED"
    BLUE = "BLUE"


class PartModel(ResponseModel):
    local_name: str | None
    from_: int = Field(alias="from")
    colour: Colour


class WholeModel(ResponseModel):
    is_whole: bool
    parts_in_order: list[PartModel]
    price_minor: int = capability_field("of a capability")


Part = answer_struct(PartModel)
Whole = answer_struct(WholeModel)

WHOLE_NUMBERS = st.integers(min_value=-(2**63), max_value=2**63 - 1)
PARTS = st.fixed_dictionaries(
    {
        "local_name": st.none() | st.text(),
        "from_": WHOLE_NUMBERS,
        "colour": st.sampled_from(Colour),
    }
)


@given(parts=st.lists(PARTS), is_whole=st.booleans(), price=st.none() | WHOLE_NUMBERS)
def test_a_struct_is_encoded_as_its_model(
    parts: list[dict[str, Any]], is_whole: bool, price: int | None
) -> None:
    priced = {} if price is None else {"price_minor": price}
    documented = WholeModel(
        is_whole=is_whole, parts_in_order=[PartModel(**part) for part in parts], **priced
    )

    # Every other part is encoded before, as a product is that many bookings repeat.
    built = [
        raw_json(Part(**part)) if number % 2 else Part(**part) for number, part in enumerate(parts)
    ]
    answer = encode(Whole(is_whole=is_whole, parts_in_order=built, **priced))

    assert answer == documented.model_dump_json(exclude_unset=True).encode()
    AnswerCheck(WholeModel, "an endpoint")(answer, is_strict=True)


def test_a_struct_lacks_no_field_and_has_no_other() -> None:
    with pytest.raises(TypeError, match="from_"):
        Part(local_name="a", colour=Colour.RED)
    with pytest.raises(TypeError, match="kolour"):
        Part(local_name="a", from_=1, colour=Colour.RED, kolour=Colour.RED)


FLAWED = {
    b'{"isWhole": true}': "partsInOrder: missing",
    b'{"isWhole": "yes", "partsInOrder": []}': "isWhole: bool_type",
    b'{"isWhole": true, "partsInOrder": [], "priceMinor": null}': "priceMinor: int_type",
    b'{"isWhole": true, "partsInOrder": [], "secret": "Clara"}': "secret: extra_forbidden",
    b'{"is_whole": true, "partsInOrder": []}': "isWhole: missing; is_whole: extra_forbidden",
    b'{"isWhole": true, "partsInOrder": [{"localName": "Clara", "from": 1, "colour": "GREEN"}]}': (
        "partsInOrder/0/colour: enum"
    ),
}


@pytest.mark.parametrize(("body", "flaw"), FLAWED.items())
def test_an_answer_that_differs_is_refused_where_all_are_checked(body: bytes, flaw: str) -> None:
    with pytest.raises(AnswerNotDocumented, match=flaw) as told:
        AnswerCheck(WholeModel, "GET /octo/wholes")(body, is_strict=True)

    assert "Clara" not in str(told.value)


def test_a_sample_is_checked_otherwise_and_what_differs_is_counted_and_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_check, "SAMPLE_EVERY", 3)
    check = AnswerCheck(WholeModel, "GET /octo/wholes")

    with caplog.at_level(logging.ERROR, "api_edge"):
        for _ in range(7):
            check(b'{"isWhole": true, "partsInOrder": [], "secret": "Clara"}', is_strict=False)

    assert check.differing == 3
    (logged,) = caplog.messages
    assert "GET /octo/wholes are not as documented: secret: extra_forbidden" in logged
    assert "Clara" not in logged
