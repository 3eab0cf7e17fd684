"""What Django asks the server itself, rather than its tables."""

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper


def ping(cursor: CursorWrapper) -> None:
    """Wait for the server's answer to a statement that reads no table."""
    cursor.execute("SELECT 1")


def has_table(cursor: CursorWrapper, name: str) -> bool:
    """Return whether a table exists: another app alone may have been migrated, or back."""
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
    (exists,) = cursor.fetchone()
    return bool(exists)


def parse(statement: str) -> None:
    """Let PostgreSQL parse a statement with parameters ``$1``, ``$2``; run nothing.

    Raises:
        ProgrammingError: the schema lacks something that it names.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"PREPARE portico_check AS {statement}")
        cursor.execute("DEALLOCATE portico_check")
