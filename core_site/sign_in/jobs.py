"""The worker's job for sign-in: delete ended sessions and expired counts."""

from django.contrib.sessions.models import Session
from django.utils import timezone
from procrastinate.contrib.django import app

from core_site.sign_in.throttling import forget_old_attempts


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="forget_old_sign_ins")
def forget_old_sign_ins(timestamp: int | None = None) -> None:
    """Delete expired sessions, and counts of attempts whose window is over."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    forget_old_attempts()
