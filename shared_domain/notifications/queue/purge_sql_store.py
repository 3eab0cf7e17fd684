"""SQL that deletes old notifications, with their attempts, in batches."""

# What is still waiting after so long is of a subscription that is disabled.
PURGE = """
WITH gone AS MATERIALIZED (
     SELECT id FROM notifications_notification
      WHERE created_at < %(before)s
      ORDER BY created_at
      LIMIT %(most)s),
attempts AS (
     DELETE FROM notifications_notificationattempt
      WHERE notification_id IN (SELECT id FROM gone))
DELETE FROM notifications_notification WHERE id IN (SELECT id FROM gone)
"""
