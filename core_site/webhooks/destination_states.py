"""The state of a destination in staff's words, and the lists by it."""

from typing import Any, TypeVar

from django.db.models import Q, QuerySet
from django.db.models.lookups import In
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RadioFilter

from core_site.environment import env
from core_site.webhooks.destination_models import Destination
from shared_domain.webhooks import DisabledBy, SigningKeys

UNSENDABLE = "cannot be sent to"

STATE_COLOURS = {
    "delivers": "success",
    "failing": "danger",
    UNSENDABLE: "danger",
    "gave up": "danger",
    "disabled": "info",
    "partner inactive": "info",
}

_BY_ITSELF = [DisabledBy.GONE.value, DisabledBy.FAILURE.value]

AnyDestination = TypeVar("AnyDestination", bound=Destination)


def in_trouble(rows: QuerySet[AnyDestination]) -> QuerySet[AnyDestination]:
    """Return the destinations to which deliveries fail, cannot be sent, or were given up.

    Nothing is sent to an inactive partner, so nothing of it is in trouble.
    """
    fails = Q(queue__failing_since__isnull=False)
    has_key = In(rows.model.NEEDED_KEY_ID, ["", *load_signing_keys().key_ids])
    return rows.filter(
        Q(disabled_by__in=_BY_ITSELF) | Q(disabled_by="") & (fails | ~Q(has_key)),
        partner__is_active=True,
        removed_at=None,
    )


def load_signing_keys() -> SigningKeys:
    """Return the keys of ``PORTICO_WEBHOOK_KEY``."""
    return SigningKeys.parse(env("PORTICO_WEBHOOK_KEY"))


def lacks_key(destination: Destination) -> bool:
    """Tell whether nothing can be sent, as ``PORTICO_WEBHOOK_KEY`` lacks the key that it needs."""
    needed = destination.needed_key_id
    return bool(needed) and not load_signing_keys().can_derive(needed)


def say_state(destination: Destination) -> str:
    """Return the state of a destination whose queue and partner are loaded."""
    if destination.disabled_by:
        return "gave up" if destination.disabled_by in _BY_ITSELF else "disabled"
    if not destination.partner.is_active:
        return "partner inactive"
    if lacks_key(destination):
        return UNSENDABLE
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
