"""The worker's job for records of usage: delete those that have expired."""

from django.utils import timezone
from procrastinate.contrib.django import app

from core_site.usage.retention import purge_expired_usage


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="purge_usage")
def purge_usage(timestamp: int | None = None) -> None:
    """Delete calls older than 90 days, and refusals beyond the last 200 or 30 days."""
    purge_expired_usage(now=timezone.now())
