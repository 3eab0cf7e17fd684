"""SQL of dry runs, and of the effects (written rows) that PostgreSQL's triggers record.

The triggers (``core_site/rollout/effects.sql``) record while the setting ``portico.effects`` is on.
These statements are constants rather than methods: they travel together with BEGIN or COMMIT, so
that a compared write takes no further round trip.
"""

from shared_domain.rollout.wire import (
    EFFECTS_PART_SETTING,
    EFFECTS_PARTS_SETTING,
    EFFECTS_SEEN_SETTING,
    EFFECTS_SETTING,
)

#: Switches the triggers on until the transaction ends.
RECORD_EFFECTS = (
    f"SET LOCAL {EFFECTS_SETTING} = 'transaction';"
    f" SET LOCAL {EFFECTS_SEEN_SETTING} = ''; SET LOCAL {EFFECTS_PARTS_SETTING} = ''"
)

# One row in each line. NULL where there are no triggers, or where they have been switched off
# meanwhile.
READ_EFFECTS = f"""
    SELECT CASE
        WHEN to_regproc('endpoints_note_effect') IS NULL
          OR coalesce(current_setting('{EFFECTS_SETTING}', true), '') = '' THEN NULL
        WHEN current_setting('{EFFECTS_SEEN_SETTING}', true) = 'too many' THEN 'too many'
        ELSE concat((SELECT string_agg(part, '' ORDER BY n)
                       FROM generate_series(1, parts) AS n,
                            current_setting('{EFFECTS_PART_SETTING}' || n) AS part),
                    current_setting('{EFFECTS_SEEN_SETTING}', true)) END
      FROM CAST(nullif(current_setting('{EFFECTS_PARTS_SETTING}', true), '') AS int) AS parts
"""

#: Releases advisory locks of the session, which outlast a rollback.
UNLOCK_ALL = "SELECT pg_advisory_unlock_all()"

ROLL_BACK = f"ROLLBACK; {UNLOCK_ALL}"

CHECK_CONSTRAINTS = "SET CONSTRAINTS ALL IMMEDIATE"

#: Which transactions have ended and which are under way, of those that write: any write moves it.
CURRENT_SNAPSHOT = "SELECT pg_current_snapshot()::text"

BACKEND_PID = "SELECT pg_backend_pid()"

TERMINATE_BACKEND = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE pid = %(pid)s AND application_name = %(name)s
"""

CHANGED_SINCE = """
    SELECT endpoints_changed_since(%(tables)s, %(snapshot)s::pg_snapshot)
"""

CROSSED = """
    SELECT endpoints_crossed(%(request_id)s, %(snapshot)s::pg_snapshot)
"""


def begin_read(*, milliseconds: int) -> str:
    """Return the statements that begin the dry run of a read: PostgreSQL itself refuses a write."""
    return (
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
        f" SET LOCAL statement_timeout = {milliseconds:d};"
        " SELECT NULL"
    )


def begin_write(*, milliseconds: int, audit_context: str) -> str:
    """Return the statements that begin the dry run of a write; the last one answers its snapshot.

    It waits for no lock that a real write holds: it would hold up Django's.
    """
    return (
        f"BEGIN; SET LOCAL statement_timeout = {milliseconds:d};"
        f" SET LOCAL lock_timeout = {max(1, milliseconds // 4):d};"
        f" SET LOCAL idle_in_transaction_session_timeout = {4 * milliseconds:d};"
        f" {RECORD_EFFECTS}; {audit_context}; {CURRENT_SNAPSHOT}"
    )
