"""Panels of change pages: a limited number of rows that belong to the page's object."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.http import HttpRequest

#: Takes the request and the row; returns the context of the panel's template, None without content.
LoadPanel: TypeAlias = Callable[[HttpRequest, Any], Mapping[str, Any] | None]

LoadedPanel: TypeAlias = tuple["Panel", Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel: a template, and the function that loads its context.

    ``load`` reads a bounded number of rows, and returns None when there is nothing to show. It is
    called only for users who have all of ``permissions``. A wide panel takes the whole width of
    the page.
    """

    name: str
    title: str
    load: LoadPanel
    template: str
    permissions: tuple[str, ...] = ()
    is_wide: bool = False


def load_panels(panels: Iterable[Panel], request: HttpRequest, row: Any) -> list[LoadedPanel]:
    """Return the panels that the staff user may see and that have something to show."""
    allowed = [panel for panel in panels if request.user.has_perms(panel.permissions)]
    loaded = [(panel, panel.load(request, row)) for panel in allowed]
    return [(panel, context) for panel, context in loaded if context is not None]
