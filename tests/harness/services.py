"""Run one service on Django's connection, or on an async connection of its own."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from api_edge.postgresql.database import PsycopgDatabase, connection_arguments
from api_edge.postgresql.pool import Connection
from core_site.database import DjangoDatabase
from shared_domain.partners import KeyStore
from shared_domain.partners.sql_store import SqlKeyStore
from shared_domain.run_now import run_now

Result = TypeVar("Result")


#: ``keys.do(lambda store: partners.revoke_key(…, store=store))``
Service = Callable[[KeyStore], Coroutine[Any, Any, Result]]


def url_of_this_test() -> str:
    """Return the address of the database that Django's own connection is on."""
    given = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    return make_conninfo(**{name: given[name] for name in names if given.get(name)})


@dataclass(frozen=True)
class Keys:
    """Runs one service in one committed transaction."""

    do: Callable[[Service[Any]], Any]


def on_djangos_connection(service: Service[Result]) -> Result:
    with transaction.atomic():
        return run_now(service(SqlKeyStore(DjangoDatabase())))


async def committed(service: Service[Result], *, url: str | None = None) -> Result:
    """Run one service in one transaction on an async connection of its own."""
    url = url or url_of_this_test()
    opened = await Connection.connect(url, **connection_arguments())
    async with opened, opened.transaction():
        await opened.execute("SET TIME ZONE 'UTC'")
        return await service(SqlKeyStore(PsycopgDatabase(opened)))


def on_async_psycopg(service: Service[Result]) -> Result:
    return asyncio.run(committed(service))
