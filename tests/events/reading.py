"""Read the log of any database as the edge does."""

import asyncio
from collections.abc import Collection

from api_edge.postgresql.database import PsycopgDatabase, configure_connection, connection_arguments
from api_edge.postgresql.pool import Connection
from api_edge.settings import Settings
from shared_domain import events
from shared_domain.events import EventPage, PublishedType
from shared_domain.events.sql_store import SqlEventStore
from shared_domain.partners import Access


def read_from(
    url: str,
    after: int,
    *,
    access: Access,
    limit: int = 100,
    types: Collection[PublishedType] = (),
) -> EventPage:
    """Read one page on a connection of its own."""

    async def read() -> EventPage:
        async with await Connection.connect(url, **connection_arguments()) as connection:
            await configure_connection(connection, Settings(database_url=url))
            store = SqlEventStore(PsycopgDatabase(connection))
            return await events.read_events(
                after, types=types, limit=limit, access=access, store=store
            )

    return asyncio.run(read())
