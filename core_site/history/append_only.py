"""Seals the audit trail after each ``migrate``: it is append-only, and nothing switches it off.

Left alone, django-pghistory's triggers run with the rights of the role that changed the row, are
ignored when a session sets ``pgtrigger.ignore``, and let a transaction rewrite the context, with
the actor in it, of another one. ``append_only.sql`` changes that:

- The triggers run as the owner of the tables; nothing reads ``pgtrigger.ignore`` any more.
- A context is written once. A transaction that names one that says something else gets its own.
- Triggers refuse UPDATE, DELETE and TRUNCATE of every table of history, and of the log of events,
  to every role; an event gets its position, once. They are ENABLE ALWAYS, so
  ``session_replication_role`` counts for nothing.
- ``history_expire`` and ``history_erase`` take something out, and leave a row in
  ``history_removal``. ``manage.py grant_roles`` says which role may call them.
- Each table gets an index by age, so that ``history_expire`` reads only what it deletes.

The owner of the tables can drop a trigger, as can a superuser: Django runs as neither.

This is no migration, because later migrations of django-pgtrigger install its functions anew, and
because a new table of history has to be sealed without a line of its own.
"""

from pathlib import Path
from typing import Any

from django.db import connections

from core_site.postgresql.server import has_table

_SEALING = Path(__file__).with_name("append_only.sql")


def seal_after_migrate(*, using: str, plan: Any = None, **_: object) -> None:
    """Seal the history after ``migrate``; does nothing after ``flush``, which sends no plan."""
    if plan is None:
        return
    with connections[using].cursor() as cursor:
        if has_table(cursor, "history_removal"):
            cursor.execute(_SEALING.read_text())
