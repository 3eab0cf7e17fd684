-- Run by effects.py after every `migrate`, as the owner of the tables; running it again is harmless.

-- Tables whose rows say nothing of what a request did: the registry's own, Django's bookkeeping,
-- versions of rows that are told themselves, records of commits, and what a queue notes of itself.
CREATE OR REPLACE FUNCTION endpoints_tells_effects_of(rel pg_class) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $function$
    SELECT (rel).relkind IN ('r', 'p') AND NOT (rel).relispartition
       AND (rel).relpersistence <> 't'
       AND (rel).relnamespace = (SELECT relnamespace FROM pg_class
                                  WHERE oid = 'public.endpoints_endpoint'::regclass)
       AND (rel).relname NOT LIKE 'endpoints\_%'
       AND (rel).relname NOT IN ('django_migrations', 'django_session', 'django_admin_log',
                                 'django_content_type', 'auth_permission', 'idempotency_record',
                                 'history_removal')
       AND ((rel).relname NOT LIKE 'procrastinate\_%' OR (rel).relname = 'procrastinate_jobs')
       AND 2 <> (SELECT count(*) FROM pg_attribute AS a
                  WHERE a.attrelid = (rel).oid AND a.attname IN ('pgh_obj_id', 'pgh_context_id'))
$function$;

-- Appends one written row to the setting "portico.effects_seen", as a line of JSON.
--
-- It is a setting, because a transaction, or a part of one, that is rolled back takes it back with
-- its rows. "portico.effects" says for how long it is kept: for the 'transaction' or the 'session'.
-- Columns that the role "portico.effects_reader" (otherwise the session's own) may neither read nor
-- insert are left out. Who acted stands in the context of a history: the rest of it, its ids, times
-- and address, differs between any two requests.
CREATE OR REPLACE FUNCTION endpoints_note_effect() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $function$
DECLARE
    seen text := coalesce(current_setting('portico.effects_seen', true), '');
    reader name := coalesce(
        to_regrole(nullif(current_setting('portico.effects_reader', true), ''))::text, session_user);
    written jsonb;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW OR seen = 'too many' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' THEN
        written := to_jsonb(OLD);
    ELSIF TG_OP <> 'TRUNCATE' THEN
        written := to_jsonb(NEW);
    END IF;
    IF TG_TABLE_NAME = 'pghistory_context' THEN
        written := jsonb_build_object(
            'metadata', jsonb_strip_nulls(written->'metadata') - 'url' - 'request_id');
    ELSE
        written := written - (
            SELECT coalesce(array_agg(a.attname::text), '{}')
              FROM pg_attribute AS a
             WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped
               AND NOT has_column_privilege(reader, a.attrelid, a.attnum, 'SELECT')
               AND NOT has_column_privilege(reader, a.attrelid, a.attnum, 'INSERT'));
    END IF;
    seen := seen || jsonb_build_object(
        'table', TG_TABLE_NAME, 'action', lower(TG_OP), 'row', written)::text || E'\n';
    PERFORM set_config(
        'portico.effects_seen',
        CASE WHEN length(seen) > 1000000 THEN 'too many' ELSE seen END,
        current_setting('portico.effects') = 'transaction');
    RETURN NULL;
END
$function$;

-- Only where they are missing: making one locks its table.
DO $do$
DECLARE
    missing record;
BEGIN
    FOR missing IN
        SELECT c.oid::regclass AS name
          FROM pg_class AS c
         WHERE endpoints_tells_effects_of(c)
           AND NOT EXISTS (SELECT FROM pg_trigger AS t
                            WHERE t.tgrelid = c.oid AND t.tgname = 'endpoints_effect')
    LOOP
        EXECUTE format(
            'CREATE TRIGGER endpoints_effect AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW'
            ' WHEN (current_setting(''portico.effects'', true) IN (''transaction'', ''session''))'
            ' EXECUTE FUNCTION endpoints_note_effect()', missing.name);
        EXECUTE format(
            'CREATE TRIGGER endpoints_effect_of_truncate AFTER TRUNCATE ON %s FOR EACH STATEMENT'
            ' WHEN (current_setting(''portico.effects'', true) IN (''transaction'', ''session''))'
            ' EXECUTE FUNCTION endpoints_note_effect()', missing.name);
    END LOOP;
END
$do$;
