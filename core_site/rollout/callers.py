"""Look up the callers that staff users pin, by code or label.

The setting ``ENDPOINT_CALLERS`` names a class with the methods of ``CallerDirectory``. Without it,
staff type the name of a caller as ``PORTICO_IDENTIFY_CALLER`` derives it from a request.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from core_site.rollout.evidence_models import ParityCheck
from shared_domain.rollout import LONGEST_CALLER_NAME, CallerName, Endpoint, Side, Stage

#: How many of the latest comparisons are searched for callers.
MAX_COMPARISONS_SEARCHED = 5_000


class CallerDirectory(Protocol):
    """Finds a caller by the code or label that a staff user types, and labels callers."""

    def find(self, text: str) -> CallerName | None: ...

    def labels(self, names: Iterable[CallerName]) -> Mapping[CallerName, str]:
        """Return the label of each caller; unknown ones are left out."""


class CallerNames:
    """The default directory: any text is a caller's name, because no list of callers exists."""

    def find(self, text: str) -> CallerName | None:
        return CallerName(text) if 0 < len(text) <= LONGEST_CALLER_NAME else None

    def labels(self, names: Iterable[CallerName]) -> Mapping[CallerName, str]:
        return {name: name for name in names}


def callers() -> CallerDirectory:
    """Return the directory that the setting ``ENDPOINT_CALLERS`` names, or the default one."""
    chosen = getattr(settings, "ENDPOINT_CALLERS", None)
    found: CallerDirectory = import_string(chosen)() if chosen else CallerNames()
    return found


def empty_canary_warning(endpoint: Endpoint) -> str:
    """Return a warning if no caller seen recently is in the canary, else an empty string.

    One percent of a few callers may include none of them; such a canary proves nothing.
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
