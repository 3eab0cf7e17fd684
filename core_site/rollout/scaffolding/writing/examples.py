"""Bodies to try an endpoint with: one that should be taken, and changes that break it."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from core_site.rollout.scaffolding.naming import parameters_of
from core_site.rollout.scaffolding.shapes import (
    Choice,
    DictOf,
    ListOf,
    OrNull,
    Scalar,
    Shape,
    Thing,
    Unknown,
)
from core_site.rollout.scaffolding.writing.python_text import literal

AN_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"

_TEXTS = {
    "UUID": AN_ID,
    "date": "2026-07-14",
    "datetime": "2026-07-14T08:30:00Z",
    "time": "08:30:00",
}

_LOOKS = {"email": "guest-{number}@example.com", "url": "https://example.com/{number}"}

_LONGEST_TRIED = 10_000


def written_example(shape: Shape) -> str:
    """Return an expression for a body that should be taken; texts differ by ``number``."""
    match shape:
        case Scalar():
            return _scalar(shape)
        case OrNull():
            return written_example(shape.shape)
        case Choice():
            return literal(shape.values[0])
        case ListOf():
            return f"[{', '.join([written_example(shape.item)] * max(1, shape.shortest or 1))}]"
        case DictOf():
            return f'{{"key": {written_example(shape.value)}}}'
        case Thing():
            members = (f"{literal(it.name)}: {written_example(it.shape)}" for it in shape.members)
            return f"{{{', '.join(members)}}}"
        case Unknown():
            return "None"


def broken(thing: Thing) -> Iterator[tuple[str, Any]]:
    """Yield names of the object's keys, each with a value that it may not have."""
    yield "colour", "red"
    for member in thing.members:
        shape = member.shape
        if isinstance(shape, OrNull):
            shape = shape.shape
        else:
            yield member.name, None
        for value in _wrong(shape):
            yield member.name, value


def without_example(shape: Shape, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the place and the pattern of each text for which the written example is no fit."""
    match shape:
        case Scalar(python="str", pattern=str(pattern)):
            example = _text(shape).strip('f"').replace("{number}", "1")
            if not re.search(pattern.replace(r"\z", r"\Z"), example):
                yield path, pattern
        case OrNull():
            yield from without_example(shape.shape, path)
        case ListOf():
            yield from without_example(shape.item, f"{path}[]")
        case DictOf():
            yield from without_example(shape.value, f"{path}.*")
        case Thing():
            for member in shape.members:
                place = f"{path}.{member.name}" if path else member.name
                yield from without_example(member.shape, place)


def target_of(path: str, kinds: dict[str, str]) -> str:
    """Return a path with values of no meaning for its parameters."""
    for name in parameters_of(path):
        value = {"int": "1", "uuid": AN_ID}.get(kinds.get(name, ""), "unknown")
        path = path.replace(f"{{{name}}}", value)
    return path


def _scalar(shape: Scalar) -> str:
    if shape.python in _TEXTS:
        return literal(_TEXTS[shape.python])
    if shape.python == "bool":
        return "True"
    if shape.python == "str":
        return _text(shape)
    least = shape.least if shape.least is not None else shape.most
    number = 1 if least is None else least
    if shape.python == "Decimal":
        return literal(str(number))
    return literal(int(number) if shape.python == "int" else float(number))


def _text(shape: Scalar) -> str:
    template = _LOOKS.get(shape.looks_like, "value-{number}")
    longest = shape.longest or len(template)
    if longest < len("value-10"):
        return literal("x" * longest)
    missing = (shape.shortest or 0) - len("value-1")
    return f'f"{template}{"x" * max(0, missing)}"'


def _wrong(shape: Shape) -> Iterator[Any]:
    match shape:
        case Scalar(python="str"):
            yield 30
            if shape.shortest:
                yield "x" * (shape.shortest - 1)
            if shape.longest and shape.longest < _LONGEST_TRIED:
                yield "x" * (shape.longest + 1)
        case Scalar(python="int"):
            yield from ("30", 1.5, True)
            yield from _beyond(shape)
        case Scalar(python="float" | "Decimal"):
            yield from ("many", True)
            yield from _beyond(shape)
        case Scalar(python="bool"):
            yield from ("yes", 1)
        case Scalar():
            yield from ("soon", 30)
        case Choice():
            yield from ("something else", 30)
        case ListOf() | DictOf() | Thing():
            yield "text"
            yield [] if not isinstance(shape, ListOf) else {}


def _beyond(shape: Scalar) -> Iterator[Any]:
    for limit, step in ((shape.least, -1), (shape.most, 1)):
        if isinstance(limit, int | float | Decimal):
            yield int(limit) + step
