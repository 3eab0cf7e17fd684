-- Run by effects.py after every `migrate`, as the owner of the tables; running it again is harmless.

-- Why rows of a table are not recorded; NULL for those that are: the registry's own tables, Django's
-- bookkeeping, versions of rows that are recorded themselves, sums of them, records of commits, and
-- what a queue notes of itself.
CREATE OR REPLACE FUNCTION endpoints_effects_left_out(rel pg_class) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $function$
    SELECT CASE
        WHEN (rel).relkind = 'f' THEN 'foreign tables'
        WHEN (rel).relnamespace <> (SELECT relnamespace FROM pg_class
                                     WHERE oid = 'public.endpoints_endpoint'::regclass)
            THEN 'other schemas'
        WHEN 2 = (SELECT count(*) FROM pg_attribute AS a
                   WHERE a.attrelid = (rel).oid AND a.attname IN ('pgh_obj_id', 'pgh_context_id'))
            THEN 'versions of the history'
        WHEN (rel).relname LIKE 'endpoints\_%'
          OR (rel).relname LIKE 'procrastinate\_%' AND (rel).relname <> 'procrastinate_jobs'
          OR (rel).relname LIKE 'sales\_rollup\_%'
          OR (rel).relname IN ('django_migrations', 'django_session', 'django_admin_log',
                               'django_content_type', 'auth_permission', 'idempotency_record',
                               'history_removal', 'usage_keyhour', 'usage_refusal')
            THEN 'bookkeeping'
    END
$function$;

-- Appends one written row, as a line of JSON, to what READ_EFFECTS reads.
--
-- It is kept in settings, because a transaction, or a part of one, that is rolled back takes them
-- back with its rows. "portico.effects" says for how long: for the 'transaction' or the 'session'.
-- Full parts of 8,000 characters are put aside: one long setting would be copied for each row (1,000
-- rows took 3.4 s). Columns that the session's role or "portico.effects_reader" may neither read nor
-- insert are named without a value. Who acted stands in the context of a history: the rest of it,
-- its ids, times and address, differs between any two requests.
CREATE OR REPLACE FUNCTION endpoints_note_effect() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $function$
DECLARE
    is_local boolean := current_setting('portico.effects') = 'transaction';
    seen text := coalesce(current_setting('portico.effects_seen', true), '');
    parts integer;
    hidden text[];
    written jsonb;
    line text;
BEGIN
    -- *= compares the bytes: types without equality, such as json, have rows as well.
    IF TG_OP = 'UPDATE' AND OLD *= NEW OR seen = 'too many' THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(array_agg(a.attname::text ORDER BY a.attname), '{}') INTO hidden
      FROM pg_attribute AS a
     WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped
       AND EXISTS (SELECT FROM pg_roles AS r
                    WHERE r.rolname IN (session_user,
                                        current_setting('portico.effects_reader', true))
                      AND NOT has_column_privilege(r.oid, a.attrelid, a.attnum, 'SELECT')
                      AND NOT has_column_privilege(r.oid, a.attrelid, a.attnum, 'INSERT'));
    IF TG_OP = 'DELETE' THEN
        written := to_jsonb(OLD) - hidden;
    ELSIF TG_OP <> 'TRUNCATE' THEN
        written := to_jsonb(NEW) - hidden;
    END IF;
    IF TG_TABLE_NAME = 'pghistory_context' THEN
        hidden := '{}';
        written := jsonb_build_object(
            'metadata', jsonb_strip_nulls(to_jsonb(NEW)->'metadata') - 'url' - 'request_id');
    END IF;
    line := jsonb_build_object('table', TG_TABLE_NAME, 'action', lower(TG_OP),
                               'row', written, 'hidden', hidden)::text || E'\n';
    IF seen <> '' AND length(seen) + length(line) > 8000 THEN
        parts := coalesce(nullif(current_setting('portico.effects_parts', true), ''), '0')::int + 1;
        PERFORM set_config('portico.effects_part_' || parts, seen, is_local),
                set_config('portico.effects_parts', parts::text, is_local);
        seen := '';
    END IF;
    -- 125 parts are 1 MB at least; a longer line would make that many more.
    PERFORM set_config(
        'portico.effects_seen',
        CASE WHEN parts > 125 OR length(line) > 64000 THEN 'too many' ELSE seen || line END,
        is_local);
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    -- The write is a caller's: it must not fail because it could not be recorded.
    PERFORM set_config('portico.effects_seen', 'too many', is_local);
    RETURN NULL;
END
$function$;
