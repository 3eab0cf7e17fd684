"""Fill tables of a database with millions of rows in minutes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

#: For this transaction only: sorts of a million keys in memory, by several processes.
_SETTINGS = (
    "SET LOCAL maintenance_work_mem = '512MB'",
    "SET LOCAL work_mem = '256MB'",
    "SET LOCAL max_parallel_maintenance_workers = 2",
    "SET LOCAL jit = off",
)

#: Indexes that no constraint needs.
_INDEXES = """
SELECT index.relname, pg_get_indexdef(index.oid)
  FROM pg_index
  JOIN pg_class AS index ON index.oid = indexrelid
 WHERE indrelid = %s::regclass
   AND NOT indisunique
   AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = index.oid)
"""


_UNIQUE = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
 WHERE conrelid = %s::regclass AND contype = 'u'
"""


@contextmanager
def bulk_load(
    connection: "psycopg.Connection[Any]", table: str, *, is_unique: bool = False
) -> Iterator[None]:
    """Let the block fill a table without its triggers; its indexes are built at the end, at once.

    The rows must be right: of a superuser's, foreign keys are not checked either. What the triggers
    keep beside each row, such as the history, is for the caller to write. With ``is_unique`` no row
    is like another one, so that unique constraints are checked at the end as well.
    """
    for setting in _SETTINGS:
        connection.execute(setting)
    is_superuser = connection.execute(
        "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    triggers = "ALL" if is_superuser == (True,) else "USER"
    indexes = connection.execute(_INDEXES, [table]).fetchall()
    connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER {triggers}")
    constraints = connection.execute(_UNIQUE, [table]).fetchall() if is_unique else []
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    for name, _ in constraints:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for name, definition in constraints:
        connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    for _, definition in indexes:
        connection.execute(definition)
    connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER {triggers}")
