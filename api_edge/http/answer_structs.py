"""Answers that are built and encoded quickly, with the fields that their response models document.

A response model (Pydantic) is the documentation of an answer, and validates it: see
``answer_check``. Building and dumping one takes most of a request's time, so renderers fill a
msgspec struct instead, which is made of the model::

    Unit = answer_struct(schemas.Unit)

    encode(Unit(id="adult", internal_name="Adult", ...))

A struct's fields have the model's names, and are encoded under its aliases, in its order. What is
the same in many answers is encoded once, and put into others as ``raw_json(...)``.
"""

from typing import Any, TypeVar

import msgspec

from api_edge.http.strict_models import ResponseModel

Model = TypeVar("Model", bound=ResponseModel)

_encode = msgspec.json.Encoder().encode


def answer_struct(model: type[Model]) -> type[Model]:
    """Return a struct class with the fields of a response model.

    A field is required unless it has a default, as those of a capability have; without a value it
    is left out. The class is typed as the model, so that mypy holds its fields to the model's;
    nothing validates them when one is built.
    """
    fields = [
        (name, Any) if field.is_required() else (name, Any, msgspec.UNSET)
        for name, field in model.model_fields.items()
    ]
    aliases = {name: field.alias or name for name, field in model.model_fields.items()}
    # Nothing in an answer refers to the answer: the garbage collector need not look at it.
    struct: Any = msgspec.defstruct(model.__name__, fields, rename=aliases, kw_only=True, gc=False)
    return struct  # type: ignore[no-any-return]


def encode(answer: object) -> bytes:
    """Return the JSON of structs, lists, dictionaries and plain values, in UTF-8."""
    return _encode(answer)


def raw_json(answer: object) -> Any:
    """Return encoded JSON as a value that other answers contain without encoding it again."""
    return msgspec.Raw(_encode(answer))
