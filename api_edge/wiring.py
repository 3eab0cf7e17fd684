"""What the edge hands to its endpoints: stores on a database, and the time.

Reading: each statement stands alone, on whichever connection is free. Writing: one transaction
per request, which begins with the first statement, is committed before the answer is sent, and
is rolled back by any exception.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from api_edge.database import StatementByStatement, Transaction
from shared_domain.availability.sql_store import SqlAvailability
from shared_domain.bookings.sql_store import SqlBookings
from shared_domain.catalog.sql_store import SqlCatalog
from shared_domain.users.sql_store import SqlUsers


def current_time() -> datetime:
    """Return the moment that a request's rules are judged by."""
    return datetime.now(UTC)


async def reading_catalog(request: Request) -> SqlCatalog:
    state = request.app.state
    return SqlCatalog(StatementByStatement(state.pool), state.product_memory)


async def reading_availability(request: Request) -> SqlAvailability:
    state = request.app.state
    database = StatementByStatement(state.pool)
    return SqlAvailability(database, SqlCatalog(database, state.product_memory))


async def reading_bookings(request: Request) -> SqlBookings:
    state = request.app.state
    database = StatementByStatement(state.pool)
    catalog = SqlCatalog(database, state.product_memory)
    return SqlBookings(database, SqlAvailability(database, catalog))


async def writing_bookings(request: Request) -> AsyncIterator[SqlBookings]:
    state = request.app.state
    transaction = Transaction(state.pool, stamp=lambda: _stamp(request))
    try:
        catalog = SqlCatalog(transaction, state.product_memory)
        yield SqlBookings(transaction, SqlAvailability(transaction, catalog))
        await transaction.commit()
    finally:
        await transaction.close()


async def reading_users(request: Request) -> SqlUsers:
    return SqlUsers(StatementByStatement(request.app.state.pool))


async def writing_users(request: Request) -> AsyncIterator[SqlUsers]:
    transaction = Transaction(request.app.state.pool, stamp=lambda: _stamp(request))
    try:
        yield SqlUsers(transaction)
        await transaction.commit()
    finally:
        await transaction.close()


def _stamp(request: Request) -> str:
    """Return the statement that says in the history who is behind this transaction.

    Source: django-pghistory reads both settings in its triggers. The values stand in the text,
    which saves a trip to the database, so they must be what they say: a UUID and a number.
    """
    request_id, api_key_id = UUID(request.state.request_id), request.state.caller.api_key_id
    return (
        f"SELECT set_config('pghistory.context_id', '{request_id}', true),"
        " set_config('pghistory.context_metadata',"
        f""" '{{"api_key": {api_key_id:d}, "request_id": "{request_id}"}}', true)"""
    )


CatalogToRead = Annotated[SqlCatalog, Depends(reading_catalog)]
AvailabilityToRead = Annotated[SqlAvailability, Depends(reading_availability)]
BookingsToRead = Annotated[SqlBookings, Depends(reading_bookings)]
UsersToRead = Annotated[SqlUsers, Depends(reading_users)]

# Scope "function": by default FastAPI would commit only after the answer has been sent.
BookingsToWrite = Annotated[SqlBookings, Depends(writing_bookings, scope="function")]
UsersToWrite = Annotated[SqlUsers, Depends(writing_users, scope="function")]
