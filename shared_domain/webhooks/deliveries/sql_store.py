"""Deliveries in PostgreSQL, as partners and staff read and replay them."""

from datetime import datetime

from shared_domain.database import Database, Row
from shared_domain.events import LogRange, PublishedType
from shared_domain.events.sql_store import SqlEventStore
from shared_domain.partners import Access
from shared_domain.rows import by_name, select_list, table_columns
from shared_domain.webhooks.deliveries.model import (
    Attempt,
    AttemptProblem,
    Delivery,
    DeliveryId,
    DeliveryState,
)
from shared_domain.webhooks.model import EndpointId, WebhookEndpoint
from shared_domain.webhooks.sql_store import SqlWebhookStore

_DELIVERY_COLUMNS = table_columns(
    "delivery",
    (
        *("id", "message_id", "position", "type", "state", "attempts", "next_attempt_at"),
        *("created_at", "last_attempt_at", "last_status", "last_problem", "last_duration_ms"),
    ),
)

_ATTEMPT_COLUMNS = table_columns("attempt", ("at", "status", "problem", "duration_ms", "answer"))

EXISTS = """
SELECT EXISTS (
       SELECT FROM webhooks_endpoint AS endpoint
        WHERE endpoint.id = %(id)s AND endpoint.partner_id = %(partner_id)s
          AND endpoint.test_mode = %(test_mode)s AND endpoint.removed_at IS NULL)
"""

NEWEST = f"""
SELECT {select_list(_DELIVERY_COLUMNS)}
  FROM webhooks_delivery AS delivery
 WHERE delivery.endpoint_id = %(endpoint_id)s AND delivery.id < %(before)s
 ORDER BY delivery.id DESC
 LIMIT %(limit)s
"""

NEWEST_OF_STATE = f"""
SELECT {select_list(_DELIVERY_COLUMNS)}
  FROM webhooks_delivery AS delivery
 WHERE delivery.endpoint_id = %(endpoint_id)s AND delivery.state = %(state)s
   AND delivery.id < %(before)s
 ORDER BY delivery.id DESC
 LIMIT %(limit)s
"""

FIND = f"""
SELECT {select_list(_DELIVERY_COLUMNS)}
  FROM webhooks_delivery AS delivery
 WHERE delivery.endpoint_id = %(endpoint_id)s AND delivery.message_id = %(message_id)s
"""

ATTEMPTS = f"""
SELECT {select_list(_ATTEMPT_COLUMNS)}
  FROM webhooks_attempt AS attempt
 WHERE attempt.delivery_id = %(delivery_id)s
 ORDER BY attempt.id DESC
 LIMIT %(limit)s
"""

BEGIN_REPLAY = """
UPDATE webhooks_queue
   SET replay_after = %(after)s, replay_until = %(until)s
 WHERE endpoint_id = %(endpoint_id)s AND replay_until IS NULL
"""

REPLAY = """
UPDATE webhooks_delivery
   SET state = 'waiting', next_attempt_at = %(now)s, attempts = 0, first_attempt_at = NULL,
       settled_at = NULL
 WHERE id = %(id)s
"""

ADD_SAMPLE = """
INSERT INTO webhooks_delivery
       (endpoint_id, message_id, type, subject, state, next_attempt_at, created_at)
VALUES (%(endpoint_id)s, %(message_id)s, %(type)s, %(message_id)s, 'waiting', %(now)s, %(now)s)
"""

# What runs at the moment has not seen it: it is looked at again when that has ended.
WAKE = """
UPDATE webhooks_queue
   SET wakeups = wakeups + 1, due_at = CASE WHEN claim IS NULL THEN now() ELSE due_at END
 WHERE endpoint_id = %(endpoint_id)s
"""

#: Before every delivery: where the first page begins.
_TOP = 2**63 - 1


class SqlDeliveryStore:
    """Deliveries, on either half's connection."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.endpoints = SqlWebhookStore(database)

    async def get_locked(self, endpoint_id: EndpointId, access: Access) -> WebhookEndpoint | None:
        return await self.endpoints.get_locked(endpoint_id, access)

    async def exists(self, endpoint_id: EndpointId, access: Access) -> bool:
        own = {"partner_id": access.partner_id, "test_mode": access.test_mode}
        return await self._database.fetch_one(EXISTS, own | {"id": endpoint_id}) == (True,)

    async def newest(
        self,
        endpoint_id: EndpointId,
        *,
        state: DeliveryState | None,
        before: DeliveryId | None,
        limit: int,
    ) -> list[Delivery]:
        facts: dict[str, object] = {
            "endpoint_id": endpoint_id,
            "before": _TOP if before is None else before,
            "limit": limit,
        }
        if state is None:
            rows = await self._database.fetch_all(NEWEST, facts)
        else:
            rows = await self._database.fetch_all(NEWEST_OF_STATE, facts | {"state": state.value})
        return [_build_delivery(row) for row in rows]

    async def find(self, endpoint_id: EndpointId, message_id: str) -> Delivery | None:
        row = await self._database.fetch_one(
            FIND, {"endpoint_id": endpoint_id, "message_id": message_id}
        )
        return None if row is None else _build_delivery(row)

    async def attempts(self, delivery_id: DeliveryId, *, limit: int) -> list[Attempt]:
        rows = await self._database.fetch_all(
            ATTEMPTS, {"delivery_id": delivery_id, "limit": limit}
        )
        return [_build_attempt(row) for row in rows]

    async def log_range(self) -> LogRange:
        return await SqlEventStore(self._database).range()

    async def begin_replay(self, endpoint_id: EndpointId, *, after: int, until: int) -> bool:
        facts = {"endpoint_id": endpoint_id, "after": after, "until": until}
        return await self._database.execute(BEGIN_REPLAY, facts) == 1

    async def replay(self, delivery_id: DeliveryId, *, now: datetime) -> None:
        await self._database.execute(REPLAY, {"id": delivery_id, "now": now})

    async def add_sample(
        self, endpoint_id: EndpointId, *, message_id: str, type: PublishedType, now: datetime
    ) -> None:
        facts = {"endpoint_id": endpoint_id, "message_id": message_id, "type": type.value}
        await self._database.execute(ADD_SAMPLE, facts | {"now": now})

    async def wake(self, endpoint_id: EndpointId) -> None:
        await self._database.execute(WAKE, {"endpoint_id": endpoint_id})


def _build_delivery(row: Row) -> Delivery:
    values = by_name(_DELIVERY_COLUMNS, row)
    return Delivery(
        state=DeliveryState(values.pop("state")),
        last_problem=AttemptProblem(values.pop("last_problem")),
        **values,
    )


def _build_attempt(row: Row) -> Attempt:
    values = by_name(_ATTEMPT_COLUMNS, row)
    return Attempt(problem=AttemptProblem(values.pop("problem")), **values)
