"""What a JSON value looks like, whoever said so: a serializer, or the traffic that was observed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from typing import Any

#: Stands for "no default", as None may be one.
NOTHING: Any = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One value; ``python`` names its type, as in ``Decimal``. Limits are those of a request.

    ``written`` says how an answer writes it where that is not the usual way: ``fixed:2`` is text
    with two decimal places, ``number`` a number, ``format:%d.%m.`` what ``strftime`` makes of it.
    ``looks_like`` is ``email``, ``url`` or ``slug`` where any other text would be refused.
    """

    python: str
    least: Decimal | float | None = None
    most: Decimal | float | None = None
    shortest: int | None = None
    longest: int | None = None
    pattern: str | None = None
    digits: int | None = None
    decimal_places: int | None = None
    is_trimmed: bool = False
    written: str = ""
    looks_like: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    values: tuple[str | int | bool, ...]


@dataclass(frozen=True, slots=True)
class OrNull:
    shape: "Shape"


@dataclass(frozen=True, slots=True)
class ListOf:
    item: "Shape"
    shortest: int | None = None
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class DictOf:
    """An object whose keys are data."""

    value: "Shape"


@dataclass(frozen=True, slots=True)
class Thing:
    """An object with known keys, which becomes a class of this name."""

    name: str
    members: tuple["Member", ...]
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say; ``why`` finishes the question about its type."""

    why: str


Shape = Scalar | Choice | OrNull | ListOf | DictOf | Thing | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A key of an object. ``asks`` are questions about it, with ``{path}`` for where it is."""

    name: str
    shape: Shape
    is_optional: bool = False
    default: Any = NOTHING
    help: str = ""
    asks: tuple[str, ...] = ()

    def asking(self, *questions: str) -> "Member":
        return replace(self, asks=self.asks + questions)


def or_null(shape: Shape) -> Shape:
    return shape if isinstance(shape, OrNull | Unknown) else OrNull(shape)


def without_null(shape: Shape) -> Shape:
    return shape.shape if isinstance(shape, OrNull) else shape


def questions_about(shape: Shape, path: str = "", *, where: str = "") -> Iterator[str]:
    """Yield what has to be asked about the shape, each question with the path of its place.

    ``where`` follows the path, as in ``in the request``.
    """
    match shape:
        case Unknown():
            place = f"{f'`{path}`' if path else 'the whole body'} {where}".strip()
            yield f"What is the type of {place}? {shape.why}"
        case OrNull():
            yield from questions_about(shape.shape, path, where=where)
        case ListOf():
            yield from questions_about(shape.item, f"{path}[]", where=where)
        case DictOf():
            yield from questions_about(shape.value, f"{path}.*" if path else "*", where=where)
        case Thing():
            for member in shape.members:
                place = f"{path}.{member.name}" if path else member.name
                for question in member.asks:
                    yield question.replace("{path}", place)
                yield from questions_about(member.shape, place, where=where)


def things_in(shape: Shape | None) -> list[Thing]:
    """Return every object in the shape, the inner ones first, each name once."""
    match shape:
        case OrNull() as inner:
            found = things_in(inner.shape)
        case ListOf() as many:
            found = things_in(many.item)
        case DictOf() as many:
            found = things_in(many.value)
        case Thing():
            found = [it for member in shape.members for it in things_in(member.shape)] + [shape]
        case _:
            found = []
    return list({it.name: it for it in found}.values())


def named_apart(shape: Shape, known: dict[str, "Thing | None"], *, prefix: str = "") -> Shape:
    """Return the shape with a name of its own for each object, and add the names to ``known``.

    The outer one of two objects keeps its name. A name that stands for something else in
    ``known`` gets ``prefix`` before it, or something behind it.
    """
    match shape:
        case OrNull():
            return OrNull(named_apart(shape.shape, known, prefix=prefix))
        case ListOf():
            return replace(shape, item=named_apart(shape.item, known, prefix=prefix))
        case DictOf():
            return DictOf(named_apart(shape.value, known, prefix=prefix))
        case Thing():
            free = (it for it in _names_for(shape.name, prefix) if known.get(it, shape) == shape)
            name = next(free)
            known[name] = shape
            members = tuple(
                replace(it, shape=named_apart(it.shape, known, prefix=prefix))
                for it in shape.members
            )
            return Thing(name, members, shape.doc)
    return shape


def _names_for(name: str, prefix: str) -> Iterator[str]:
    yield name
    if prefix and not name.startswith(prefix):
        yield f"{prefix}{name}"
    yield f"{name}Entry"
    yield from (f"{name}{number}" for number in count(2))
