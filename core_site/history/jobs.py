"""The worker's job for the audit trail: delete rows older than ``PORTICO_HISTORY_DAYS``."""

import json
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from shared_domain.audit_sql_store import EXPIRE_HISTORY, SET_CONTEXT_METADATA

#: The most rows of one table that one transaction deletes, so that none runs for long.
MOST_ROWS = 5000


@app.periodic(cron="41 2 * * *")
@app.task(queueing_lock="expire_history")
def expire_history(timestamp: int | None = None) -> None:
    """Delete versions, contexts and expired events that are older than ``PORTICO_HISTORY_DAYS``."""
    before = timezone.now() - timedelta(days=settings.HISTORY_DAYS)
    while MOST_ROWS in _expire(before, most=MOST_ROWS).values():
        pass


@transaction.atomic
def _expire(before: datetime, *, most: int) -> dict[str, int]:
    """Delete a batch, and return the number of rows by table."""
    with connection.cursor() as cursor:
        # pghistory stamps no SELECT with its context.
        stamp = json.dumps({"job": "expire_history"})
        cursor.execute(SET_CONTEXT_METADATA, {"metadata": stamp})
        cursor.execute(EXPIRE_HISTORY, {"before": before, "most": most})
        (removed,) = cursor.fetchone()
        return dict(json.loads(removed))
