"""``endpoints_changed_since(tables, snapshot)``: whether others have written to tables meanwhile.

A write that Django refused left no row to look at. Where the edge would have done it, either the
edge is wrong, or another write came between: into one of the tables that the edge wrote to.
"""

from django.db import migrations

# SECURITY DEFINER, as endpoints_crossed; it says yes or no, and nothing of what was written.
# A table's latest history tells, otherwise its rows do; one without history that is too large to
# be read through counts as changed.
CHANGED_SINCE = """
CREATE FUNCTION endpoints_changed_since(tables text[], seen pg_snapshot) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $function$
DECLARE
    written record;
    has_changed boolean;
    next_id bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
    epoch bigint := (next_id >> 32) << 32;
BEGIN
    FOR written IN
        SELECT coalesce(history.relname, rows.relname) AS name, history.relname IS NOT NULL AS kept,
               rows.relpages > 1000 AS is_large
          FROM pg_class rows
          LEFT JOIN pg_class history
            ON history.relnamespace = rows.relnamespace AND history.relkind = 'r'
           AND history.relname = rows.relname || 'event'
           AND EXISTS (SELECT FROM pg_attribute a
                        WHERE a.attrelid = history.oid AND a.attname = 'pgh_id')
         WHERE rows.relname = ANY (tables) AND rows.relnamespace = 'public'::regnamespace
           AND rows.relkind IN ('r', 'p')
    LOOP
        IF written.is_large AND NOT written.kept THEN
            RETURN true;
        END IF;
        EXECUTE format(
            'SELECT EXISTS (SELECT FROM (SELECT t.xmin::text::bigint AS writer FROM %I t %s) latest'
            ' WHERE NOT pg_visible_in_snapshot('
            '           (CASE WHEN $1 + writer > $2 THEN $1 - 4294967296 ELSE $1 END + writer)'
            '           ::text::xid8, $3))',
            written.name, CASE WHEN written.kept THEN 'ORDER BY t.pgh_id DESC LIMIT 500' END
        ) INTO has_changed USING epoch, next_id, seen;
        IF has_changed THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END
$function$;
REVOKE ALL ON FUNCTION endpoints_changed_since(text[], pg_snapshot) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("endpoints", "0006_what_was_not_compared"),
    ]

    operations = [
        migrations.RunSQL(
            CHANGED_SINCE, "DROP FUNCTION endpoints_changed_since(text[], pg_snapshot)"
        ),
    ]
