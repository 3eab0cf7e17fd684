"""The worker's job for idempotency records: purge expired ones."""

from procrastinate.contrib.django import app

from core_site.database import DjangoDatabase
from shared_domain.idempotency import KEPT_FOR
from shared_domain.idempotency.sql_store import SqlIdempotencyStore
from shared_domain.run_now import run_now

#: Deleted by one statement, which takes about a tenth of a second.
BATCH = 10_000


@app.periodic(cron="23 * * * *")
@app.task(queueing_lock="purge_idempotency_records")
def purge_idempotency_records(timestamp: int | None = None) -> None:
    """Delete expired records, a batch at a time: no transaction holds the table up for long."""
    records = SqlIdempotencyStore(DjangoDatabase())
    while run_now(records.purge(kept_for=KEPT_FOR, limit=BATCH)) == BATCH:
        pass
