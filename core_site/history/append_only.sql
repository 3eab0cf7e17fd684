-- Run by append_only.py after every `migrate`, as the owner of the tables; running it again is harmless.

-- Every table that only grows: django-pghistory's versions and contexts, the outbox, our own logs.
CREATE OR REPLACE FUNCTION history_tables() RETURNS SETOF regclass
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $function$
    SELECT c.oid::regclass
      FROM pg_class AS c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
       AND (c.relname IN ('pghistory_context', 'events_event', 'endpoints_stagechange',
                          'history_removal', 'payments_entry', 'statements_partnerpayment')
            OR 2 = (SELECT count(*) FROM pg_attribute AS a
                     WHERE a.attrelid = c.oid AND a.attname IN ('pgh_obj_id', 'pgh_context_id')))
     ORDER BY c.relname
$function$;

-- Whether this transaction is inside history_expire() or history_erase().
CREATE OR REPLACE FUNCTION history_is_open() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $function$
    SELECT EXISTS (SELECT FROM history_removal
                    WHERE transaction_id = pg_current_xact_id_if_assigned()::text::bigint
                      AND finished_at IS NULL)
$function$;

CREATE OR REPLACE FUNCTION history_is_append_only() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
BEGIN
    IF history_is_open() THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only, % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'history_expire() and history_erase() take something out, on record.';
END
$function$;

-- Of an event only the position may change, once, from null. Only events_give_positions() does it:
-- no role that serves may update the table.
CREATE OR REPLACE FUNCTION history_takes_a_position() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
DECLARE
    numbered record := OLD;
BEGIN
    numbered.position := NEW.position;
    IF OLD.position IS NULL AND NEW.position IS NOT NULL AND NEW *= numbered
       OR history_is_open() THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only, % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'history_expire() and history_erase() take something out, on record.';
END
$function$;

-- django-pgtrigger asks this before each of its triggers runs. Its own guards of some of these
-- tables do not know the two functions; nothing else is ever ignored.
CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name name) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $function$
BEGIN
    RETURN trigger_name LIKE 'pgtrigger\_append\_only%' AND history_is_open();
END
$function$;

-- django-pghistory's triggers ask this for the context of a row. Its own version updates a context
-- that exists, whichever transaction wrote it.
CREATE OR REPLACE FUNCTION _pgh_attach_context() RETURNS uuid
LANGUAGE plpgsql SET search_path = public, pg_temp AS $function$
DECLARE
    named uuid := nullif(current_setting('pghistory.context_id', true), '')::uuid;
    said jsonb := nullif(current_setting('pghistory.context_metadata', true), '')::jsonb;
    stored jsonb;
BEGIN
    IF named IS NULL OR said IS NULL THEN
        RETURN NULL;
    END IF;
    -- The edge's role has no right on the accounts of staff.
    IF said ?| '{user,job}' AND NOT has_table_privilege(session_user, 'auth_user', 'SELECT') THEN
        RAISE EXCEPTION '% may not act for staff or for a job', session_user
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    LOOP
        SELECT metadata INTO stored FROM pghistory_context WHERE id = named;
        IF NOT FOUND THEN
            INSERT INTO pghistory_context (id, metadata, created_at, updated_at)
            VALUES (named, said, now(), now())
            ON CONFLICT (id) DO NOTHING;
            CONTINUE WHEN NOT FOUND;
            RETURN named;
        END IF;
        EXIT WHEN stored = said;
        -- Another transaction's, or what was said before a view added to it. All rows that say the
        -- same share one context.
        named := md5(named::text || said::text)::uuid;
    END LOOP;
    RETURN named;
END
$function$;

-- The log of stages names its actor in words. The edge writes to it when a budget is spent (BUDGET
-- in shared_domain/rollout/services.py).
CREATE OR REPLACE FUNCTION history_names_its_actor() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
BEGIN
    IF NEW.actor = 'budget' AND NOT NEW.is_forced
       OR has_table_privilege(session_user, 'auth_user', 'SELECT') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% may not act for staff', session_user
        USING ERRCODE = 'insufficient_privilege';
END
$function$;

-- Open the history to this transaction, on record; the caller closes it before it returns.
CREATE OR REPLACE FUNCTION history_open(action text, reason text) RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $function$
DECLARE
    opened bigint;
BEGIN
    IF coalesce(btrim(reason), '') = '' THEN
        RAISE EXCEPTION 'reason is empty: say why something is taken out of the history'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO history_removal (transaction_id, action, reason, role, actor, rows)
    VALUES (pg_current_xact_id()::text::bigint, action, reason, session_user,
            nullif(current_setting('pghistory.context_metadata', true), '')::jsonb, '{}')
    RETURNING id INTO opened;
    RETURN opened;
END
$function$;

-- Delete at most `most` rows of each table that are older than `before`, and the contexts that no
-- row refers to any more; return the number of rows by table.
CREATE OR REPLACE FUNCTION history_expire(before timestamptz, most integer) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
DECLARE
    removal bigint;
    history regclass;
    moment name;
    condition text;
    in_use text := '';
    removed bigint;
    removed_by_table jsonb := '{}';
BEGIN
    IF before IS NULL OR before > now() - interval '1 year' THEN
        RAISE EXCEPTION 'before is %: the history of the last year never expires', before
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    removal := history_open('expire', 'older than ' || before);
    FOR history, moment IN
        SELECT a.attrelid::regclass, a.attname
          FROM history_tables() AS name
          JOIN pg_attribute AS a ON a.attrelid = name
         WHERE a.attname = CASE name::text WHEN 'events_event' THEN 'created_at'
                                           ELSE 'pgh_created_at' END
         ORDER BY name::text
    LOOP
        -- What readers may still ask for stays: events_expire() comes first.
        condition := CASE history::text WHEN 'events_event'
                THEN ' AND position <= (SELECT expired_to FROM events_log)' ELSE '' END;
        EXECUTE format('DELETE FROM %1$s WHERE ctid = ANY (ARRAY('
                       'SELECT ctid FROM %1$s WHERE %2$I < $1%3$s LIMIT $2))',
                       history, moment, condition)
          USING before, most;
        GET DIAGNOSTICS removed = ROW_COUNT;
        removed_by_table := removed_by_table || jsonb_build_object(history::text, removed);
        IF moment = 'pgh_created_at' THEN
            in_use := in_use || format(
                ' AND NOT EXISTS (SELECT FROM %s WHERE pgh_context_id = context.id)', history);
        END IF;
    END LOOP;
    EXECUTE 'DELETE FROM pghistory_context WHERE ctid = ANY (ARRAY('
            'SELECT context.ctid FROM pghistory_context AS context WHERE context.created_at < $1'
            || in_use || ' LIMIT $2))'
      USING before, most;
    GET DIAGNOSTICS removed = ROW_COUNT;
    removed_by_table := removed_by_table || jsonb_build_object('pghistory_context', removed);
    IF EXISTS (SELECT FROM jsonb_each_text(removed_by_table) WHERE value <> '0') THEN
        UPDATE history_removal SET rows = removed_by_table, finished_at = now() WHERE id = removal;
    ELSE
        DELETE FROM history_removal WHERE id = removal;
    END IF;
    RETURN removed_by_table;
END
$function$;

-- Empty texts and JSON of the rows with these keys (pgh_id, or id in the outbox and the logs), and
-- return how many there were. Who did what and when, amounts and states stay.
CREATE OR REPLACE FUNCTION history_erase(
    history regclass, keys bigint[], columns text[], reason text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
DECLARE
    removal bigint;
    key name;
    emptied text;
    emptied_columns bigint;
    erased bigint;
BEGIN
    IF history IN ('pghistory_context'::regclass, 'history_removal'::regclass)
       OR history NOT IN (SELECT history_tables()) THEN
        RAISE EXCEPTION 'history is %: no table of history with texts of its own', history
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT string_agg(format('%I = %s', attname, CASE
               WHEN NOT attnotnull THEN 'NULL'
               WHEN atttypid = 'jsonb'::regtype THEN '''{}'''
               ELSE '''''' END), ', '), count(*)
      INTO emptied, emptied_columns
      FROM pg_attribute
     WHERE attrelid = history AND attname = ANY (columns) AND attname NOT LIKE 'pgh\_%'
       AND atttypid IN ('jsonb'::regtype, 'text'::regtype, 'varchar'::regtype);
    IF emptied IS NULL OR emptied_columns <> cardinality(columns) THEN
        RAISE EXCEPTION 'columns is %: each must be a text or JSON of %', columns, history
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT attname INTO key
      FROM pg_attribute
     WHERE attrelid = history AND attname IN ('pgh_id', 'id')
     ORDER BY attname DESC LIMIT 1;
    removal := history_open('erase', reason);
    EXECUTE format('UPDATE %s SET %s WHERE %I = ANY ($1)', history, emptied, key) USING keys;
    GET DIAGNOSTICS erased = ROW_COUNT;
    UPDATE history_removal
       SET rows = jsonb_build_object(history::text, erased), finished_at = now()
     WHERE id = removal;
    RETURN erased;
END
$function$;

DO $block$
DECLARE
    found record;
BEGIN
    -- Of the release before: it let any column be filled in.
    IF EXISTS (SELECT FROM pg_trigger WHERE tgname = 'history_is_filled_in_once') THEN
        DROP TRIGGER history_is_filled_in_once ON events_event;
    END IF;

    -- Each table of history gets its guard. A lock is taken only where one is missing.
    FOR found IN
        SELECT name, made.trigger, made.function, made.definition
          FROM history_tables() AS name
         CROSS JOIN LATERAL (
                SELECT 'history_is_append_only' AS trigger, 'history_is_append_only' AS function,
                       CASE name::text
                       WHEN 'events_event' THEN 'BEFORE DELETE OR TRUNCATE ON events_event'
                       ELSE format('BEFORE UPDATE OR DELETE OR TRUNCATE ON %s', name)
                       END || ' FOR EACH STATEMENT' AS definition
                 UNION ALL
                SELECT 'history_takes_a_position', 'history_takes_a_position',
                       'BEFORE UPDATE ON events_event FOR EACH ROW'
                 WHERE name::text = 'events_event'
                 UNION ALL
                SELECT 'history_names_its_actor', 'history_names_its_actor',
                       'BEFORE INSERT ON endpoints_stagechange FOR EACH ROW'
                 WHERE name::text = 'endpoints_stagechange') AS made
         WHERE NOT EXISTS (SELECT FROM pg_trigger
                            WHERE tgrelid = name AND tgname = made.trigger AND tgenabled = 'A')
    LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER %I %s EXECUTE FUNCTION %I()',
                       found.trigger, found.definition, found.function);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', found.name, found.trigger);
    END LOOP;

    -- Rows lie in the order of their age, so an index of a few pages (BRIN) finds those that expire.
    FOR found IN
        SELECT name, a.attname AS moment, format('%s_age', name) AS index
          FROM history_tables() AS name
          JOIN pg_attribute AS a ON a.attrelid = name
         WHERE a.attname = CASE WHEN name::text IN ('events_event', 'pghistory_context')
                                THEN 'created_at' ELSE 'pgh_created_at' END
    LOOP
        EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %s USING brin (%I)'
                       ' WITH (autosummarize = on)', found.index, found.name, found.moment);
    END LOOP;

    -- The triggers of django-pgtrigger run as the owner: a role writes history by changing a row,
    -- and needs no right on a table of history for it. Installed anew, a function forgets this.
    FOR found IN
        SELECT DISTINCT p.oid::regprocedure AS name
          FROM pg_trigger AS t
          JOIN pg_proc AS p ON p.oid = t.tgfoid
         WHERE NOT t.tgisinternal AND p.pronamespace = 'public'::regnamespace
           AND p.proname LIKE 'pgtrigger\_%'
           AND NOT (p.prosecdef AND p.proconfig IS NOT NULL)
    LOOP
        EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = public, pg_temp',
                       found.name);
    END LOOP;

    -- Who may execute a trigger's function may put it on a table of their own and forge history.
    FOR found IN
        SELECT p.oid::regprocedure AS name
          FROM pg_proc AS p
         WHERE p.pronamespace = 'public'::regnamespace
           AND p.proname ~ '^(pgtrigger_|_pgtrigger_|_pgh_|history_)'
           AND has_function_privilege('public', p.oid, 'EXECUTE')
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', found.name);
    END LOOP;
END
$block$;
