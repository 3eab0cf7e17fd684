"""When an API key was last used, for lists of keys."""

from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.timesince import timesince

from core_site.partners.models import ApiKey
from core_site.usage.models import KeyHour
from shared_domain.usage import CALLS_KEPT_FOR


def with_last_use(keys: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
    """Annotate keys with ``last_use``, by one index look-up for each shown row."""
    hours = KeyHour.objects.filter(api_key=OuterRef("pk")).order_by("-hour")
    return keys.annotate(last_use=Subquery(hours.values("last_call_at")[:1]))


def say_last_use(last_use: datetime | None, *, issued_at: datetime) -> str:
    """Return ``5 minutes ago``; ``never`` for a new key, ``not in 90 days`` for an older one."""
    now = timezone.now()
    if last_use is None:
        is_new = issued_at > now - CALLS_KEPT_FOR
        return "never" if is_new else f"not in {CALLS_KEPT_FOR.days} days"
    return say_ago(last_use, now=now)


def say_ago(moment: datetime, *, now: datetime) -> str:
    """Return a duration in its largest unit, such as ``3 days ago``."""
    if (now - moment).total_seconds() < 60:
        return "just now"
    return f"{timesince(moment, now, depth=1)} ago"
