"""SQL that deletes what is over in batches: deliveries, attempts, those of removed endpoints."""

# Foreign keys are checked at the commit.
_DELETE_GONE = """,
attempts AS (
     DELETE FROM webhooks_attempt WHERE delivery_id IN (SELECT id FROM gone))
DELETE FROM webhooks_delivery WHERE id IN (SELECT id FROM gone)
"""

# One that waited for weeks, as for a disabled endpoint, or was replayed, is kept from its outcome.
PURGE = f"""
WITH gone AS MATERIALIZED (
     SELECT id
       FROM webhooks_delivery
      WHERE created_at < %(before)s AND state <> 'waiting'
        AND coalesce(settled_at, created_at) < %(before)s
      ORDER BY created_at
      LIMIT %(most)s){_DELETE_GONE}"""

# An answer may name a guest: it goes at its age, though its delivery waits or was replayed since.
PURGE_ATTEMPTS = """
DELETE FROM webhooks_attempt WHERE id IN (
       SELECT attempt.id
         FROM webhooks_delivery AS delivery
         JOIN webhooks_attempt AS attempt ON attempt.delivery_id = delivery.id
        WHERE delivery.created_at < %(before)s AND attempt.at < %(before)s
        LIMIT %(most)s)
"""

PURGE_REMOVED = f"""
WITH gone AS MATERIALIZED (
     SELECT delivery.id
       FROM webhooks_endpoint AS endpoint
       JOIN webhooks_delivery AS delivery ON delivery.endpoint_id = endpoint.id
      WHERE endpoint.removed_at IS NOT NULL
      LIMIT %(most)s){_DELETE_GONE}"""
