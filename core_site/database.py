"""Django's own connection as the ``Database`` that services run on."""

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, Error, OperationalError, connections

from shared_domain import postgres
from shared_domain.database import Parameters, Row


class DjangoDatabase:
    """Runs a store's statements on Django's connection, inside the caller's transaction.

    Nothing here ever waits, so ``run_now`` can drive any service whose store is built on it.
    """

    def __init__(self, alias: str = DEFAULT_DB_ALIAS) -> None:
        self._alias = alias

    async def fetch_all(self, statement: str, parameters: Parameters) -> list[Row]:
        with connections[self._alias].cursor() as cursor:
            cursor.execute(statement, _adaptable(parameters))
            rows: list[Row] = cursor.fetchall()
        return rows

    async def fetch_one(self, statement: str, parameters: Parameters) -> Row | None:
        with connections[self._alias].cursor() as cursor:
            cursor.execute(statement, _adaptable(parameters))
            row: Row | None = cursor.fetchone()
        return row

    async def execute(self, statement: str, parameters: Parameters) -> int:
        with connections[self._alias].cursor() as cursor:
            cursor.execute(statement, _adaptable(parameters))
            touched: int = cursor.rowcount
        return touched


def _adaptable(parameters: Parameters) -> Mapping[str, Any]:
    # psycopg adapts more types than django-stubs knows, ours among them.
    return parameters


def is_transient(problem: Exception) -> bool:
    """Return whether an exception is an error of the database after which a retry may succeed.

    An error without an SQLSTATE comes from the client: the connection failed or was lost.
    """
    if not isinstance(problem, Error | psycopg.Error):
        return False
    sqlstate = getattr(problem.__cause__ or problem, "sqlstate", None)
    if sqlstate is None:
        return isinstance(problem, OperationalError | psycopg.OperationalError)
    return postgres.is_transient(sqlstate)
