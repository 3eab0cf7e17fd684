"""The queue of notifications in PostgreSQL: for the worker alone."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from shared_domain.database import Database, Row
from shared_domain.notifications.model import NotificationType, SubscriptionId
from shared_domain.notifications.queue.enqueue_sql_store import TELL, TOLD_OF
from shared_domain.notifications.queue.finish_sql_store import (
    DISABLE,
    FINISH,
    GIVE_BACK,
    LOCK_SUBSCRIPTIONS,
    PACE,
    RECORD,
    RETRY_NOW,
)
from shared_domain.notifications.queue.model import (
    AVAILABILITY_PACE,
    PAGE,
    ClaimedSubscription,
    Notification,
    NotificationRun,
    SentNotification,
)
from shared_domain.notifications.queue.purge_sql_store import PURGE
from shared_domain.rows import by_name, only_value, select_list, table_columns
from shared_domain.webhooks import LEASE, DisabledBy, Health, Lane

_HEALTH = (
    *("failures", "failing_since", "resume_at", "is_slow", "last_success_at"),
    "last_failure_at",
)

_CLAIMED_COLUMNS = {
    **table_columns("subscription", ("id", "url", "sealed_headers")),
    **table_columns("queue", ("claim", "wakeups", *_HEALTH)),
}

_TAKEN_COLUMNS = {
    **table_columns(
        "taken",
        (
            *("subscription_id", "id", "public_id", "kind", "subject", "product_code"),
            *("booking_uuid", "local_date_start", "local_date_end", "attempts"),
            *("next_attempt_at", "created_at"),
        ),
    ),
    "was_due": "locked.was_due",
}

BEGIN_PROGRESS = """
INSERT INTO notifications_progress (position, is_only)
SELECT coalesce((SELECT min(queue.begins_after) FROM notifications_queue AS queue),
                (SELECT log.last_position FROM events_log AS log), 0), true
    ON CONFLICT DO NOTHING
"""

# TELL may mark a subscription that is disabled at the same time: it is left alone.
CLAIM = f"""
WITH due AS MATERIALIZED (
     SELECT queue.subscription_id
       FROM notifications_queue AS queue
       JOIN notifications_subscription AS subscription
            ON subscription.id = queue.subscription_id
               AND subscription.disabled_by = '' AND subscription.removed_at IS NULL
       JOIN partners_partner AS partner
            ON partner.id = subscription.partner_id AND partner.is_active
      WHERE queue.due_at <= now() AND queue.is_slow = %(is_slow)s
      ORDER BY queue.due_at
      LIMIT %(most)s
        FOR UPDATE OF queue SKIP LOCKED)
UPDATE notifications_queue AS queue
   SET claim = %(claim)s, due_at = now() + %(lease)s::interval
  FROM due
  JOIN notifications_subscription AS subscription ON subscription.id = due.subscription_id
 WHERE queue.subscription_id = due.subscription_id
RETURNING {select_list(_CLAIMED_COLUMNS)}
"""

# In a transaction after that of CLAIM. What is taken takes in nothing more: ``attempts`` counts the
# attempt that begins, and what is added meanwhile is paced by its beginning. Of one booking or
# product, and of the availability of one, one is sent at a time.
TAKE = f"""
WITH due AS MATERIALIZED (
     SELECT chosen.id, chosen.was_due
       FROM unnest(%(subscriptions)s::uuid[], %(most)s::int[]) AS claimed (subscription_id, most)
      CROSS JOIN LATERAL (
            SELECT first.id, first.was_due
              FROM (SELECT DISTINCT ON (waiting.kind, waiting.subject) waiting.id,
                           waiting.next_attempt_at <= now() AS was_due
                      FROM notifications_notification AS waiting
                     WHERE waiting.subscription_id = claimed.subscription_id
                       AND waiting.state = 'waiting'
                       AND (waiting.next_attempt_at <= now() OR claimed.most = 1)
                     ORDER BY waiting.kind, waiting.subject, waiting.next_attempt_at, waiting.id
                   ) AS first
             ORDER BY first.was_due DESC, first.id
             LIMIT claimed.most) AS chosen),
locked AS MATERIALIZED (
     SELECT waiting.id, due.was_due
       FROM due
       JOIN notifications_notification AS waiting ON waiting.id = due.id
      ORDER BY waiting.subscription_id, waiting.kind, waiting.subject
        FOR UPDATE OF waiting)
UPDATE notifications_notification AS taken
   SET attempts = taken.attempts + 1, last_attempt_at = now()
  FROM locked
 WHERE taken.id = locked.id
RETURNING {select_list(_TAKEN_COLUMNS)}
"""

_CLAIMED = """
WITH claimed AS MATERIALIZED (
     SELECT queue.subscription_id
       FROM notifications_queue AS queue
      WHERE queue.claim = ANY(%(claims)s) AND queue.subscription_id = ANY(%(subscriptions)s)
      ORDER BY queue.subscription_id
        FOR UPDATE)"""

RELEASE = f"""{_CLAIMED}
UPDATE notifications_queue AS queue
   SET claim = NULL, due_at = now()
  FROM claimed
 WHERE queue.subscription_id = claimed.subscription_id
"""

POSTPONE = f"""{_CLAIMED}
UPDATE notifications_queue AS queue
   SET claim = NULL, due_at = %(until)s
  FROM claimed
 WHERE queue.subscription_id = claimed.subscription_id
"""

NOTICE_SENT = """
UPDATE notifications_subscription SET notice_due_at = NULL WHERE id = %(id)s
"""


class SqlNotificationQueue:
    """The queue of notifications, on a database connection of the worker.

    Locks are taken in one order: subscriptions, notifications, rows of the queue; many of a kind
    in that of their subscriptions.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self) -> None:
        """Insert the row that holds up to which position the log was searched, unless it exists."""
        await self._database.execute(BEGIN_PROGRESS, {})

    async def tell(self, *, most: int) -> int | None:
        """Write notifications for the next events of the log, and mark their subscriptions as due.

        Return the position up to which the log was read; None when there was nothing new.
        """
        row = await self._database.fetch_one(
            TELL, {"most": most, "pace": AVAILABILITY_PACE, **TOLD_OF}
        )
        if row is None:
            return None
        (position,) = row
        return int(position)

    async def claim(self, claim: UUID, *, lane: Lane, most: int) -> list[ClaimedSubscription]:
        """Claim subscriptions that are due, those that wait longest first."""
        rows = await self._database.fetch_all(
            CLAIM,
            {"claim": claim, "is_slow": lane is Lane.SLOW, "most": most, "lease": LEASE},
        )
        return [_build_claimed(row) for row in rows]

    async def take(self, claimed: Sequence[ClaimedSubscription]) -> list[ClaimedSubscription]:
        """Return the claimed subscriptions with what is to be sent to each now.

        One that is held back gets one notification: the next that is due, or else a probe.
        """
        rows = await self._database.fetch_all(
            TAKE,
            {
                "subscriptions": [subscription.id for subscription in claimed],
                "most": [1 if one.health.is_held_back else PAGE for one in claimed],
            },
        )
        taken: dict[UUID, list[Notification]] = defaultdict(list)
        for row in rows:
            values = by_name(_TAKEN_COLUMNS, row)
            taken[values.pop("subscription_id")].append(_build_notification(values))
        return [replace(one, notifications=taken.get(one.id, ())) for one in claimed]

    async def finish(self, runs: Collection[NotificationRun]) -> frozenset[SubscriptionId]:
        """Store the outcomes for claimed subscriptions, and release their claims.

        Nothing is stored for a subscription whose claim was lost; those of the others are returned.
        Their rows stay locked, so that ``disable`` may follow in the transaction.
        """
        # Services lock a subscription first, then its notifications, in an order of their own.
        subscriptions = [run.claimed.id for run in runs]
        await self._database.fetch_all(LOCK_SUBSCRIPTIONS, {"subscriptions": subscriptions})
        sent = json.dumps([_sent_row(run, sent) for run in runs for sent in run.sent])
        unsent = json.dumps([_unsent_row(run, one) for run in runs for one in run.unsent])
        await self._database.execute(GIVE_BACK, {"unsent": unsent})
        await self._database.execute(RECORD, {"sent": sent})
        await self._database.execute(PACE, {"sent": sent, "pace": AVAILABILITY_PACE})
        if recovered := [run.claimed.id for run in runs if run.has_recovered]:
            await self._database.execute(RETRY_NOW, {"subscriptions": recovered})
        rows = await self._database.fetch_all(
            FINISH, {"runs": json.dumps(list(map(_run_row, runs)))}
        )
        return frozenset(SubscriptionId(only_value(row)) for row in rows)

    async def disable(self, claimed: ClaimedSubscription, by: DisabledBy, *, now: datetime) -> bool:
        """Disable a subscription for what its URL answered; the partner and staff are told later.

        False, and nothing is stored, if it has another URL by now.
        """
        facts = {"id": claimed.id, "url": claimed.url, "disabled_by": by.value, "now": now}
        return await self._database.execute(DISABLE, facts) == 1

    async def release(self, claimed: Iterable[ClaimedSubscription]) -> None:
        """Release claims of which nothing was sent."""
        await self._database.execute(RELEASE, _of_claims(claimed))

    async def postpone(self, claimed: Iterable[ClaimedSubscription], *, until: datetime) -> None:
        """Release claims, and make these subscriptions due again at a later moment."""
        await self._database.execute(POSTPONE, _of_claims(claimed) | {"until": until})

    async def record_notice_sent(self, subscription_id: SubscriptionId) -> None:
        """Record that the partner was notified of the disabled subscription, or need not be."""
        await self._database.execute(NOTICE_SENT, {"id": subscription_id})

    async def purge(self, *, before: datetime, most: int) -> int:
        """Delete at most ``most`` old notifications, with their attempts; return how many."""
        return await self._database.execute(PURGE, {"before": before, "most": most})


def _of_claims(claimed: Iterable[ClaimedSubscription]) -> dict[str, Any]:
    known = list(claimed)
    return {
        "claims": list({one.claim for one in known}),
        "subscriptions": [one.id for one in known],
    }


def _build_claimed(row: Row) -> ClaimedSubscription:
    values = by_name(_CLAIMED_COLUMNS, row)
    health = Health(**{name: values.pop(name) for name in _HEALTH})
    return ClaimedSubscription(health=health, **values)


def _build_notification(values: dict[str, Any]) -> Notification:
    return Notification(kind=NotificationType(values.pop("kind")), **values)


def _sent_row(run: NotificationRun, sent: SentNotification) -> dict[str, Any]:
    notification, outcome = sent.notification, sent.outcome
    return {
        "id": notification.id,
        "subscription_id": str(run.claimed.id),
        "kind": notification.kind.value,
        "subject": notification.subject,
        "claim": str(run.claimed.claim),
        "state": sent.state.value,
        "attempts": sent.attempts,
        "next_attempt_at": _moment(sent.next_attempt_at),
        "at": _moment(outcome.at),
        "status": outcome.status,
        "problem": outcome.problem.value,
        "duration_ms": outcome.duration_ms,
    }


def _unsent_row(run: NotificationRun, notification: Notification) -> dict[str, Any]:
    return {
        "id": notification.id,
        "subscription_id": str(run.claimed.id),
        "claim": str(run.claimed.claim),
    }


def _run_row(run: NotificationRun) -> dict[str, Any]:
    health = run.health
    return {
        "subscription_id": str(run.claimed.id),
        "claim": str(run.claimed.claim),
        "wakeups": run.claimed.wakeups,
        "is_held_back": health.is_held_back,
        "failures": health.failures,
        "failing_since": _moment(health.failing_since),
        "resume_at": _moment(health.resume_at),
        "is_slow": health.is_slow,
        "last_success_at": _moment(health.last_success_at),
        "last_failure_at": _moment(health.last_failure_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
