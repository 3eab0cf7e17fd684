"""``endpoints_crossed(request_id, snapshot)``: whether another write came between.

A dry run has seen the rows as they were before Django did the real write. Where another request
changed one of these rows meanwhile, the two had different things to say, and both may be right.
"""

from django.db import migrations

# SECURITY DEFINER, as endpoints_effects: the edge may not read every history.
CROSSED = """
CREATE FUNCTION endpoints_crossed(of_request uuid, seen pg_snapshot) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $function$
DECLARE
    contexts uuid[];
    history text;
    is_crossed boolean;
    next_id bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
    epoch bigint := (next_id >> 32) << 32;
BEGIN
    SELECT array_agg(id) INTO contexts
      FROM pghistory_context
     WHERE id = of_request OR metadata->>'request_id' = of_request::text;
    IF contexts IS NULL THEN
        RETURN false;
    END IF;
    FOR history IN
        SELECT events.relname
          FROM pg_class events
          JOIN pg_attribute context
            ON context.attrelid = events.oid AND context.attname = 'pgh_context_id'
          JOIN pg_attribute object
            ON object.attrelid = events.oid AND object.attname = 'pgh_obj_id'
         WHERE events.relkind = 'r' AND events.relnamespace = 'public'::regnamespace
         ORDER BY events.relname
    LOOP
        EXECUTE format(
            'SELECT EXISTS ('
            '    SELECT FROM %1$I mine JOIN %1$I other ON other.pgh_obj_id = mine.pgh_obj_id'
            '     WHERE mine.pgh_context_id = ANY ($1)'
            '       AND (other.pgh_context_id IS NULL OR other.pgh_context_id <> ALL ($1))'
            '       AND NOT pg_visible_in_snapshot('
            '               (CASE WHEN $2 + other.xmin::text::bigint > $3'
            '                     THEN $2 - 4294967296 ELSE $2 END'
            '                + other.xmin::text::bigint)::text::xid8, $4))',
            history
        ) INTO is_crossed USING contexts, epoch, next_id, seen;
        IF is_crossed THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END
$function$;
REVOKE ALL ON FUNCTION endpoints_crossed(uuid, pg_snapshot) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("endpoints", "0003_canarywrite_id"),
    ]

    operations = [
        migrations.RunSQL(CROSSED, "DROP FUNCTION endpoints_crossed(uuid, pg_snapshot)"),
    ]
