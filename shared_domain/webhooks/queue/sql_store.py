"""The queue of deliveries in PostgreSQL: for the worker alone."""

import json
from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from shared_domain.database import Database, Row
from shared_domain.events import PublishedType
from shared_domain.rows import by_name, only_value, recordset, select_list, table_columns
from shared_domain.unreadable import read_each
from shared_domain.webhooks.model import DisabledBy, EndpointId
from shared_domain.webhooks.queue.mark_sql_store import MARK_DUE, PUBLISHED, STORED
from shared_domain.webhooks.queue.model import ClaimedEndpoint, Lane, Message, Settled
from shared_domain.webhooks.queue.purge_sql_store import PURGE, PURGE_ATTEMPTS, PURGE_REMOVED
from shared_domain.webhooks.queue.run import LEASE
from shared_domain.webhooks.queue.schedule import Health
from shared_domain.webhooks.sql_store import ENDPOINT_COLUMNS, build_endpoint

_QUEUE_COLUMNS = table_columns(
    "queue",
    (
        *("claim", "wakeups", "position", "unread_to", "replay_after", "replay_until"),
        *("failures", "failing_since", "resume_at", "is_slow", "last_success_at"),
        "last_failure_at",
    ),
)

_MESSAGE_COLUMNS = table_columns(
    "delivery",
    (
        *("message_id", "position", "subject", "type", "booking_uuid", "attempts"),
        *("first_attempt_at", "next_attempt_at", "is_replay"),
    ),
)

BEGIN_PROGRESS = """
INSERT INTO webhooks_progress (position, is_only) VALUES (0, true)
    ON CONFLICT DO NOTHING
"""

_CLAIMED_COLUMNS = _QUEUE_COLUMNS | {
    "partner_is_active": "partner.is_active",
    "claimed_at": "now()",
}

# MARK_DUE may mark an endpoint that is disabled at the same time: it is left alone.
CLAIM = f"""
WITH due AS MATERIALIZED (
     SELECT queue.endpoint_id
       FROM webhooks_queue AS queue
       JOIN webhooks_endpoint AS endpoint
            ON endpoint.id = queue.endpoint_id
               AND endpoint.disabled_by = '' AND endpoint.removed_at IS NULL
      WHERE queue.due_at <= now() AND queue.is_slow = %(is_slow)s
      ORDER BY queue.due_at
      LIMIT %(most)s
        FOR UPDATE OF queue SKIP LOCKED)
UPDATE webhooks_queue AS queue
   SET claim = %(claim)s, due_at = now() + %(lease)s::interval
  FROM due
  JOIN webhooks_endpoint AS endpoint ON endpoint.id = due.endpoint_id
  JOIN partners_partner AS partner ON partner.id = endpoint.partner_id
 WHERE queue.endpoint_id = due.endpoint_id
RETURNING {select_list(ENDPOINT_COLUMNS)}, {select_list(_CLAIMED_COLUMNS)}
"""

# Samples first; more than can wait are there only after many replays of single deliveries.
WAITING = f"""
SELECT {select_list(_MESSAGE_COLUMNS)}
  FROM webhooks_delivery AS delivery
 WHERE delivery.endpoint_id = %(endpoint_id)s AND delivery.state = 'waiting'
 ORDER BY delivery.position NULLS FIRST, delivery.id
 LIMIT %(most)s
"""

_SETTLED_TYPES = {
    "message_id": "text",
    "position": "bigint",
    "type": "text",
    "subject": "text",
    "booking_uuid": "uuid",
    "is_replay": "boolean",
    "state": "text",
    "attempts": "integer",
    "next_attempt_at": "timestamptz",
    "first_attempt_at": "timestamptz",
    "at": "timestamptz",
    "status": "smallint",
    "problem": "text",
    "duration_ms": "integer",
    "answer": "text",
}

# What was settled and is replayed by a range begins anew.
RECORD = f"""
WITH settled AS MATERIALIZED (
     SELECT * FROM {recordset("settled", "settled", _SETTLED_TYPES)}),
stored AS (
     INSERT INTO webhooks_delivery AS delivery
            (endpoint_id, message_id, position, type, subject, booking_uuid, is_replay, state,
             attempts, next_attempt_at, first_attempt_at, last_attempt_at, last_status,
             last_problem, last_duration_ms, settled_at, created_at)
     SELECT %(endpoint_id)s::uuid, message_id, position, type, subject, booking_uuid, is_replay,
            state, attempts, next_attempt_at, first_attempt_at, at, status, coalesce(problem, ''),
            duration_ms, CASE WHEN state <> 'waiting' THEN at END, now()
       FROM settled
      ORDER BY position
         ON CONFLICT (endpoint_id, message_id) DO UPDATE
        SET state = excluded.state, attempts = excluded.attempts,
            is_replay = delivery.is_replay OR excluded.is_replay,
            next_attempt_at = excluded.next_attempt_at,
            first_attempt_at = excluded.first_attempt_at,
            last_attempt_at = coalesce(excluded.last_attempt_at, delivery.last_attempt_at),
            last_status = CASE WHEN excluded.last_attempt_at IS NULL THEN delivery.last_status
                               ELSE excluded.last_status END,
            last_problem = CASE WHEN excluded.last_attempt_at IS NULL THEN delivery.last_problem
                                ELSE excluded.last_problem END,
            last_duration_ms = coalesce(excluded.last_duration_ms, delivery.last_duration_ms),
            settled_at = excluded.settled_at
     RETURNING id, message_id)
INSERT INTO webhooks_attempt (delivery_id, at, status, problem, duration_ms, answer)
SELECT stored.id, settled.at, settled.status, settled.problem, settled.duration_ms, settled.answer
  FROM settled
  JOIN stored ON stored.message_id = settled.message_id
 WHERE settled.at IS NOT NULL
"""

RECORD_GAP = """
INSERT INTO webhooks_delivery
       (endpoint_id, message_id, position, type, subject, state, last_problem, settled_at,
        created_at)
VALUES (%(endpoint_id)s, %(message_id)s, %(position)s, 'gap', 'gap', 'passed_over', 'event_gone',
        now(), now())
    ON CONFLICT DO NOTHING
"""

# It comes before RECORD: nothing is stored of a run that has lost its claim. A replay that began
# during a run that had none stays. Where a page was cut, the log is read on, whatever was marked:
# MARK_DUE passes over an event that comes while the endpoint is being enabled.
FINISH = """
UPDATE webhooks_queue
   SET claim = NULL,
       position = greatest(position, %(position)s),
       unread_to = CASE WHEN unread_to > %(position)s THEN unread_to
                        WHEN %(has_more)s THEN %(position)s::bigint + 1 END,
       replay_after = CASE WHEN %(replay_after)s::bigint IS NULL THEN replay_after
                           WHEN %(replay_after)s::bigint < replay_until THEN %(replay_after)s END,
       replay_until = CASE WHEN %(replay_after)s::bigint >= replay_until THEN NULL
                           ELSE replay_until END,
       failures = %(failures)s, failing_since = %(failing_since)s, resume_at = %(resume_at)s,
       is_slow = %(is_slow)s, last_success_at = %(last_success_at)s,
       last_failure_at = %(last_failure_at)s,
       due_at = CASE WHEN wakeups <> %(wakeups)s THEN now()
                     WHEN (unread_to > %(position)s OR %(has_more)s) AND %(can_read)s
                          OR %(replay_after)s::bigint < replay_until AND %(can_read)s
                     THEN greatest(now(), %(resume_at)s::timestamptz)
                     ELSE greatest(%(next_due_at)s::timestamptz, CASE
                          WHEN %(next_due_at)s::timestamptz IS NOT NULL
                          THEN %(resume_at)s::timestamptz END) END
 WHERE endpoint_id = %(endpoint_id)s AND claim = %(claim)s
"""

RETRY_NOW = """
UPDATE webhooks_delivery
   SET next_attempt_at = now()
 WHERE endpoint_id = %(endpoint_id)s AND state = 'waiting' AND next_attempt_at > now()
"""

LOCK_ENDPOINT = """
SELECT endpoint.id FROM webhooks_endpoint AS endpoint WHERE endpoint.id = %(id)s
   FOR NO KEY UPDATE
"""

# The URL may have been changed since: what the former one answered does not count.
DISABLE = """
WITH disabled AS (
     UPDATE webhooks_endpoint
        SET disabled_by = %(disabled_by)s, disabled_at = %(now)s, updated_at = %(now)s,
            notice_due_at = %(now)s
      WHERE id = %(endpoint_id)s AND url = %(url)s AND disabled_by = '' AND removed_at IS NULL
     RETURNING id)
UPDATE webhooks_queue AS queue
   SET due_at = NULL
  FROM disabled
 WHERE queue.endpoint_id = disabled.id
"""

RELEASE = """
UPDATE webhooks_queue
   SET claim = NULL, due_at = now()
 WHERE endpoint_id = %(endpoint_id)s AND claim = %(claim)s
"""

POSTPONE = """
UPDATE webhooks_queue
   SET claim = NULL, due_at = %(until)s
 WHERE endpoint_id = %(endpoint_id)s AND claim = %(claim)s
"""


class SqlQueueStore:
    """The queue of deliveries; call ``finish`` and then ``record`` in one transaction.

    Locks are taken in one order: an endpoint, its row of the queue, its deliveries.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self) -> None:
        """Insert the row that holds up to which position the log was searched, unless it exists."""
        await self._database.execute(BEGIN_PROGRESS, {})

    async def mark_due(self, *, most: int) -> int | None:
        """Mark as due the endpoints that the next events of the log are for.

        Return the position up to which the log was searched; None when there was nothing new.
        """
        row = await self._database.fetch_one(
            MARK_DUE, {"most": most, "stored": list(STORED), "published": list(PUBLISHED)}
        )
        return None if row is None else int(only_value(row))

    async def claim(self, claim: UUID, *, lane: Lane, most: int) -> list[ClaimedEndpoint]:
        """Claim endpoints that are due, those that wait longest first."""
        rows = await self._database.fetch_all(
            CLAIM,
            {"claim": claim, "is_slow": lane is Lane.SLOW, "most": most, "lease": LEASE},
        )
        # One endpoint that breaks a rule must not keep the others from being delivered to.
        return read_each(rows, _build_claimed, kind="webhook endpoint", id_of=itemgetter(0))

    async def waiting(self, endpoint_id: EndpointId, *, most: int) -> list[Message]:
        """Return the messages that wait, in the order of positions."""
        rows = await self._database.fetch_all(WAITING, {"endpoint_id": endpoint_id, "most": most})
        return read_each(rows, _build_message, kind="webhook delivery", id_of=itemgetter(0))

    async def lock_endpoint(self, endpoint_id: EndpointId) -> None:
        """Lock an endpoint that is to be disabled, before its row of the queue."""
        await self._database.fetch_one(LOCK_ENDPOINT, {"id": endpoint_id})

    async def record(self, endpoint_id: EndpointId, settled: Sequence[Settled]) -> None:
        """Store the new states of messages, with the attempts that were made."""
        rows = json.dumps([_settled_row(line) for line in settled])
        await self._database.execute(RECORD, {"endpoint_id": endpoint_id, "settled": rows})

    async def record_gap(self, endpoint_id: EndpointId, after: int, until: int) -> None:
        """Add a row to the log of deliveries: events expired before the endpoint got them."""
        facts = {"endpoint_id": endpoint_id, "position": until}
        await self._database.execute(RECORD_GAP, facts | {"message_id": f"gap_{after}_{until}"})

    async def finish(
        self,
        claimed: ClaimedEndpoint,
        health: Health,
        *,
        position: int,
        has_more: bool,
        replay_after: int | None,
        can_read: bool,
        next_due_at: datetime | None,
    ) -> bool:
        """Store how far the endpoint has read, and release the claim; False if it was lost.

        ``has_more`` says that there is something to send after ``position``.
        """
        facts = {
            "endpoint_id": claimed.endpoint.id,
            "claim": claimed.claim,
            "wakeups": claimed.wakeups,
            "position": position,
            "has_more": has_more,
            "replay_after": replay_after,
            "can_read": can_read,
            "next_due_at": next_due_at,
            "failures": health.failures,
            "failing_since": health.failing_since,
            "resume_at": health.resume_at,
            "is_slow": health.is_slow,
            "last_success_at": health.last_success_at,
            "last_failure_at": health.last_failure_at,
        }
        return await self._database.execute(FINISH, facts) == 1

    async def retry_now(self, endpoint_id: EndpointId) -> None:
        """Make all waiting deliveries due at once, after the endpoint has recovered."""
        await self._database.execute(RETRY_NOW, {"endpoint_id": endpoint_id})

    async def disable(self, claimed: ClaimedEndpoint, by: DisabledBy, *, now: datetime) -> bool:
        """Disable an endpoint for what its URL answered; the partner and staff are notified later.

        False, and nothing is stored, if it has another URL by now.
        """
        facts = {"endpoint_id": claimed.endpoint.id, "url": claimed.endpoint.url}
        return (
            await self._database.execute(DISABLE, facts | {"disabled_by": by.value, "now": now})
            == 1
        )

    async def release(self, claimed: ClaimedEndpoint) -> None:
        """Release a claim with nothing else changed."""
        facts = {"endpoint_id": claimed.endpoint.id, "claim": claimed.claim}
        await self._database.execute(RELEASE, facts)

    async def postpone(self, claimed: ClaimedEndpoint, *, until: datetime) -> None:
        facts = {"endpoint_id": claimed.endpoint.id, "claim": claimed.claim, "until": until}
        await self._database.execute(POSTPONE, facts)

    async def purge(self, *, before: datetime, most: int) -> int:
        """Delete what was settled before a moment, older attempts, and what was removed.

        At most ``most`` of each, deliveries with their attempts; return how many rows in all.
        """
        facts = {"before": before, "most": most}
        purged = await self._database.execute(PURGE, facts)
        purged += await self._database.execute(PURGE_ATTEMPTS, facts)
        return purged + await self._database.execute(PURGE_REMOVED, {"most": most})


def _build_claimed(row: Row) -> ClaimedEndpoint:
    size = len(ENDPOINT_COLUMNS)
    values = by_name(_CLAIMED_COLUMNS, row[size:])
    return ClaimedEndpoint(
        endpoint=build_endpoint(by_name(ENDPOINT_COLUMNS, row[:size])),
        partner_is_active=values["partner_is_active"],
        claim=values["claim"],
        claimed_at=values["claimed_at"],
        wakeups=values["wakeups"],
        position=values["position"],
        has_unread=values["unread_to"] is not None,
        replay_after=values["replay_after"],
        replay_until=values["replay_until"],
        health=Health(
            failures=values["failures"],
            failing_since=values["failing_since"],
            resume_at=values["resume_at"],
            is_slow=values["is_slow"],
            last_success_at=values["last_success_at"],
            last_failure_at=values["last_failure_at"],
        ),
    )


def _build_message(row: Row) -> Message:
    values = by_name(_MESSAGE_COLUMNS, row)
    return Message(type=PublishedType(values.pop("type")), is_stored=True, **values)


def _settled_row(line: Settled) -> dict[str, Any]:
    message, outcome = line.message, line.outcome
    return {
        "message_id": message.message_id,
        "position": message.position,
        "type": message.type.value,
        "subject": message.subject,
        "booking_uuid": message.booking_uuid and str(message.booking_uuid),
        "is_replay": message.is_replay,
        "state": line.state.value,
        "attempts": line.attempts,
        "next_attempt_at": _moment(line.next_attempt_at),
        "first_attempt_at": _moment(line.first_attempt_at),
        "at": _moment(outcome.at if outcome else None),
        "status": outcome and outcome.status,
        "problem": outcome and outcome.problem.value,
        "duration_ms": outcome and outcome.duration_ms,
        "answer": outcome and outcome.answer,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
