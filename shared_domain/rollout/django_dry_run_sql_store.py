"""SQL of Django's part of a compared write: its dry runs, and the effects of its requests."""

from shared_domain.rollout.wire import (
    EFFECTS_PART_SETTING,
    EFFECTS_PARTS_SETTING,
    EFFECTS_READER_SETTING,
    EFFECTS_SEEN_SETTING,
    EFFECTS_SETTING,
)

HAS_REGISTRY = "SELECT to_regclass('endpoints_endpoint') IS NOT NULL"

#: To be formatted with the quoted name of a table; they call the function of ``effects.sql``.
CREATE_EFFECT_TRIGGERS = f"""
    CREATE OR REPLACE TRIGGER endpoints_effect
     AFTER INSERT OR UPDATE OR DELETE ON {{table}} FOR EACH ROW
      WHEN (current_setting('{EFFECTS_SETTING}', true) IN ('transaction', 'session'))
   EXECUTE FUNCTION endpoints_note_effect();
    CREATE OR REPLACE TRIGGER endpoints_effect_of_truncate
     AFTER TRUNCATE ON {{table}} FOR EACH STATEMENT
      WHEN (current_setting('{EFFECTS_SETTING}', true) IN ('transaction', 'session'))
   EXECUTE FUNCTION endpoints_note_effect()
"""

#: Tables of which ``effects.sql`` records no row, and why; an empty string where it should.
TABLES_WITHOUT_EFFECTS = """
    SELECT c.oid::regclass::text, coalesce(endpoints_effects_left_out(c), '')
      FROM pg_class AS c
     WHERE c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
       AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema$)'
       AND NOT EXISTS (SELECT FROM pg_trigger AS t
                        WHERE t.tgrelid = c.oid AND t.tgname = 'endpoints_effect'
                          AND t.tgenabled IN ('O', 'A'))
     ORDER BY 2, 1
"""

HAS_EFFECT_FUNCTIONS = "SELECT to_regproc('endpoints_effects_left_out') IS NOT NULL"

# Django records for a request, in whatever transactions its view makes.
RECORD_EFFECTS_OF_SESSION = f"""
    SELECT set_config('{EFFECTS_SETTING}', 'session', false),
           set_config('{EFFECTS_READER_SETTING}', %(reader)s, false),
           set_config('{EFFECTS_SEEN_SETTING}', '', false),
           set_config('{EFFECTS_PARTS_SETTING}', '', false),
           to_regproc('endpoints_note_effect') IS NOT NULL
"""

FORGET_EFFECTS_OF_SESSION = f"""
    SELECT set_config(name, '', false)
      FROM nullif(current_setting('{EFFECTS_PARTS_SETTING}', true), '') AS parts,
           generate_series(1, parts::int) AS n,
           concat('{EFFECTS_PART_SETTING}', n) AS name
     UNION ALL
    SELECT set_config(name, '', false)
      FROM unnest(ARRAY['{EFFECTS_SETTING}', '{EFFECTS_READER_SETTING}', '{EFFECTS_SEEN_SETTING}',
                        '{EFFECTS_PARTS_SETTING}']) AS name
"""

# What BEGIN of a dry run on Django's connection is followed by. transaction_timeout ends it under
# PostgreSQL 17 and newer, whatever it does; before, it ends when a statement, a lock or its
# idleness takes too long.
BEGIN_ON_DJANGO = f"""
    SELECT set_config('statement_timeout', %(ms)s::int::text, true),
           set_config('lock_timeout', greatest(1, %(ms)s::int / 4)::text, true),
           set_config('idle_in_transaction_session_timeout', (2 * %(ms)s::int)::text, true),
           set_config('portico.dry_run', %(mark)s, true),
           set_config('{EFFECTS_SETTING}', 'transaction', true),
           set_config('{EFFECTS_READER_SETTING}', %(reader)s, true),
           set_config('{EFFECTS_SEEN_SETTING}', '', true),
           set_config('{EFFECTS_PARTS_SETTING}', '', true),
           CASE WHEN current_setting('server_version_num')::int >= 170000
                THEN set_config('transaction_timeout', (4 * %(ms)s::int)::text, true) END,
           pg_current_snapshot()::text,
           to_regproc('endpoints_note_effect') IS NOT NULL
"""

# Advisory locks of the session would outlast the rollback.
END_ON_DJANGO = """
    SELECT current_setting('portico.dry_run', true), pg_advisory_unlock_all()
"""
