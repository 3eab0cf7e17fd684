"""Webhook endpoints in PostgreSQL."""

from datetime import datetime
from operator import itemgetter
from typing import Any

from shared_domain.database import Database, Row
from shared_domain.events import PublishedType
from shared_domain.partners import Access
from shared_domain.rows import by_name, only_value, select_list, table_columns
from shared_domain.unreadable import read_each
from shared_domain.webhooks.model import (
    DisabledBy,
    EndpointHealth,
    EndpointId,
    EndpointWithHealth,
    WebhookEndpoint,
)
from shared_domain.webhooks.signing import SecretVersion

ENDPOINT_COLUMNS = table_columns(
    "endpoint",
    (
        *("id", "partner_id", "test_mode", "url", "description", "types", "secret_number"),
        *("secret_key_id", "previous_secret_number", "previous_secret_key_id"),
        *("previous_secret_until", "disabled_by", "disabled_at", "created_at", "updated_at"),
    ),
)

_HEALTH_COLUMNS = {
    "position": "queue.position",
    "has_unread": "queue.unread_to IS NOT NULL",
    "waiting": "(SELECT count(*) FROM webhooks_delivery AS delivery"
    " WHERE delivery.endpoint_id = endpoint.id AND delivery.state = 'waiting')",
    "failing_since": "queue.failing_since",
    "paused_until": "queue.resume_at",
    "last_success_at": "queue.last_success_at",
    "last_failure_at": "queue.last_failure_at",
    "replays_until": "queue.replay_until",
}

_OWN = """endpoint.partner_id = %(partner_id)s AND endpoint.test_mode = %(test_mode)s
       AND endpoint.removed_at IS NULL"""

# A partner's endpoints are added one after the other, so that their number can be counted.
LOCK_ENDPOINTS = """
SELECT pg_advisory_xact_lock(hashtextextended(%(lock)s, 7311))
"""

COUNT = f"""
SELECT count(*) FROM webhooks_endpoint AS endpoint WHERE {_OWN}
"""

# It begins after the last position that this transaction sees: what is numbered later is announced
# by a search that sees the endpoint.
INSERT = """
WITH endpoint AS (
     INSERT INTO webhooks_endpoint
            (id, partner_id, test_mode, url, description, types, secret_number, secret_key_id,
             created_at, updated_at)
     VALUES (%(id)s, %(partner_id)s, %(test_mode)s, %(url)s, %(description)s, %(types)s,
             %(secret_number)s, %(secret_key_id)s, %(created_at)s, %(updated_at)s)
     RETURNING id)
INSERT INTO webhooks_queue (endpoint_id, position)
SELECT endpoint.id, coalesce((SELECT log.last_position FROM events_log AS log), 0)
  FROM endpoint
"""

GET_LOCKED = f"""
SELECT {select_list(ENDPOINT_COLUMNS)}
  FROM webhooks_endpoint AS endpoint
 WHERE endpoint.id = %(id)s AND {_OWN}
   FOR NO KEY UPDATE
"""

_WITH_HEALTH = f"""
SELECT {select_list(ENDPOINT_COLUMNS)}, {select_list(_HEALTH_COLUMNS)}
  FROM webhooks_endpoint AS endpoint
  JOIN webhooks_queue AS queue ON queue.endpoint_id = endpoint.id
 WHERE {_OWN}"""

GET = f"""{_WITH_HEALTH} AND endpoint.id = %(id)s
"""

LIST = f"""{_WITH_HEALTH}
 ORDER BY endpoint.created_at, endpoint.id
 LIMIT %(limit)s
"""

SAVE = """
UPDATE webhooks_endpoint
   SET url = %(url)s, description = %(description)s, types = %(types)s,
       secret_number = %(secret_number)s, secret_key_id = %(secret_key_id)s,
       previous_secret_number = %(previous_secret_number)s,
       previous_secret_key_id = %(previous_secret_key_id)s,
       previous_secret_until = %(previous_secret_until)s,
       disabled_by = %(disabled_by)s, disabled_at = %(disabled_at)s, updated_at = %(updated_at)s
 WHERE id = %(id)s
"""

# What runs at the moment loses its claim, so that it stores nothing over this.
START_OVER = """
UPDATE webhooks_queue
   SET due_at = now(), claim = NULL, wakeups = wakeups + 1
 WHERE endpoint_id = %(id)s
"""

# As above.
STOP = """
UPDATE webhooks_queue
   SET due_at = NULL, claim = NULL, resume_at = NULL,
       wakeups = wakeups + 1
 WHERE endpoint_id = %(id)s
"""

RESUME = """
UPDATE webhooks_queue
   SET due_at = now(), claim = NULL, resume_at = NULL, failures = 0, failing_since = NULL,
       is_slow = false, wakeups = wakeups + 1,
       position = CASE WHEN %(skips)s THEN greatest(position, %(last_position)s) ELSE position END,
       unread_to = CASE WHEN %(skips)s THEN NULL ELSE greatest(unread_to, %(last_position)s) END,
       replay_after = CASE WHEN %(skips)s THEN NULL ELSE replay_after END,
       replay_until = CASE WHEN %(skips)s THEN NULL ELSE replay_until END
 WHERE endpoint_id = %(id)s
"""

LAST_POSITION = """
SELECT coalesce((SELECT log.last_position FROM events_log AS log), 0)
"""

# What waits is tried at once, each from the beginning of its schedule, or passed over.
RETRY_ALL = """
UPDATE webhooks_delivery
   SET next_attempt_at = CASE WHEN %(skips)s THEN NULL ELSE now() END,
       attempts = CASE WHEN %(skips)s THEN attempts ELSE 0 END,
       state = CASE WHEN %(skips)s THEN 'passed_over' ELSE state END,
       settled_at = CASE WHEN %(skips)s THEN now() ELSE settled_at END
 WHERE endpoint_id = %(id)s AND state = 'waiting'
"""

REMOVE = """
UPDATE webhooks_endpoint
   SET removed_at = %(now)s, updated_at = %(now)s
 WHERE id = %(id)s
"""

#: Only Django's role may write this column.
NOTICE_SENT = """
UPDATE webhooks_endpoint SET notice_due_at = NULL WHERE id = %(id)s
"""


class SqlWebhookStore:
    """Webhook endpoints, on either half's connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lock_endpoints(self, access: Access) -> int:
        lock = f"{access.partner_id} {access.test_mode}"
        # Two statements: the second one sees what was committed while the first one waited.
        await self._database.fetch_one(LOCK_ENDPOINTS, {"lock": lock})
        row = await self._database.fetch_one(COUNT, _own(access))
        return 0 if row is None else int(only_value(row))

    async def insert(self, endpoint: WebhookEndpoint) -> None:
        await self._database.execute(INSERT, _values(endpoint))

    async def get_locked(self, endpoint_id: EndpointId, access: Access) -> WebhookEndpoint | None:
        row = await self._database.fetch_one(GET_LOCKED, _own(access) | {"id": endpoint_id})
        return None if row is None else build_endpoint(by_name(ENDPOINT_COLUMNS, row))

    async def get(self, endpoint_id: EndpointId, access: Access) -> EndpointWithHealth | None:
        row = await self._database.fetch_one(GET, _own(access) | {"id": endpoint_id})
        return None if row is None else _build_with_health(row)

    async def list(self, access: Access, *, limit: int) -> list[EndpointWithHealth]:
        rows = await self._database.fetch_all(LIST, _own(access) | {"limit": limit})
        return read_each(rows, _build_with_health, kind="webhook endpoint", id_of=itemgetter(0))

    async def save(self, endpoint: WebhookEndpoint) -> None:
        await self._database.execute(SAVE, _values(endpoint))

    async def start_over(self, endpoint: WebhookEndpoint) -> None:
        await self.save(endpoint)
        await self._database.execute(START_OVER, {"id": endpoint.id})

    async def stop(self, endpoint: WebhookEndpoint) -> None:
        await self.save(endpoint)
        await self._database.execute(STOP, {"id": endpoint.id})

    async def resume(self, endpoint: WebhookEndpoint, *, skips_backlog: bool) -> None:
        await self.save(endpoint)
        row = await self._database.fetch_one(LAST_POSITION, {})
        last_position = 0 if row is None else int(only_value(row))
        facts = {"id": endpoint.id, "skips": skips_backlog, "last_position": last_position}
        await self._database.execute(RESUME, facts)
        await self._database.execute(RETRY_ALL, facts)

    async def remove(self, endpoint: WebhookEndpoint, *, now: datetime) -> None:
        await self._database.execute(STOP, {"id": endpoint.id})
        await self._database.execute(REMOVE, {"id": endpoint.id, "now": now})

    async def record_notice_sent(self, endpoint_id: EndpointId) -> None:
        """Store that no e-mail about the disabled endpoint is due: it was sent, or not needed."""
        await self._database.execute(NOTICE_SENT, {"id": endpoint_id})


def build_endpoint(values: dict[str, Any]) -> WebhookEndpoint:
    """Return the endpoint of a row that was read by ``ENDPOINT_COLUMNS``."""
    secret = SecretVersion(values.pop("secret_number"), values.pop("secret_key_id"))
    number = values.pop("previous_secret_number")
    previous_key = values.pop("previous_secret_key_id")
    disabled_by = values.pop("disabled_by")
    return WebhookEndpoint(
        types=tuple(PublishedType(name) for name in values.pop("types")),
        secret=secret,
        previous_secret=None if number is None else SecretVersion(number, previous_key),
        disabled_by=DisabledBy(disabled_by) if disabled_by else None,
        **values,
    )


def _build_with_health(row: Row) -> EndpointWithHealth:
    size = len(ENDPOINT_COLUMNS)
    return EndpointWithHealth(
        endpoint=build_endpoint(by_name(ENDPOINT_COLUMNS, row[:size])),
        health=EndpointHealth(**by_name(_HEALTH_COLUMNS, row[size:])),
    )


def _own(access: Access) -> dict[str, object]:
    return {"partner_id": access.partner_id, "test_mode": access.test_mode}


def _values(endpoint: WebhookEndpoint) -> dict[str, object]:
    previous = endpoint.previous_secret
    return _own(endpoint.access) | {
        "id": endpoint.id,
        "url": endpoint.url,
        "description": endpoint.description,
        "types": [kind.value for kind in endpoint.types],
        "secret_number": endpoint.secret.number,
        "secret_key_id": endpoint.secret.key_id,
        "previous_secret_number": previous.number if previous else None,
        "previous_secret_key_id": previous.key_id if previous else "",
        "previous_secret_until": endpoint.previous_secret_until,
        "disabled_by": endpoint.disabled_by.value if endpoint.disabled_by else "",
        "disabled_at": endpoint.disabled_at,
        "created_at": endpoint.created_at,
        "updated_at": endpoint.updated_at,
    }
