"""``endpoints_effects(request_id)`` plans a statement only for tables that its transaction wrote to.

A dry run asks within the transaction whose effects they are, so PostgreSQL's own count of what it
has inserted says which histories can hold any of them. Afterwards, for what Django has done, every
history is asked: no caller waits for that.
"""

from django.db import migrations

# As in 0002, but for "is_within". Source: PostgreSQL's manual, "The Cumulative Statistics System":
# pg_stat_get_xact_tuples_inserted counts what the current transaction has done, subtransactions
# that were rolled back included.
EFFECTS = """
CREATE OR REPLACE FUNCTION endpoints_effects(of_request uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $function$
DECLARE
    contexts uuid[];
    history record;
    part jsonb;
    writers bigint[];
    transactions bigint[] := '{}';
    found jsonb := '[]';
    is_within boolean := pg_current_xact_id_if_assigned() IS NOT NULL;
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
           AND (NOT is_within OR pg_stat_get_xact_tuples_inserted(events.oid) > 0)
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
"""


class Migration(migrations.Migration):
    dependencies = [
        ("endpoints", "0007_changed_since"),
    ]

    operations = [
        migrations.RunSQL(EFFECTS, migrations.RunSQL.noop),
    ]
