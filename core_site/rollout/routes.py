"""The API routes of Django, read from its URLconf: method, path template and view.

The methods of a class-based view, REST framework's too, are those of its handlers; of a view set,
those of its actions; of a function, those of ``require_http_methods`` and its kin. A function
without these takes every method: it is listed with GET and POST, and with any other method that
its code names. HEAD and OPTIONS follow GET and are never listed.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, get_resolver
from django.views.decorators import http

from core_site.rollout.route_patterns import NoTemplate, Piece, expand_pattern
from shared_domain import rollout

#: The methods that can be endpoints, in the order in which they are listed.
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

View = Callable[..., Any]


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
    """Return the setting ``ENDPOINT_PREFIXES``: below these paths every address is an endpoint.

    Raises:
        ImproperlyConfigured: the project has none, or one that is a single text.
    """
    prefixes: Sequence[str] | None = getattr(settings, "ENDPOINT_PREFIXES", None)
    if prefixes is None or isinstance(prefixes, str):
        raise ImproperlyConfigured(
            'the setting ENDPOINT_PREFIXES must list the paths of the API, as in ["/api/"]'
        )
    return prefixes


def api_routes(urlconf: Any = None, prefixes: Sequence[str] | None = None) -> list[ApiRoute]:
    """Return the endpoints below ``prefixes``, in the URLconf's order.

    Without ``prefixes``, those of the setting ``ENDPOINT_PREFIXES``. Where two routes have the
    same method and path, the first one is listed: it is the one that answers.
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
    """Return the patterns below ``prefixes`` that no path template can say, as they are written.

    They are missing in ``api_routes``: an endpoint there has to be rewritten before it can move.
    """
    return [
        one.pattern
        for one in _walk(get_resolver(urlconf).url_patterns, [Piece("/")])
        if isinstance(one, _Unreadable)
        and any(_is_below(before.text, prefixes, unfinished=True) for before in one.before)
    ]


def served_methods(view: View) -> list[str]:
    """Return the methods that a view serves, HEAD and OPTIONS left out."""
    required = [names for names in map(_allowed_methods, _unwrap(view)) if names is not None]
    served = _handler_methods(view)
    if served is None:
        served = set(METHODS) if required else _assumed_methods(view)
    return [method for method in METHODS if method in served.intersection(*required)]


@dataclass(frozen=True, slots=True)
class _Readable:
    """A path, and the view that answers there."""

    path: Piece
    view: View


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """A pattern without a template, and what stands before it."""

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
