"""Look up the callers that staff users pin, by code or label.

The setting ``ENDPOINT_CALLERS`` names a class with the methods of ``CallerDirectory``. Without it,
a caller is typed as ``PORTICO_IDENTIFY_CALLER`` names it.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from core_site.rollout.models import ParityCheck
from shared_domain.rollout import LONGEST_CALLER_NAME, CallerName, Endpoint, Side, Stage

#: Comparisons that callers are looked for in.
MAX_COMPARISONS_SEARCHED = 5_000


class CallerDirectory(Protocol):
    """Finds callers as people call them, and says what they are called."""

    def find(self, text: str) -> CallerName | None: ...

    def labels(self, names: Iterable[CallerName]) -> Mapping[CallerName, str]:
        """Return what people call each of them; those that are unknown are left out."""


class CallerNames:
    """Takes every text as the caller's own name: nothing here knows which ones there are."""

    def find(self, text: str) -> CallerName | None:
        return CallerName(text) if 0 < len(text) <= LONGEST_CALLER_NAME else None

    def labels(self, names: Iterable[CallerName]) -> Mapping[CallerName, str]:
        return {name: name for name in names}


def callers() -> CallerDirectory:
    """Return the directory that this project has chosen."""
    chosen = getattr(settings, "ENDPOINT_CALLERS", None)
    found: CallerDirectory = import_string(chosen)() if chosen else CallerNames()
    return found


def empty_canary_warning(endpoint: Endpoint) -> str:
    """Return that the share of a canary holds no caller that was seen lately, if so; else nothing.

    One percent of a few partners is nobody, and a canary that answers nobody proves nothing.
    """
    if endpoint.stage is not Stage.CANARY:
        return ""
    latest = ParityCheck.objects.filter(endpoint_id=endpoint.id).order_by("-at", "-id")
    seen = {
        CallerName(name)
        for name in latest.values_list("partner_id", flat=True)[:MAX_COMPARISONS_SEARCHED]
        if name is not None
    }
    if any(endpoint.answered_by(name) is Side.EDGE for name in {*seen, *endpoint.pins}):
        return ""
    return (
        f"{endpoint.percent} % of the {len(seen)} callers that were compared is none of them: "
        "pin one to the edge, or nothing will be seen of this canary"
    )


def label_pins(pins: Mapping[CallerName, str]) -> dict[str, str]:
    """Return pins under what people call their callers, in that order."""
    labels = callers().labels(pins)
    return dict(sorted((labels.get(name, name), side) for name, side in pins.items()))
