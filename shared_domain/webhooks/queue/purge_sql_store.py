"""SQL that deletes deliveries which are over, and those of removed endpoints, in batches."""

# Foreign keys are checked at the commit.
_DELETE_GONE = """,
attempts AS (
     DELETE FROM webhooks_attempt WHERE delivery_id IN (SELECT id FROM gone))
DELETE FROM webhooks_delivery WHERE id IN (SELECT id FROM gone)
"""

PURGE = f"""
WITH gone AS MATERIALIZED (
     SELECT id
       FROM webhooks_delivery
      WHERE created_at < %(before)s AND state <> 'waiting'
      ORDER BY created_at
      LIMIT %(most)s){_DELETE_GONE}"""

PURGE_REMOVED = f"""
WITH gone AS MATERIALIZED (
     SELECT delivery.id
       FROM webhooks_endpoint AS endpoint
       JOIN webhooks_delivery AS delivery ON delivery.endpoint_id = endpoint.id
      WHERE endpoint.removed_at IS NOT NULL
      LIMIT %(most)s){_DELETE_GONE}"""
