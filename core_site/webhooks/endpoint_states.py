"""The state of a webhook endpoint in staff's words, and the lists by it."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RadioFilter

from core_site.webhooks.models import WebhookEndpoint
from shared_domain.webhooks import DisabledBy

STATE_COLOURS = {
    "delivers": "success",
    "failing": "danger",
    "gave up": "danger",
    "disabled": "info",
    "partner inactive": "info",
}

_BY_ITSELF = [DisabledBy.GONE.value, DisabledBy.FAILURE.value]


def endpoints_in_trouble(rows: QuerySet[WebhookEndpoint]) -> QuerySet[WebhookEndpoint]:
    """Return the endpoints whose deliveries fail, or were given up."""
    fails = Q(disabled_by="", queue__failing_since__isnull=False)
    return rows.filter(Q(disabled_by__in=_BY_ITSELF) | fails, removed_at=None)


def say_state(endpoint: WebhookEndpoint) -> str:
    """Return the state of an endpoint whose queue and partner are loaded."""
    if endpoint.disabled_by:
        return "gave up" if endpoint.disabled_by in _BY_ITSELF else "disabled"
    if not endpoint.partner.is_active:
        return "partner inactive"
    return "delivers" if endpoint.queue.failing_since is None else "failing"


def say_events(endpoint: WebhookEndpoint) -> str:
    """Return which events it gets: ``all``, the only one, or how many."""
    if not endpoint.types:
        return "all"
    words = [kind.replace("_", " ").replace(".", " ") for kind in endpoint.types]
    return ", ".join(words) if len(words) <= 2 else f"{words[0]} and {len(words) - 1} more"


class EndpointStateFilter(RadioFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("trouble", "In trouble"), ("enabled", "Enabled"), ("disabled", "Disabled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[WebhookEndpoint]:
        match self.value():
            case "trouble":
                return endpoints_in_trouble(queryset)
            case "enabled":
                return queryset.filter(disabled_by="")
            case "disabled":
                return queryset.exclude(disabled_by="")
        return queryset


def is_paused(endpoint: WebhookEndpoint) -> bool:
    """Tell whether nothing is sent to it at the moment, as it failed or asked for a pause."""
    resume_at = endpoint.queue.resume_at
    return resume_at is not None and resume_at > timezone.now()
