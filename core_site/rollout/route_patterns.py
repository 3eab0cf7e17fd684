"""Convert Django's URL patterns to path templates: ``users/<int:pk>`` is ``users/{pk}``.

A pattern may stand for several templates (an optional slash makes two) or for none: what a regular
expression matches outside of its groups is no parameter of the view, so ``[a-z]+`` there cannot be
written as a template, and neither can a pattern that leaves its end open.
"""

import re
from collections.abc import Iterable

# Private, but unchanged for twenty years under this and its former name ``sre_parse``: Python's own
# reader of regular expressions. tests/route_discovery would fail without it.
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from django.urls import converters
from django.urls.resolvers import LocalePrefixPattern, RegexPattern, RoutePattern

#: The kind of a parameter, by Django's converter; a converter of the project's own is ``other``.
KINDS = {
    converters.StringConverter: "str",
    converters.IntConverter: "int",
    converters.UUIDConverter: "uuid",
    converters.SlugConverter: "slug",
    converters.PathConverter: "path",
}

_PARAMETER = re.compile(r"<(?:[^>:]+:)?([^>]+)>")

_BEGINNING = {_constants.AT_BEGINNING, _constants.AT_BEGINNING_STRING}
_END = {_constants.AT_END, _constants.AT_END_STRING}


class NoTemplate(Exception):
    """A pattern that matches more than a path template can say."""


class Piece(NamedTuple):
    """A part of a path: its text, with parameters in braces, and the kind of each parameter."""

    text: str
    kinds: tuple[tuple[str, str], ...] = ()

    def then(self, other: "Piece") -> "Piece":
        return Piece(self.text + other.text, self.kinds + other.kinds)


def expand_pattern(
    pattern: RoutePattern | RegexPattern | LocalePrefixPattern, *, is_last: bool
) -> list[Piece]:
    """Return the templates of a pattern; ``is_last`` when no other pattern follows it.

    The prefix of a language is left out.

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
    return _expand_regex(str(pattern), is_last=is_last)


def _expand_regex(regex: str, *, is_last: bool) -> list[Piece]:
    parsed = _parser.parse(regex)
    items = list(parsed)
    if items and _is_anchor(items[0], _BEGINNING):
        items.pop(0)
    elif items:
        raise NoTemplate(regex)
    if items and _is_anchor(items[-1], _END):
        items.pop()
    elif is_last:
        raise NoTemplate(regex)
    if parsed.state.flags & ~re.UNICODE:
        raise NoTemplate(regex)
    names = {group: name for name, group in parsed.state.groupdict.items()}
    return list(dict.fromkeys(_expand(items, names, regex)))


def _is_anchor(item: tuple[Any, Any], places: set[Any]) -> bool:
    return item[0] is _constants.AT and item[1] in places


def _expand(items: Iterable[tuple[Any, Any]], names: dict[int, str], regex: str) -> list[Piece]:
    """Return the templates of a sequence in a parsed regular expression."""
    expanded = [Piece("")]
    for kind, value in items:
        match kind, value:
            case _constants.LITERAL, letter:
                parts = [Piece(chr(letter))]
            case _constants.MAX_REPEAT, (0, 1, optional):
                parts = [Piece(""), *_expand(optional, names, regex)]
            case _constants.BRANCH, (_, branches):
                parts = [piece for branch in branches for piece in _expand(branch, names, regex)]
            case _constants.SUBPATTERN, (None, 0, 0, inside):
                parts = _expand(inside, names, regex)
            case _constants.SUBPATTERN, (int(group), 0, 0, inside):
                takes_slashes = _compiler.compile(inside).fullmatch("a/b")
                name = names.get(group, f"arg{group}")
                parts = [Piece(f"{{{name}}}", ((name, "path" if takes_slashes else "other"),))]
            case _:
                raise NoTemplate(regex)
        expanded = [before.then(part) for before in expanded for part in parts]
    return expanded
