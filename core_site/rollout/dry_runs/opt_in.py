"""``@dry_run_is_safe``: which views allow a dry run, and why."""

from collections.abc import Callable
from typing import Any, TypeVar

from core_site.rollout.routes import api_routes

View = TypeVar("View", bound=Callable[..., Any])

_REASON = "dry_run_reason"


def dry_run_is_safe(reason: str) -> Callable[[View], View]:
    """Allow dry runs of a view, of all methods of a class, or of one method, for a stated reason.

    A rollback must undo everything that the view does, such as its writes to ``DATABASES``.
    Callbacks of ``transaction.on_commit`` are never called in a dry run.

    Raises:
        ValueError: the reason is empty.
    """
    if not isinstance(reason, str) or not reason.strip():
        raise ValueError('say why a dry run is safe: @dry_run_is_safe("it writes rows only")')

    def allow(view: View) -> View:
        setattr(view, _REASON, reason.strip())
        return view

    return allow


def dry_run_reason(view: Callable[..., Any], method: str) -> str | None:
    """Return why dry runs of a view's method are safe; None if they are not allowed."""
    while True:
        # The dictionary, not the attribute: a subclass may do more than its parent.
        reason: str | None = vars(view).get(_REASON)
        kind = getattr(view, "cls", None) or getattr(view, "view_class", None)
        if reason is None and kind is not None:
            # REST framework's view sets name the action of each method.
            actions = getattr(view, "actions", None) or {}
            handler = getattr(kind, actions.get(method.lower(), method.lower()), None)
            reason = vars(kind).get(_REASON) or getattr(handler, _REASON, None)
        wrapped = getattr(view, "__wrapped__", None)
        if reason is not None or wrapped is None:
            return reason
        view = wrapped


def dry_run_reason_of_endpoint(name: str) -> str | None:
    """Return why dry runs of an endpoint of this project are safe; None if it allows none.

    ``name`` is method and path template, as in ``POST /v1/users``.
    """
    for route in api_routes():
        if f"{route.method} {route.path_template}" == name:
            return dry_run_reason(route.view, route.method)
    return None
