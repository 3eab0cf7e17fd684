"""The state of a destination in staff's words, and the lists by it."""

from typing import Any, TypeVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RadioFilter

from core_site.webhooks.destination_models import Destination
from shared_domain.webhooks import DisabledBy

STATE_COLOURS = {
    "delivers": "success",
    "failing": "danger",
    "gave up": "danger",
    "disabled": "info",
    "partner inactive": "info",
}

_BY_ITSELF = [DisabledBy.GONE.value, DisabledBy.FAILURE.value]

AnyDestination = TypeVar("AnyDestination", bound=Destination)


def in_trouble(rows: QuerySet[AnyDestination]) -> QuerySet[AnyDestination]:
    """Return the destinations to which deliveries fail, or were given up.

    As ``say_state``: nothing is tried while the partner is inactive, so nothing fails.
    """
    fails = Q(disabled_by="", partner__is_active=True, queue__failing_since__isnull=False)
    return rows.filter(Q(disabled_by__in=_BY_ITSELF) | fails, removed_at=None)


def say_state(destination: Destination) -> str:
    """Return the state of a destination whose queue and partner are loaded."""
    if destination.disabled_by:
        return "gave up" if destination.disabled_by in _BY_ITSELF else "disabled"
    if not destination.partner.is_active:
        return "partner inactive"
    return "delivers" if destination.queue.failing_since is None else "failing"


def is_paused(destination: Destination) -> bool:
    """Tell whether nothing is sent to it at the moment, as it failed or asked for a pause."""
    resume_at = destination.queue.resume_at
    return resume_at is not None and resume_at > timezone.now()


class DestinationStateFilter(RadioFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("trouble", "In trouble"), ("enabled", "Enabled"), ("disabled", "Disabled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "trouble":
                return in_trouble(queryset)
            case "enabled":
                return queryset.filter(disabled_by="")
            case "disabled":
                return queryset.exclude(disabled_by="")
        return queryset
