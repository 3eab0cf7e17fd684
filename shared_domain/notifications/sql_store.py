"""Subscriptions to notifications in PostgreSQL."""

from datetime import datetime
from typing import Any

from shared_domain.database import Database, Row
from shared_domain.notifications.model import NotificationType, Subscription, SubscriptionId
from shared_domain.partners import Access
from shared_domain.rows import by_name, only_value, select_list, table_columns
from shared_domain.webhooks import DisabledBy

SUBSCRIPTION_COLUMNS = table_columns(
    "subscription",
    (
        *("id", "partner_id", "test_mode", "url", "notification_types", "sealed_headers"),
        *("disabled_by", "disabled_at", "created_at", "updated_at"),
    ),
)

_OWN = """subscription.partner_id = %(partner_id)s AND subscription.test_mode = %(test_mode)s
   AND subscription.removed_at IS NULL"""

# A partner's subscriptions are added one after the other, so that their number can be counted.
LOCK_SUBSCRIPTIONS = """
SELECT pg_advisory_xact_lock(hashtextextended(%(lock)s, 7312))
"""

COUNT = f"""
SELECT count(*) FROM notifications_subscription AS subscription WHERE {_OWN}
"""

# It begins after the last position that this transaction sees.
INSERT = """
WITH subscription AS (
     INSERT INTO notifications_subscription
            (id, partner_id, test_mode, url, notification_types, sealed_headers, created_at,
             updated_at)
     VALUES (%(id)s, %(partner_id)s, %(test_mode)s, %(url)s, %(notification_types)s,
             %(sealed_headers)s, %(created_at)s, %(updated_at)s)
     RETURNING id)
INSERT INTO notifications_queue (subscription_id, begins_after)
SELECT subscription.id, coalesce((SELECT log.last_position FROM events_log AS log), 0)
  FROM subscription
"""

GET = f"""
SELECT {select_list(SUBSCRIPTION_COLUMNS)}
  FROM notifications_subscription AS subscription
 WHERE subscription.id = %(id)s AND {_OWN}
"""

GET_LOCKED = f"""{GET}   FOR NO KEY UPDATE
"""

LIST = f"""
SELECT {select_list(SUBSCRIPTION_COLUMNS)}
  FROM notifications_subscription AS subscription
 WHERE {_OWN}
 ORDER BY subscription.created_at, subscription.id
 LIMIT %(limit)s
"""

SAVE = """
UPDATE notifications_subscription
   SET url = %(url)s, notification_types = %(notification_types)s,
       sealed_headers = %(sealed_headers)s, disabled_by = %(disabled_by)s,
       disabled_at = %(disabled_at)s, updated_at = %(updated_at)s
 WHERE id = %(id)s
"""

# What runs at the moment loses its claim, so that it stores nothing over this.
STOP = """
UPDATE notifications_queue
   SET due_at = NULL, claim = NULL, resume_at = NULL, wakeups = wakeups + 1
 WHERE subscription_id = %(id)s
"""

RESUME = """
UPDATE notifications_queue
   SET due_at = now(), claim = NULL, resume_at = NULL, failures = 0, failing_since = NULL,
       is_slow = false, wakeups = wakeups + 1
 WHERE subscription_id = %(id)s
"""

# What failed is tried at once, from the beginning of its schedule. In the order in which the worker
# locks them, and before the queue, as there.
RETRY_ALL = """
WITH failed AS MATERIALIZED (
     SELECT waiting.id
       FROM notifications_notification AS waiting
      WHERE waiting.subscription_id = %(id)s AND waiting.state = 'waiting' AND waiting.attempts > 0
      ORDER BY waiting.subscription_id, waiting.kind, waiting.subject
        FOR UPDATE)
UPDATE notifications_notification AS retried
   SET next_attempt_at = now(), attempts = 1
  FROM failed
 WHERE retried.id = failed.id
"""

REMOVE = """
UPDATE notifications_subscription
   SET removed_at = %(now)s, updated_at = %(now)s, sealed_headers = ''
 WHERE id = %(id)s
"""


class SqlSubscriptionStore:
    """Subscriptions to notifications, on either half's connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lock_subscriptions(self, access: Access) -> int:
        lock = f"{access.partner_id} {access.test_mode}"
        # Two statements: the second one sees what was committed while the first one waited.
        await self._database.fetch_one(LOCK_SUBSCRIPTIONS, {"lock": lock})
        row = await self._database.fetch_one(COUNT, _own(access))
        return 0 if row is None else int(only_value(row))

    async def insert(self, subscription: Subscription) -> None:
        await self._database.execute(INSERT, _values(subscription))

    async def get(self, subscription_id: SubscriptionId, access: Access) -> Subscription | None:
        row = await self._database.fetch_one(GET, _own(access) | {"id": subscription_id})
        return None if row is None else build_subscription(row)

    async def get_locked(
        self, subscription_id: SubscriptionId, access: Access
    ) -> Subscription | None:
        row = await self._database.fetch_one(GET_LOCKED, _own(access) | {"id": subscription_id})
        return None if row is None else build_subscription(row)

    async def list(self, access: Access, *, limit: int) -> list[Subscription]:
        rows = await self._database.fetch_all(LIST, _own(access) | {"limit": limit})
        return [build_subscription(row) for row in rows]

    async def save(self, subscription: Subscription) -> None:
        await self._database.execute(SAVE, _values(subscription))

    async def stop(self, subscription: Subscription) -> None:
        await self.save(subscription)
        await self._database.execute(STOP, {"id": subscription.id})

    async def resume(self, subscription: Subscription) -> None:
        await self.save(subscription)
        await self._database.execute(RETRY_ALL, {"id": subscription.id})
        await self._database.execute(RESUME, {"id": subscription.id})

    async def remove(self, subscription: Subscription, *, now: datetime) -> None:
        await self._database.execute(STOP, {"id": subscription.id})
        await self._database.execute(REMOVE, {"id": subscription.id, "now": now})


def build_subscription(row: Row) -> Subscription:
    """Return the subscription of a row that was read by ``SUBSCRIPTION_COLUMNS``."""
    values: dict[str, Any] = by_name(SUBSCRIPTION_COLUMNS, row)
    disabled_by = values.pop("disabled_by")
    return Subscription(
        notification_types=tuple(map(NotificationType, values.pop("notification_types"))),
        disabled_by=DisabledBy(disabled_by) if disabled_by else None,
        **values,
    )


def _own(access: Access) -> dict[str, object]:
    return {"partner_id": access.partner_id, "test_mode": access.test_mode}


def _values(subscription: Subscription) -> dict[str, object]:
    disabled_by = subscription.disabled_by
    return _own(subscription.access) | {
        "id": subscription.id,
        "url": subscription.url,
        "notification_types": [kind.value for kind in subscription.notification_types],
        "sealed_headers": subscription.sealed_headers,
        "disabled_by": disabled_by.value if disabled_by else "",
        "disabled_at": subscription.disabled_at,
        "created_at": subscription.created_at,
        "updated_at": subscription.updated_at,
    }
