"""Purge of idempotency records, for the worker's job and for ``manage.py rollout expire``."""

from core_site.database import DjangoDatabase
from core_site.rollout.database import registry_alias
from shared_domain.idempotency import COMMITS_KEPT_FOR, KEPT_FOR
from shared_domain.idempotency.sql_store import SqlIdempotencyStore
from shared_domain.run_now import run_now

#: How many records one statement deletes, which takes about a tenth of a second.
BATCH = 10_000

#: How many days ahead partitions are made: the worker may be down for so long.
DAYS_AHEAD = 7


def purge_expired_records() -> int:
    """Make the next days' partitions, purge expired records, and return how many were deleted.

    Records in partitions that are dropped as a whole are not counted. No transaction locks the
    table for long.
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
