"""The shape of JSON values that were observed; what they leave open stays unknown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from core_site.rollout.scaffolding.naming import class_name, singular
from core_site.rollout.scaffolding.shapes import (
    DictOf,
    ListOf,
    Member,
    OrNull,
    Scalar,
    Shape,
    Thing,
    Unknown,
    or_null,
    without_null,
)

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBER = re.compile(r"[0-9]+")

_WORDS = {bool: "true or false", int: "a number", float: "a number", str: "text",
          list: "a list", dict: "an object"}  # fmt: skip

ABSENT_OR_NULL = (
    "When is `{path}` left out, and when is it null? It was observed left out, and it was "
    "observed as null."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A request that was observed, without anything personal, and what Django answered.

    ``target`` is the path with its query, as in ``/v1/statements?format=csv``. ``body`` and
    ``answer`` are JSON values; None where there was no body.
    """

    status: int
    target: str
    body: Any = None
    answer: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_accepted(self) -> bool:
        return 200 <= self.status < 300


#: What the recordings of one endpoint hold.
Observed = Sequence[Sample]


def shape_of(values: Sequence[Any], *, name: str) -> Shape:
    """Return what all these values have in common; ``name`` is for the class of an object.

    A text becomes a UUID, a date or a moment only if each of the values, read as one and written
    again, is the same text.
    """
    present = [it for it in values if it is not None]
    if not present:
        return Unknown("It was observed as null only.")
    shape = _of_present(present, name)
    return or_null(shape) if len(present) < len(values) else shape


def refined(told: Shape, seen: Shape) -> Shape:
    """Return what a serializer told, with what only the traffic can say filled in.

    That is: types that the serializer leaves open, and nulls that it does not know of. Keys that
    it does not name are asked about.
    """
    if isinstance(seen, Unknown):
        return told
    if isinstance(seen, OrNull):
        return or_null(refined(told, seen.shape))
    match told, seen:
        case Unknown(), _:
            return seen
        case OrNull(), _:
            return or_null(refined(told.shape, seen))
        case ListOf(), ListOf():
            return replace(told, item=refined(told.item, seen.item))
        case DictOf(), DictOf():
            return DictOf(refined(told.value, seen.value))
        case Thing(), Thing():
            return replace(told, members=_refined_members(told, seen))
    return told


def _refined_members(told: Thing, seen: Thing) -> tuple[Member, ...]:
    by_name = {it.name: it for it in seen.members}
    known = []
    for member in told.members:
        found = by_name.pop(member.name, None)
        if found is not None:
            is_optional = member.is_optional or found.is_optional
            shape = refined(member.shape, found.shape)
            member = replace(member, shape=shape, is_optional=is_optional)
        known.append(member)
    unnamed = "Is `{path}` a part of it? It was observed, but the serializer does not name it."
    return (*known, *(it.asking(unnamed) for it in by_name.values()))


def _of_present(values: list[Any], name: str) -> Shape:
    kinds = {type(it) for it in values}
    if kinds == {int, float}:
        kinds = {float}
    if len(kinds) > 1:
        words = " and as ".join(sorted({_WORDS[it] for it in kinds}))
        return Unknown(f"It was observed as {words}.")
    (kind,) = kinds
    if kind is dict:
        return _of_objects(values, name)
    if kind is list:
        items = [it for value in values for it in value]
        if not items:
            return ListOf(Unknown("It was observed as an empty list only."))
        return ListOf(shape_of(items, name=singular(name)))
    if kind is str:
        return Scalar(python=_type_of_texts(values))
    return Scalar(python=kind.__name__)


def _of_objects(values: list[dict[str, Any]], name: str) -> Shape:
    names = list(dict.fromkeys(key for value in values for key in value))
    if not names:
        return DictOf(Unknown("It was observed as an empty object only."))
    if all(map(_is_data, names)):
        return DictOf(shape_of([it for value in values for it in value.values()], name=name))
    return Thing(class_name(name), tuple(_member(key, values) for key in names))


def _member(key: str, objects: list[dict[str, Any]]) -> Member:
    found = [it[key] for it in objects if key in it]
    is_optional = len(found) < len(objects)
    shape = shape_of(found, name=key)
    asks = (ABSENT_OR_NULL,) if is_optional and without_null(shape) is not shape else ()
    return Member(name=key, shape=shape, is_optional=is_optional, asks=asks)


def _is_data(key: str) -> bool:
    return bool(_UUID.fullmatch(key) or _NUMBER.fullmatch(key) or _is_a_date(key))


def _type_of_texts(texts: list[str]) -> str:
    for python, is_one in (("UUID", _UUID.fullmatch), ("date", _is_a_date), ("datetime", _is_utc)):
        if all(map(is_one, texts)):
            return python
    return "str"


def _is_a_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_utc(text: str) -> bool:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    return moment.isoformat().replace("+00:00", "Z") == text and text.endswith("Z")
