"""What a database is made of, as PostgreSQL itself describes it: to compare two databases."""

import psycopg

#: Kind of object: a statement that returns the name and the definition of each. The order of a
#: table's columns is left out: statements name their columns.
_DEFINITIONS = {
    "column": """
        SELECT format('%I.%I', c.relname, a.attname),
               concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                         pg_get_expr(d.adbin, d.adrelid))
          FROM pg_attribute a
          JOIN pg_class c ON c.oid = a.attrelid
          LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
           AND a.attnum > 0 AND NOT a.attisdropped
    """,
    "constraint": """
        SELECT concat_ws(' ', conrelid::regclass, conname), pg_get_constraintdef(oid)
          FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace
    """,
    "index": """
        SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
          FROM pg_index
          JOIN pg_class c ON c.oid = indexrelid
         WHERE c.relnamespace = 'public'::regnamespace
    """,
    "trigger": """
        SELECT concat_ws(' ', tgrelid::regclass, tgname),
               concat_ws(' ', pg_get_triggerdef(oid), tgenabled)
          FROM pg_trigger
         WHERE NOT tgisinternal
    """,
    "function": """
        SELECT oid::regprocedure::text, pg_get_functiondef(oid)
          FROM pg_proc
         WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
    """,
}


def describe_schema(address: str) -> dict[str, str]:
    """Return the definition of every column, constraint, index, trigger and function by name."""
    with psycopg.connect(address) as connection:
        return {
            f"{kind} {name}": definition
            for kind, statement in _DEFINITIONS.items()
            for name, definition in connection.execute(statement).fetchall()
        }
