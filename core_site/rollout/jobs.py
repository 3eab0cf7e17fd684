"""The worker's hourly job: delete findings that have expired."""

from procrastinate.contrib.django import app

from core_site.rollout.retention import delete_expired_findings


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="forget_old_findings")
def forget_old_findings(timestamp: int | None = None) -> None:
    """Delete findings that have expired."""
    delete_expired_findings()
