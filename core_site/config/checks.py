"""System check of Django: every SQL statement of the stores fits the migrated schema.

``manage.py check --database default`` runs it. It finds the statements by itself: each constant in
capitals of a module ``*sql_store`` whose text begins like a statement.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Sequence

from django.core.checks import Error, Tags, register
from django.db import ProgrammingError, connection
from django.db.migrations.executor import MigrationExecutor

import shared_domain
from core_site.postgresql.server import parse
from shared_domain.database import number_parameters

_STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")


def statements() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every statement, as in ``bookings.sql_store.INSERT``."""
    for module in pkgutil.walk_packages(shared_domain.__path__, "shared_domain."):
        if not module.name.endswith("sql_store"):
            continue
        constants = vars(importlib.import_module(module.name))
        for name, value in constants.items():
            is_public_constant = name.isupper() and not name.startswith("_")
            if is_public_constant and isinstance(value, str) and _STATEMENT.match(value):
                yield f"{module.name.removeprefix('shared_domain.')}.{name}", value


@register(Tags.database)
def statements_fit_the_schema(
    databases: Sequence[str] | None = None, **_options: object
) -> list[Error]:
    """Report each statement that PostgreSQL cannot parse against the migrated schema.

    PostgreSQL infers the types of the parameters. Nothing is checked while migrations are pending.
    """
    if "default" not in (databases or ()) or _is_behind():
        return []
    errors = []
    for name, statement in statements():
        try:
            numbered, _ = number_parameters(statement)
            parse(numbered)
        except (ProgrammingError, ValueError) as error:
            errors.append(
                Error(
                    f"shared_domain/{name} does not fit the schema: {str(error).strip()}",
                    hint="Was a table or column renamed? Change the statement in the same commit.",
                    id="portico.E001",
                )
            )
    return errors


def _is_behind() -> bool:
    """Return whether migrations are pending, as when ``migrate`` runs the checks first."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
