"""The same story on both databases: told in one transaction, which is then undone."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from django.db import transaction

from api_edge.postgresql.database import PsycopgDatabase, configure_connection, connection_arguments
from api_edge.postgresql.pool import Connection
from api_edge.settings import Settings
from core_site.database import DjangoDatabase
from shared_domain.database import Database
from shared_domain.run_now import run_now
from tests.harness.services import url_of_this_test

Result = TypeVar("Result")

#: What happens on a database, and what is to be said of it.
Story = Callable[[Database], Coroutine[Any, Any, Result]]

#: ``tell(story)`` runs a story on the database of the test's turn, and returns what it returns.
Teller = Callable[[Story[Any]], Any]


def on_djangos_connection(story: Story[Result]) -> Result:
    with transaction.atomic():
        result = run_now(story(DjangoDatabase()))
        transaction.set_rollback(True)
    return result


def on_async_psycopg(story: Story[Result]) -> Result:
    return asyncio.run(_on_a_connection_of_its_own(story))


async def _on_a_connection_of_its_own(story: Story[Result]) -> Result:
    url = url_of_this_test()
    async with await Connection.connect(url, **connection_arguments()) as connection:
        await configure_connection(connection, Settings(database_url=url))
        async with connection.transaction(force_rollback=True):
            return await story(PsycopgDatabase(connection))
