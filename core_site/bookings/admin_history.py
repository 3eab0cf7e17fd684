"""What happened to a booking, and who did it: the audit trail and the outbox on one page."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from core_site.bookings.models import Booking
from core_site.events.models import Event
from core_site.partners.models import ApiKey

#: Steps shown, the newest first; holds may be extended any number of times.
STEPS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Step:
    """One change: when, what was told, the status since then and who is behind it."""

    at: datetime
    what: str
    status: str
    who: str


def history_of(booking: Booking) -> list[Step]:
    """Return the booking's last steps, the newest first.

    The row's history and its event are written in one transaction, so both carry its time.
    """
    changes = list(booking.events.select_related("pgh_context").order_by("-pgh_id")[:STEPS_SHOWN])
    told: dict[datetime, list[str]] = {}
    for event in Event.objects.filter(booking_uuid=booking.uuid).order_by("id"):
        told.setdefault(event.created_at, []).append(_spoken(event.type))
    contexts = [change.pgh_context.metadata if change.pgh_context else {} for change in changes]
    users = User.objects.in_bulk({it["user"] for it in contexts if it.get("user")})
    keys = ApiKey.objects.defer("digest").in_bulk(
        {it["api_key"] for it in contexts if it.get("api_key")}
    )
    return [
        Step(
            at=change.pgh_created_at,
            what=", ".join(told.get(change.pgh_created_at, [])) or "Changed",
            status=change.get_status_display(),
            who=_actor(context, users, keys),
        )
        for change, context in zip(changes, contexts, strict=True)
    ]


def _spoken(event_type: str) -> str:
    return event_type.removeprefix("booking.").replace("_", " ").capitalize()


def _actor(context: dict, users: dict[int, User], keys: dict[int, ApiKey]) -> str:
    if context.get("user"):
        user = users.get(context["user"])
        return f"Staff: {user}" if user else "Staff, since removed"
    if context.get("api_key"):
        key = keys.get(context["api_key"])
        return f"API key: {key}" if key else "An API key, since removed"
    if context.get("job"):
        return f"Job: {context['job']}"
    return "–"
