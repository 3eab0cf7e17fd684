"""Find the tables and columns whose written rows cannot be compared, to report them as evidence."""

from typing import Any

from django.db import connections

from core_site.rollout.database import registry_alias
from shared_domain.rollout import Endpoint, ParityStats
from shared_domain.rollout.django_dry_run_sql_store import (
    HAS_EFFECT_FUNCTIONS,
    TABLES_WITHOUT_EFFECTS,
)


def _untracked_tables() -> dict[str, list[str]]:
    """Return the tables without a trigger for written rows, by the reason.

    Empty where no table has one: then comparisons are of responses only.
    """
    connection = connections[registry_alias()]
    with connection.cursor() as cursor:
        cursor.execute(HAS_EFFECT_FUNCTIONS)
        if not cursor.fetchone()[0]:
            return {}
        cursor.execute(TABLES_WITHOUT_EFFECTS)
        found = cursor.fetchall()
    unseen: dict[str, list[str]] = {}
    for table, why in found:
        unseen.setdefault(why or "no trigger, `migrate` makes it", []).append(table)
    return unseen


def untracked_writes(endpoint: Endpoint, seen: ParityStats) -> dict[str, Any]:
    """Return tables by the reason, and columns, that comparisons of a write cannot see."""
    if endpoint.is_read:
        return {"tables": {}, "columns": []}
    return {"tables": _untracked_tables(), "columns": list(seen.unseen_columns)}


def describe_untracked(endpoint: Endpoint, seen: ParityStats) -> str:
    """Return the same as a sentence; empty if there is none."""
    unseen = untracked_writes(endpoint, seen)
    columns = ", ".join(unseen["columns"])
    return "; ".join(
        [
            *(f"{why}: {', '.join(tables)}" for why, tables in unseen["tables"].items()),
            *([f"columns that the edge may not read: {columns}"] if columns else []),
        ]
    )
