"""What a return annotation says about the JSON that REST framework's encoder makes of the value."""

import types
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict
from uuid import UUID

from core_site.rollout.scaffolding.naming import class_name
from core_site.rollout.scaffolding.shapes import (
    Choice,
    DictOf,
    ListOf,
    Member,
    Scalar,
    Shape,
    Thing,
    Unknown,
    or_null,
)

_LISTS = (list, tuple, set, frozenset)

_SCALARS: dict[Any, Scalar] = {
    **{
        it: Scalar(python=it.__name__) for it in (bool, int, float, str, UUID, date, datetime, time)
    },
    # Outside of a DecimalField, the encoder writes a number.
    Decimal: Scalar(python="Decimal", written="number"),
}


def shape_of_annotation(annotation: Any, *, why: str) -> Shape:
    """Return the shape of values with this type; ``why`` begins the reason where it is unknown."""
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    if is_typeddict(annotation):
        return _object(annotation, why)
    origin, inner = get_origin(annotation), get_args(annotation)
    unknown = Unknown(f"{why} returns {getattr(annotation, '__name__', annotation)}.")
    if origin in (Union, types.UnionType):
        some = [it for it in inner if it is not type(None)]
        if len(some) == 1 and len(inner) == 2:
            return or_null(shape_of_annotation(some[0], why=why))
        return unknown
    if origin is Literal:
        return Choice(inner)
    if origin in _LISTS and (len(inner) == 1 or inner[1:] == (...,)):
        return ListOf(shape_of_annotation(inner[0], why=why))
    if origin is not None and len(inner) == 2 and inner[0] is str and hasattr(origin, "keys"):
        return DictOf(shape_of_annotation(inner[1], why=why))
    return unknown


def _object(kind: Any, why: str) -> Thing:
    members = tuple(
        Member(
            name=name,
            shape=shape_of_annotation(annotation, why=why),
            is_optional=name in kind.__optional_keys__,
        )
        for name, annotation in get_type_hints(kind).items()
    )
    return Thing(class_name(kind.__name__), members)
