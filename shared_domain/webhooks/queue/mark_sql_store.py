"""SQL that marks the endpoints as due for which the next events of the log are."""

from shared_domain.events import STORED_AS

# One worker at a time; another one that comes meanwhile has nothing to do. It looks at a bounded
# piece of the log. An endpoint that had read all goes on right before the first event that it
# wants: what came before did not concern it, however much of that has expired.
MARK_DUE = """
WITH progress AS MATERIALIZED (
     SELECT id, position FROM webhooks_progress FOR UPDATE SKIP LOCKED),
span AS MATERIALIZED (
     SELECT progress.id, progress.position AS after,
            least(log.last_position, progress.position + %(most)s) AS upto
       FROM progress, events_log AS log),
news AS MATERIALIZED (
     SELECT event.partner_id, event.product_id, event.test_mode, published.name,
            min(event.position) AS first, max(event.position) AS last
       FROM span
       JOIN events_event AS event
            ON event.position > span.after AND event.position <= span.upto
       JOIN unnest(%(stored)s::text[], %(published)s::text[]) AS published (stored, name)
            ON published.stored = event.type
      GROUP BY event.partner_id, event.product_id, event.test_mode, published.name),
wanted AS (
     SELECT endpoint.id, min(news.first) AS first, max(news.last) AS last
       FROM (SELECT news.partner_id, news.test_mode, news.name, news.first, news.last
               FROM news WHERE news.partner_id IS NOT NULL
              UNION ALL
             SELECT terms.partner_id, news.test_mode, news.name, news.first, news.last
               FROM news
               JOIN catalog_partnerterms AS terms ON terms.product_id = news.product_id
              WHERE news.partner_id IS NULL) AS news
       JOIN webhooks_endpoint AS endpoint ON endpoint.partner_id = news.partner_id
      WHERE endpoint.disabled_by = '' AND endpoint.removed_at IS NULL
        AND (news.test_mode IS NULL OR news.test_mode = endpoint.test_mode)
        AND (endpoint.types = '{}' OR news.name = ANY(endpoint.types))
      GROUP BY endpoint.id),
marked AS (
     UPDATE webhooks_queue AS queue
        SET position = CASE WHEN queue.unread_to IS NULL
                            THEN greatest(queue.position, wanted.first - 1)
                            ELSE queue.position END,
            unread_to = greatest(queue.unread_to, wanted.last),
            due_at = CASE WHEN queue.claim IS NOT NULL THEN queue.due_at
                          ELSE least(queue.due_at, greatest(queue.resume_at, now())) END
       FROM wanted
      WHERE queue.endpoint_id = wanted.id AND wanted.last > queue.position)
UPDATE webhooks_progress
   SET position = span.upto
  FROM span
 WHERE webhooks_progress.id = span.id AND span.upto > span.after
RETURNING webhooks_progress.position
"""

#: Which published name each stored type has, as two lists.
STORED, PUBLISHED = zip(
    *(
        (stored.value, published.value)
        for published, names in STORED_AS.items()
        for stored in names
    ),
    strict=True,
)
