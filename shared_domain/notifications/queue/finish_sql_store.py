"""SQL that stores what runs of subscriptions have sent, and disables a subscription.

Locks are taken in one order: subscriptions, notifications, rows of the queue; many of a kind in
that of their subscriptions.
"""

from shared_domain.rows import recordset

_SENT_TYPES = {
    "id": "bigint",
    "subscription_id": "uuid",
    "kind": "text",
    "subject": "text",
    "claim": "uuid",
    "state": "text",
    "attempts": "integer",
    "next_attempt_at": "timestamptz",
    "at": "timestamptz",
    "status": "smallint",
    "problem": "text",
    "duration_ms": "integer",
}

# Nothing is stored of a subscription whose claim was lost, nor of a notification that was purged.
RECORD = f"""
WITH sent AS MATERIALIZED (
     SELECT sent.*
       FROM {recordset("sent", "sent", _SENT_TYPES)}
       JOIN notifications_queue AS queue
            ON queue.subscription_id = sent.subscription_id AND queue.claim = sent.claim),
stored AS (
     UPDATE notifications_notification AS stored
        SET state = sent.state, attempts = sent.attempts, next_attempt_at = sent.next_attempt_at,
            last_attempt_at = sent.at, last_status = sent.status, last_problem = sent.problem,
            last_duration_ms = sent.duration_ms,
            settled_at = CASE WHEN sent.state <> 'waiting' THEN sent.at END
       FROM sent
      WHERE stored.id = sent.id
     RETURNING stored.id)
INSERT INTO notifications_notificationattempt (notification_id, at, status, problem, duration_ms)
SELECT sent.id, sent.at, sent.status, sent.problem, sent.duration_ms
  FROM sent
  JOIN stored ON stored.id = sent.id
"""

_UNSENT_TYPES = {"id": "bigint", "subscription_id": "uuid", "claim": "uuid"}

# What was taken and not sent has used up no attempt. Its first one stays counted: there may be a
# new notification of the same subject by now, and only one of them is without an attempt.
GIVE_BACK = f"""
UPDATE notifications_notification AS given
   SET attempts = given.attempts - 1
  FROM {recordset("unsent", "unsent", _UNSENT_TYPES)}
  JOIN notifications_queue AS queue
       ON queue.subscription_id = unsent.subscription_id AND queue.claim = unsent.claim
 WHERE given.id = unsent.id AND given.attempts > 1
"""

# Whatever waits of the same availability comes a second later, also what failed before. TELL may
# add to it at the same time: both lock in one order.
PACE = f"""
WITH early AS MATERIALIZED (
     SELECT waiting.id, sent.at
       FROM {recordset("sent", "sent", _SENT_TYPES)}
      CROSS JOIN LATERAL (
            SELECT waiting.id
              FROM notifications_notification AS waiting
             WHERE waiting.subscription_id = sent.subscription_id AND waiting.kind = sent.kind
               AND waiting.subject = sent.subject AND waiting.state = 'waiting'
               AND waiting.next_attempt_at < sent.at + %(pace)s::interval
            OFFSET 0) AS waiting
      WHERE sent.kind = 'AVAILABILITY_UPDATE' AND waiting.id <> sent.id),
locked AS MATERIALIZED (
     SELECT waiting.id, early.at
       FROM early
       JOIN notifications_notification AS waiting ON waiting.id = early.id
      ORDER BY waiting.subscription_id, waiting.kind, waiting.subject
        FOR UPDATE OF waiting)
UPDATE notifications_notification AS later
   SET next_attempt_at = locked.at + %(pace)s::interval
  FROM locked
 WHERE later.id = locked.id
"""

RETRY_NOW = """
UPDATE notifications_notification
   SET next_attempt_at = now()
 WHERE subscription_id = ANY(%(subscriptions)s) AND state = 'waiting' AND attempts > 0
   AND next_attempt_at > now()
"""

_RUN_TYPES = {
    "subscription_id": "uuid",
    "claim": "uuid",
    "wakeups": "bigint",
    "is_held_back": "boolean",
    "failures": "integer",
    "failing_since": "timestamptz",
    "resume_at": "timestamptz",
    "is_slow": "boolean",
    "last_success_at": "timestamptz",
    "last_failure_at": "timestamptz",
}

FINISH = f"""
WITH finished AS MATERIALIZED (
     SELECT queue.subscription_id
       FROM {recordset("runs", "run", _RUN_TYPES)}
       JOIN notifications_queue AS queue
            ON queue.subscription_id = run.subscription_id AND queue.claim = run.claim
      ORDER BY queue.subscription_id
        FOR UPDATE OF queue)
UPDATE notifications_queue AS queue
   SET claim = NULL, failures = run.failures, failing_since = run.failing_since,
       resume_at = run.resume_at, is_slow = run.is_slow, last_success_at = run.last_success_at,
       last_failure_at = run.last_failure_at,
       due_at = CASE WHEN queue.wakeups <> run.wakeups THEN greatest(now(), run.resume_at)
                     WHEN run.is_held_back AND run.next_at IS NOT NULL
                     THEN greatest(now(), run.resume_at)
                     WHEN run.next_at IS NOT NULL THEN greatest(run.next_at, run.resume_at) END
  FROM (SELECT run.*, (
               SELECT min(waiting.next_attempt_at)
                 FROM notifications_notification AS waiting
                WHERE waiting.subscription_id = run.subscription_id
                  AND waiting.state = 'waiting') AS next_at
          FROM {recordset("runs", "run", _RUN_TYPES)}
         WHERE run.subscription_id IN (SELECT finished.subscription_id FROM finished)
        OFFSET 0) AS run
 WHERE queue.subscription_id = run.subscription_id AND queue.claim = run.claim
RETURNING queue.subscription_id
"""

LOCK_SUBSCRIPTIONS = """
SELECT subscription.id
  FROM notifications_subscription AS subscription
 WHERE subscription.id = ANY(%(subscriptions)s)
 ORDER BY subscription.id
   FOR NO KEY UPDATE
"""

# The URL may have been changed since: what the former one answered does not count.
DISABLE = """
WITH disabled AS (
     UPDATE notifications_subscription
        SET disabled_by = %(disabled_by)s, disabled_at = %(now)s, updated_at = %(now)s,
            notice_due_at = %(now)s
      WHERE id = %(id)s AND url = %(url)s AND disabled_by = '' AND removed_at IS NULL
     RETURNING id)
UPDATE notifications_queue AS queue
   SET due_at = NULL
  FROM disabled
 WHERE queue.subscription_id = disabled.id
"""
