"""Expire idempotency records: the worker does, or ``manage.py rollout expire`` by cron."""

from core_site.database import DjangoDatabase
from core_site.rollout.database import registry_alias
from shared_domain.idempotency import COMMITS_KEPT_FOR, KEPT_FOR
from shared_domain.idempotency.sql_store import SqlIdempotencyStore
from shared_domain.run_now import run_now

#: Deleted by one statement, which takes about a tenth of a second.
BATCH = 10_000

#: Partitions are made so many days ahead: for so long the worker may be away.
DAYS_AHEAD = 7


def purge_expired_records() -> int:
    """Delete expired records, a batch at a time, and return how many there were.

    The partitions of days that are over are dropped, and not counted; those of the next days are
    made. No transaction holds the table up for long.
    """
    records = SqlIdempotencyStore(DjangoDatabase(registry_alias()))
    run_now(records.make_partitions(days_ahead=DAYS_AHEAD))
    while run_now(records.drop_partition(kept_for=KEPT_FOR)):
        pass
    deleted = 0
    while purged := run_now(
        records.purge(commits_kept_for=COMMITS_KEPT_FOR, kept_for=KEPT_FOR, limit=BATCH)
    ):
        deleted += purged
    return deleted
