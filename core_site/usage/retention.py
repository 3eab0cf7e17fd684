"""Deletion of expired usage records, in batches, so that no statement takes long."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import Any

from core_site import stores
from shared_domain import usage
from shared_domain.run_now import run_now

#: Deleted by one statement.
BATCH = 10_000


def purge_expired_usage(*, now: datetime) -> int:
    """Delete expired hours and refusals, and return the number of deleted rows."""
    store = stores.usage()
    return (
        _in_batches(partial(store.purge_calls, before=now - usage.CALLS_KEPT_FOR))
        + _in_batches(partial(store.purge_old_refusals, before=now - usage.REFUSALS_KEPT_FOR))
        + _in_batches(partial(store.purge_surplus_refusals, most=usage.REFUSALS_KEPT))
    )


def _in_batches(purge: Callable[..., Coroutine[Any, Any, int]]) -> int:
    deleted = 0
    while purged := run_now(purge(limit=BATCH)):
        deleted += purged
    return deleted
