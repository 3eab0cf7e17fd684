"""``endpoints_effects(request_id)``: what one request wrote, whichever half answered it."""

from django.apps import apps
from django.db import migrations

# The history says which rows a request touched, but not their personal columns, so each row is
# read as it now is. A row that another transaction has changed since says so ("is_superseded").
# The outbox has no history; its rows are found by the transaction that wrote the history.
#
# SECURITY DEFINER: the edge may see what one request wrote without the right to read every table.
EFFECTS = """
CREATE FUNCTION endpoints_effects(of_request uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $function$
DECLARE
    contexts uuid[];
    history record;
    part jsonb;
    writers bigint[];
    transactions bigint[] := '{}';
    found jsonb := '[]';
    epoch bigint := (pg_snapshot_xmax(pg_current_snapshot())::text::bigint >> 32) << 32;
BEGIN
    SELECT array_agg(id) INTO contexts
      FROM pghistory_context
     WHERE id = of_request OR metadata->>'request_id' = of_request::text;
    IF contexts IS NULL THEN
        RETURN found;
    END IF;
    FOR history IN
        SELECT events.relname AS events, rows.relname AS rows, key.attname AS key
          FROM pg_class events
          JOIN pg_attribute context
            ON context.attrelid = events.oid AND context.attname = 'pgh_context_id'
          JOIN pg_class rows
            ON rows.relnamespace = events.relnamespace
           AND rows.relname = regexp_replace(events.relname, 'event$', '')
          JOIN pg_index is_key ON is_key.indrelid = rows.oid AND is_key.indisprimary
          JOIN pg_attribute key ON key.attrelid = rows.oid AND key.attnum = is_key.indkey[0]
         WHERE events.relkind = 'r' AND events.relnamespace = 'public'::regnamespace
         ORDER BY events.relname
    LOOP
        EXECUTE format(
            'SELECT jsonb_agg(jsonb_build_object('
            '           ''table'', %L::text, ''action'', h.pgh_label, ''row'', to_jsonb(r),'
            '           ''is_superseded'', EXISTS (SELECT FROM %I later'
            '               WHERE later.pgh_obj_id = h.pgh_obj_id AND later.pgh_id > h.pgh_id'
            '                 AND later.pgh_context_id IS DISTINCT FROM h.pgh_context_id)'
            '       ) ORDER BY h.pgh_id), array_agg(DISTINCT h.xmin::text::bigint)'
            '  FROM %I h LEFT JOIN %I r ON r.%I = h.pgh_obj_id'
            ' WHERE h.pgh_context_id = ANY ($1)',
            history.rows, history.events, history.events, history.rows, history.key
        ) INTO part, writers USING contexts;
        IF part IS NOT NULL THEN
            found := found || part;
            transactions := transactions || writers;
        END IF;
    END LOOP;
    SELECT jsonb_agg(jsonb_build_object(
               'table', 'events_event', 'action', 'insert', 'is_superseded', false,
               'row', to_jsonb(e) - 'transaction_id') ORDER BY e.id)
      INTO part
      FROM events_event e
     WHERE e.transaction_id = ANY (
               SELECT epoch + xid FROM unnest(transactions) AS xid
                UNION SELECT epoch - 4294967296 + xid FROM unnest(transactions) AS xid);
    RETURN found || coalesce(part, '[]');
END
$function$;
REVOKE ALL ON FUNCTION endpoints_effects(uuid) FROM PUBLIC;
"""


#: A project without history and outbox has none of these tables: see 0010.
_HAS_EFFECTS = apps.is_installed("core_site.events")

_INDEXES = [
    migrations.RunSQL(
        "CREATE INDEX context_of_request ON pghistory_context ((metadata->>'request_id'))",
        "DROP INDEX context_of_request",
    ),
    migrations.RunSQL(
        "CREATE INDEX event_by_transaction ON events_event (transaction_id, id)",
        "DROP INDEX event_by_transaction",
    ),
]


class Migration(migrations.Migration):
    dependencies = [
        ("endpoints", "0001_initial"),
        *([("events", "0001_initial")] if _HAS_EFFECTS else []),
        *([("pghistory", "0007_auto_20250421_0444")] if _HAS_EFFECTS else []),
    ]

    operations = [
        *(_INDEXES if _HAS_EFFECTS else []),
        migrations.RunSQL(EFFECTS, "DROP FUNCTION endpoints_effects(uuid)"),
    ]
