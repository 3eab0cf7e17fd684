"""The API routes of Django, read from its URLconf: method, path template and view.

The methods of a class-based view, REST framework's too, are those of its handlers; of a view set,
those of its actions; of a function, those of ``require_http_methods`` and its kin. A function
without these takes every method: it is listed with GET and POST, and with any other method that
its code names. HEAD and OPTIONS follow GET and are never listed.

A pattern ``users/<int:pk>`` is the template ``users/{pk}``. A pattern may expand to several
templates (an optional slash makes two), or to none: variable text outside of a regular expression's
groups, such as ``[a-z]+``, is no parameter of the view, so no template can express it, nor a
pattern with an open end.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

# Private, but unchanged for twenty years under this and its former name ``sre_parse``: Python's own
# reader of regular expressions. tests/route_discovery would fail without it.
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, converters, get_resolver
from django.urls.resolvers import LocalePrefixPattern, RegexPattern, RoutePattern
from django.views.decorators import http

from shared_domain import rollout

#: The methods that can be endpoints, in the order in which they are listed.
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

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

View = Callable[..., Any]


class NoTemplate(Exception):
    """A pattern cannot be expressed as a path template."""


class Piece(NamedTuple):
    """A part of a path: its text, with parameters in braces, and the kind of each parameter."""

    text: str
    kinds: tuple[tuple[str, str], ...] = ()

    def then(self, other: "Piece") -> "Piece":
        return Piece(self.text + other.text, self.kinds + other.kinds)


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """A method and a path template of the URLconf; ``kinds`` has the converter of each parameter.

    A kind is the name of Django's own converter (``str``, ``int``, ``uuid``, ``slug``, ``path``),
    or ``other``.
    """

    method: str
    path_template: str
    view: View
    kinds: tuple[tuple[str, str], ...] = ()


def endpoint_prefixes() -> Sequence[str]:
    """Return the setting ``ENDPOINT_PREFIXES``: every path below one of them is an endpoint.

    Raises:
        ImproperlyConfigured: the setting is missing, or is a string instead of a list.
    """
    prefixes: Sequence[str] | None = getattr(settings, "ENDPOINT_PREFIXES", None)
    if prefixes is None or isinstance(prefixes, str):
        raise ImproperlyConfigured(
            'the setting ENDPOINT_PREFIXES must list the paths of the API, as in ["/api/"]'
        )
    return prefixes


def api_routes(urlconf: Any = None, prefixes: Sequence[str] | None = None) -> list[ApiRoute]:
    """Return the endpoints below ``prefixes``, in the URLconf's order.

    Without ``prefixes``, those of the setting ``ENDPOINT_PREFIXES`` are used. If two routes have
    the same method and path, only the first one is listed, which is the one that answers.
    """
    found: dict[tuple[str, str], ApiRoute] = {}
    for one in _walk(get_resolver(urlconf).url_patterns, [Piece("/")]):
        if isinstance(one, _Unreadable) or not _is_below(one.path.text, prefixes):
            continue
        for method in served_methods(one.view):
            route = ApiRoute(method, one.path.text, one.view, one.path.kinds)
            found.setdefault((method, rollout.path_shape(one.path.text)), route)
    return list(found.values())


def patterns_without_template(
    urlconf: Any = None, prefixes: Sequence[str] | None = None
) -> list[str]:
    """Return the patterns below ``prefixes`` that no path template can express, as text.

    They are missing from ``api_routes``: the pattern of such an endpoint must be rewritten before
    the endpoint can move.
    """
    return [
        one.pattern
        for one in _walk(get_resolver(urlconf).url_patterns, [Piece("/")])
        if isinstance(one, _Unreadable)
        and any(_is_below(before.text, prefixes, unfinished=True) for before in one.before)
    ]


def served_methods(view: View) -> list[str]:
    """Return the methods that a view serves, without HEAD and OPTIONS."""
    required = [names for names in map(_allowed_methods, _unwrap(view)) if names is not None]
    served = _handler_methods(view)
    if served is None:
        served = set(METHODS) if required else _assumed_methods(view)
    return [method for method in METHODS if method in served.intersection(*required)]


@dataclass(frozen=True, slots=True)
class _Readable:
    """A path that a template expresses, and its view."""

    path: Piece
    view: View


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """A pattern that no template expresses, and the paths that precede it."""

    pattern: str
    before: tuple[Piece, ...]


def _walk(
    patterns: Iterable[URLPattern | URLResolver], before: list[Piece]
) -> Iterator[_Readable | _Unreadable]:
    for one in patterns:
        try:
            parts = expand_pattern(one.pattern, is_last=isinstance(one, URLPattern))
        except NoTemplate:
            yield _Unreadable(str(one.pattern), tuple(before))
            continue
        here = [start.then(part) for start in before for part in parts]
        if isinstance(one, URLPattern):
            yield from (_Readable(path, one.callback) for path in here)
        else:
            yield from _walk(one.url_patterns, here)


def _is_below(path: str, prefixes: Sequence[str] | None, *, unfinished: bool = False) -> bool:
    """Return whether a path is below the prefixes; an unfinished one may still become so."""
    asked = endpoint_prefixes() if prefixes is None else prefixes
    return any(
        path.startswith(prefix) or (unfinished and prefix.startswith(path)) for prefix in asked
    )


def _handler_methods(view: View) -> set[str] | None:
    """Return the methods that a class has handlers for; None if the view is a function."""
    # REST framework's view sets say which method runs which action.
    actions = getattr(view, "actions", None)
    if actions:
        return {method.upper() for method in actions}
    # REST framework calls the class ``cls``, Django itself ``view_class``.
    kind = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if kind is None:
        return None
    options = getattr(view, "initkwargs", None) or getattr(view, "view_initkwargs", None) or {}
    names = options.get("http_method_names", kind.http_method_names)
    return {name.upper() for name in names if callable(getattr(kind, name, None))}


def _assumed_methods(view: View) -> set[str]:
    """Return the methods of a function without a decorator: GET, POST, and those its code names."""
    code = getattr(inspect.unwrap(view), "__code__", None)
    named: set[object] = {"GET", "POST"}
    for constant in code.co_consts if code else ():
        named |= set(constant) if isinstance(constant, tuple | frozenset) else {constant}
    return {method for method in METHODS if method in named}


def _unwrap(view: View | None) -> Iterator[View]:
    while view is not None:
        yield view
        view = getattr(view, "__wrapped__", None)


def _allowed_methods(view: View) -> set[str] | None:
    """Return the methods that a wrapper of ``require_http_methods`` allows; None of other views."""
    code = getattr(view, "__code__", None)
    if code is None or code.co_filename != http.__file__:
        return None
    required = inspect.getclosurevars(view).nonlocals.get("request_method_list")
    return None if required is None else set(required)


def expand_pattern(
    pattern: RoutePattern | RegexPattern | LocalePrefixPattern, *, is_last: bool
) -> list[Piece]:
    """Return the templates of a pattern; ``is_last`` if no other pattern follows it.

    The prefix of a language (``i18n_patterns``) is left out.

    Raises:
        NoTemplate: no path template can express the pattern.
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
