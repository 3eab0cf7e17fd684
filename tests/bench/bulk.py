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


@contextmanager
def bulk_load(connection: "psycopg.Connection[Any]", table: str) -> Iterator[None]:
    """Let the block fill a table without its triggers; its indexes are built at the end, at once.

    The rows must be right: of a superuser's, foreign keys are not checked either. What the triggers
    keep beside each row, such as the history, is for the caller to write.
    """
    for setting in _SETTINGS:
        connection.execute(setting)
    is_superuser = connection.execute(
        "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    triggers = "ALL" if is_superuser == (True,) else "USER"
    indexes = connection.execute(_INDEXES, [table]).fetchall()
    connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER {triggers}")
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    yield
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for _, definition in indexes:
        connection.execute(definition)
    connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER {triggers}")
