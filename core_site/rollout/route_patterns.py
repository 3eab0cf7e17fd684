"""Django's patterns as path templates: ``users/<int:pk>`` is ``users/{pk}``.

A pattern may stand for several templates (an optional slash makes two) or for none: what a regular
expression matches outside of its groups is no parameter of the view, so ``[a-z]+`` there cannot be
written as a template, and neither can a pattern that leaves its end open.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import converters
from django.urls.resolvers import LocalePrefixPattern, RegexPattern, RoutePattern

#: What a parameter takes, by Django's converter; anything else is a kind of the site's own.
KINDS = {
    converters.StringConverter: "str",
    converters.IntConverter: "int",
    converters.UUIDConverter: "uuid",
    converters.SlugConverter: "slug",
    converters.PathConverter: "path",
}

_PARAMETER = re.compile(r"<(?:[^>:]+:)?([^>]+)>")
_GROUP = re.compile(r"\?P<(\w+)>")
_END = re.compile(r"(?<!\\)(\$|\\Z|\\z)$")

#: Means something else than itself in a regular expression.
_SPECIAL = set(r".^$*+?{}[]\|()")


class NoTemplate(Exception):
    """A pattern that matches more than a path template can say."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a path: its text, with parameters in braces, and what each parameter takes."""

    text: str
    kinds: tuple[tuple[str, str], ...] = ()

    def then(self, other: "Piece") -> "Piece":
        return Piece(self.text + other.text, self.kinds + other.kinds)


def pieces_of(
    pattern: RoutePattern | RegexPattern | LocalePrefixPattern, *, is_last: bool
) -> list[Piece]:
    """Return what the pattern stands for; ``is_last`` when no other pattern follows it.

    The prefix of a language counts for nothing.

    Raises:
        NoTemplate: it cannot be written as a template.
    """
    if isinstance(pattern, LocalePrefixPattern):
        return [Piece("")]
    if isinstance(pattern, RoutePattern):
        kinds = {
            name: KINDS.get(type(converter), "other")
            for name, converter in pattern.converters.items()
        }
        return [Piece(_PARAMETER.sub(r"{\1}", str(pattern)), tuple(kinds.items()))]
    return pieces_of_regex(str(pattern), is_last=is_last)


def pieces_of_regex(regex: str, *, is_last: bool) -> list[Piece]:
    """Return what a regular expression stands for, optional parts with and without.

    Raises:
        NoTemplate: it matches anywhere, or anything after its end, or text outside of groups.
    """
    is_anchored = regex.startswith(("^", r"\A")) or not regex
    end = _END.search(regex)
    if not is_anchored or (is_last and end is None):
        raise NoTemplate(regex)
    start = 2 if regex.startswith(r"\A") else min(1, len(regex))
    return _Reader(regex[start : end.start() if end else None]).read()


class _Reader:
    """Reads one regular expression from left to right."""

    def __init__(self, regex: str) -> None:
        self._regex = regex
        self._at = 0
        self._unnamed = 0

    def read(self) -> list[Piece]:
        found = self._alternatives()
        if self._at < len(self._regex):
            raise NoTemplate(self._regex)
        return list(dict.fromkeys(found))

    def _alternatives(self) -> list[Piece]:
        found = self._sequence()
        while self._next() == "|":
            self._at += 1
            found += self._sequence()
        return found

    def _sequence(self) -> list[Piece]:
        found = [Piece("")]
        while self._next() not in ("", "|", ")"):
            parts = self._repeated(self._part())
            found = [before.then(part) for before in found for part in parts]
        return found

    def _repeated(self, parts: list[Piece]) -> list[Piece]:
        if self._next() == "?":
            self._at += 1
            return [Piece(""), *parts]
        if self._next() in ("*", "+", "{"):
            raise NoTemplate(self._regex)
        return parts

    def _part(self) -> list[Piece]:
        if self._regex.startswith("(?:", self._at):
            self._at += 3
            found = self._alternatives()
            self._at += 1
            return found
        if self._next() == "(":
            return [self._parameter()]
        if self._next() == "\\":
            self._at += 1
            is_a_class = self._next().isalnum()
        else:
            is_a_class = self._next() in _SPECIAL
        if is_a_class:
            raise NoTemplate(self._regex)
        self._at += 1
        return [Piece(self._regex[self._at - 1])]

    def _parameter(self) -> Piece:
        start = self._at + 1
        self._at = _closing(self._regex, self._at) + 1
        inside = self._regex[start : self._at - 1]
        named = _GROUP.match(inside)
        if named:
            name, inside = named[1], inside[named.end() :]
        elif inside.startswith("?"):
            # It looks ahead or back, or changes how the rest is read.
            raise NoTemplate(self._regex)
        else:
            self._unnamed += 1
            name = f"arg{self._unnamed}"
        kind = "path" if re.fullmatch(inside, "a/b") else "other"
        return Piece(f"{{{name}}}", ((name, kind),))

    def _next(self) -> str:
        return self._regex[self._at : self._at + 1]


def _closing(regex: str, opening: int) -> int:
    """Return where the parenthesis closes, those in classes and behind backslashes left alone."""
    depth = 0
    for at, character in _unescaped(regex, opening):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return at
    raise NoTemplate(regex)


def _unescaped(regex: str, start: int) -> Iterator[tuple[int, str]]:
    at, in_class = start, False
    while at < len(regex):
        character = regex[at]
        if character == "\\":
            at += 2
            continue
        if in_class:
            in_class = character != "]"
        else:
            in_class = character == "["
            yield at, character
        at += 1
