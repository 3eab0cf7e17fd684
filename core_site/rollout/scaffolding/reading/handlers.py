"""The code that answers a route: the method of a class, an action, or a function."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core_site.rollout.routes import ApiRoute

#: Actions of REST framework's generic views.
ACTIONS = ("list", "retrieve", "create", "update", "partial_update", "destroy")


@dataclass(frozen=True, slots=True)
class Handler:
    """``kind`` is the class of the view, None for a function; ``options`` are those of as_view.

    ``action`` is the generic action of REST framework that answers, or empty: then ``code`` is
    the site's own.
    """

    code: Callable[..., Any]
    kind: type | None = None
    action: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Where to find it, as in ``core_site.partner_api.users.UserList.post``."""
        if self.kind is not None and self.kind.__name__ != self.code.__name__:
            return f"{self.kind.__module__}.{self.kind.__name__}.{self.code.__name__}"
        return f"{self.code.__module__}.{self.code.__name__}"

    def setting(self, name: str, default: Any = None) -> Any:
        """Return what the view says under this name: in as_view, or as an attribute."""
        return self.options.get(name, getattr(self.kind, name, default))


def handler_of(route: ApiRoute) -> Handler:
    """Return what answers the route's method."""
    view = route.view
    kind = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if kind is None:
        return Handler(inspect.unwrap(view))
    actions = getattr(view, "actions", None) or {}
    name = actions.get(route.method.lower(), route.method.lower())
    code = getattr(kind, name)
    options = getattr(view, "initkwargs", None) or getattr(view, "view_initkwargs", None) or {}
    # ``@api_view`` puts the function behind a method of a class that it makes.
    function = inspect.getclosurevars(code).nonlocals.get("func")
    if kind.__name__ != "WrappedAPIView" and kind.__name__ == getattr(function, "__name__", ""):
        return Handler(inspect.unwrap(function), kind, options=options)
    return Handler(inspect.unwrap(code), kind, _generic_action(code, name), options)


def _generic_action(code: Callable[..., Any], name: str) -> str:
    """Return which action of REST framework's runs, when no code of the site's own does."""
    if not code.__module__.startswith("rest_framework"):
        return ""
    if name in ACTIONS:
        return name
    # A generic view's ``get`` is one line: ``return self.list(…)``.
    called = [it for it in ACTIONS if it in code.__code__.co_names]
    return called[0] if called else ""
