"""Every row of a database as text, to be held against a later look."""

from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

#: What the front edge writes down about comparisons, after the answer, and that a transaction of
#: Django was committed, which says nothing of its work.
OF_THE_LEDGER = frozenset(
    {
        "idempotency_record",
        "endpoints_endpointhour",
        "endpoints_paritycheck",
        "endpoints_build",
        "endpoints_builddifference",
        "endpoints_difference",
        "endpoints_edgecalls",
        "endpoints_selftest",
        "endpoints_recording",
        "usage_keyhour",
        "usage_refusal",
    }
)

COUNTERS = ("site_called_at",)

TABLES = """
    SELECT c.oid::regclass::text, c.relname
      FROM pg_class c
     WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
       AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
       AND c.relnamespace::regnamespace::text NOT LIKE 'pg_toast%'
     ORDER BY 1
"""

Dump = dict[str, list[str]]


def whole_database(owner: "psycopg.Connection[tuple[Any, ...]]") -> Dump:
    """Return the rows of each table but the ledger's."""
    dump = {}
    for shown, name in owner.execute(TABLES).fetchall():
        if name not in OF_THE_LEDGER and not name.startswith("idempotency_record_"):
            rows = owner.execute(
                SQL("SELECT (to_jsonb(t) - %s::text[])::text FROM {} AS t ORDER BY 1").format(
                    Identifier(name)
                ),
                [list(COUNTERS)],
            )
            dump[shown] = [row[0] for row in rows.fetchall()]
    return dump


def everything_written(owner: "psycopg.Connection[tuple[Any, ...]]", prefix: str = "") -> str:
    """Return all rows of the tables whose names begin so, as one text."""
    texts = []
    for _, name in owner.execute(TABLES).fetchall():
        if name.startswith(prefix):
            rows = owner.execute(SQL("SELECT t::text FROM {} AS t").format(Identifier(name)))
            texts += [row[0] for row in rows.fetchall()]
    return "\n".join(texts)
