"""``@dry_run_is_safe``: which views allow a dry run, and why."""

from collections.abc import Callable
from typing import Any, TypeVar

from core_site.rollout.routes import api_routes

View = TypeVar("View", bound=Callable[..., Any])

_REASON = "dry_run_reason"


def dry_run_is_safe(reason: str) -> Callable[[View], View]:
    """Allow dry runs of a view, of all of a class's methods, or of one method; say why it is safe.

    Everything that it does must be undone by a rollback: what it writes to the databases of
    ``DATABASES``. What it does by ``transaction.on_commit`` is never carried out.

    Raises:
        ValueError: there is no reason.
    """
    if not isinstance(reason, str) or not reason.strip():
        raise ValueError('say why a dry run is safe: @dry_run_is_safe("it writes rows only")')

    def allow(view: View) -> View:
        setattr(view, _REASON, reason.strip())
        return view

    return allow


def dry_run_reason(view: Callable[..., Any], method: str) -> str | None:
    """Return why dry runs of a view are safe with a method, None where they are not allowed."""
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
    """Return why dry runs of an endpoint of this program are safe; None where it allows none.

    ``name`` is method and path template, as in ``POST /v1/users``.
    """
    for route in api_routes():
        if f"{route.method} {route.path_template}" == name:
            return dry_run_reason(route.view, route.method)
    return None
