"""The worker's job for idempotency records: make and drop partitions, purge expired records."""

from procrastinate.contrib.django import app

from core_site.idempotency.purge import purge_expired_records


@app.periodic(cron="23 * * * *")
@app.task(queueing_lock="purge_idempotency_records")
def purge_idempotency_records(timestamp: int | None = None) -> None:
    """Make the partitions of the next days, and purge expired records."""
    purge_expired_records()
