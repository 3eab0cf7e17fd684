"""What the worker does for the front door: forget what has been kept long enough."""

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from core_site.endpoints.models import (
    Difference,
    EndpointHour,
    Noise,
    ParityCheck,
    Recording,
)

#: Evidence older than this says little about the code that runs today.
KEPT_FOR = timedelta(days=14)

#: The chart's reach.
HOURS_KEPT_FOR = timedelta(days=90)


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="forget_old_findings")
def forget_old_findings(timestamp: int | None = None) -> None:
    """Delete what has expired.

    Noise goes as well: what still is noise will be learned again, and what has become a true
    difference must not stay hidden.
    """
    now = timezone.now()
    ParityCheck.objects.filter(at__lt=now - KEPT_FOR).delete()
    Difference.objects.filter(last_at__lt=now - KEPT_FOR).delete()
    Noise.objects.filter(learned_at__lt=now - KEPT_FOR).delete()
    Recording.objects.filter(at__lt=now - KEPT_FOR).delete()
    EndpointHour.objects.filter(hour__lt=now - HOURS_KEPT_FOR).delete()
