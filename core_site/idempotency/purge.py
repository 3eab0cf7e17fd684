"""Purge expired idempotency records: the worker does, or ``manage.py rollout expire`` by cron."""

from core_site.database import DjangoDatabase
from core_site.rollout.database import registry_alias
from shared_domain.idempotency import KEPT_FOR
from shared_domain.idempotency.sql_store import SqlIdempotencyStore
from shared_domain.run_now import run_now

#: Deleted by one statement, which takes about a tenth of a second.
BATCH = 10_000


def purge_expired_records() -> int:
    """Delete expired records, a batch at a time, and return how many there were.

    No transaction holds the table up for long.
    """
    records = SqlIdempotencyStore(DjangoDatabase(registry_alias()))
    deleted = 0
    while purged := run_now(records.purge(kept_for=KEPT_FOR, limit=BATCH)):
        deleted += purged
    return deleted
