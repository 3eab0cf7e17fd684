"""When an API key was last used, for lists of keys."""

from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.timesince import timesince

from core_site.partners.models import ApiKey
from core_site.usage.models import KeyHour
from shared_domain.usage import CALLS_KEPT_FOR


def with_last_use(keys: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
    """Annotate keys with ``last_use``: one look into an index for each row that is shown."""
    hours = KeyHour.objects.filter(api_key=OuterRef("pk")).order_by("-hour")
    return keys.annotate(last_use=Subquery(hours.values("last_call_at")[:1]))


def say_last_use(last_use: datetime | None, *, issued_at: datetime) -> str:
    """Return ``5 minutes ago``, or that the key was not used as long as usage is kept."""
    now = timezone.now()
    if last_use is None:
        is_new = issued_at > now - CALLS_KEPT_FOR
        return "never" if is_new else f"not in {CALLS_KEPT_FOR.days} days"
    return say_ago(last_use, now=now)


def say_ago(moment: datetime, *, now: datetime) -> str:
    """Return how long ago it was, in its largest unit."""
    if (now - moment).total_seconds() < 60:
        return "just now"
    return f"{timesince(moment, now, depth=1)} ago"
