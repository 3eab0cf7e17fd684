"""How people name the callers that the edge knows by a name of its own.

The setting ``ENDPOINT_CALLERS`` names a class like ``Callers``. Without it, what is typed is the
name itself, as ``PORTICO_IDENTIFY_CALLER`` returns it.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from shared_domain.endpoints import LONGEST_CALLER_NAME, CallerName


class Callers(Protocol):
    """Finds callers as people call them, and says what they are called."""

    def find(self, text: str) -> CallerName | None: ...

    def labels(self, names: Iterable[CallerName]) -> Mapping[CallerName, str]:
        """Return what people call each of them; those that are unknown are left out."""


class CallersByName:
    """Takes every text as the caller's own name: nothing here knows which ones there are."""

    def find(self, text: str) -> CallerName | None:
        return CallerName(text) if 0 < len(text) <= LONGEST_CALLER_NAME else None

    def labels(self, names: Iterable[CallerName]) -> Mapping[CallerName, str]:
        return {name: name for name in names}


def callers() -> Callers:
    """Return the directory that this project has chosen."""
    chosen = getattr(settings, "ENDPOINT_CALLERS", None)
    found: Callers = import_string(chosen)() if chosen else CallersByName()
    return found


def labelled(pins: Mapping[CallerName, str]) -> dict[str, str]:
    """Return pins under what people call their callers, in that order."""
    labels = callers().labels(pins)
    return dict(sorted((labels.get(name, name), side) for name, side in pins.items()))
