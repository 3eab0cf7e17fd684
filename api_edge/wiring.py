"""What the edge hands to its endpoints: stores on a database, and the time.

Reading: each statement stands alone, on whichever connection is free. Writing: one transaction
per request, which begins with the first statement, is committed before the answer is sent, and
is rolled back by any exception.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from api_edge.postgresql.database import AutocommitDatabase, Transaction
from api_edge.request_state import request_state
from shared_domain.audit_sql_store import set_audit_context
from shared_domain.availability.sql_store import SqlAvailabilityStore
from shared_domain.bookings.sql_store import SqlBookingStore
from shared_domain.catalog.sql_store import SqlCatalogStore
from shared_domain.database import Database
from shared_domain.partners import Caller
from shared_domain.users.sql_store import SqlUserStore


def current_time() -> datetime:
    """Return the moment that a request's rules are judged by."""
    return datetime.now(UTC)


async def get_read_catalog(request: Request) -> SqlCatalogStore:
    return SqlCatalogStore(read_database(request), request.app.state.product_memory)


async def get_read_availability(request: Request) -> SqlAvailabilityStore:
    database = read_database(request)
    return SqlAvailabilityStore(
        database, SqlCatalogStore(database, request.app.state.product_memory)
    )


async def get_read_bookings(request: Request) -> SqlBookingStore:
    database = read_database(request)
    catalog = SqlCatalogStore(database, request.app.state.product_memory)
    return SqlBookingStore(database, SqlAvailabilityStore(database, catalog))


async def get_write_bookings(request: Request) -> AsyncIterator[SqlBookingStore]:
    async with write_transaction(request) as transaction:
        catalog = SqlCatalogStore(transaction, request.app.state.product_memory)
        yield SqlBookingStore(transaction, SqlAvailabilityStore(transaction, catalog))


async def get_read_users(request: Request) -> SqlUserStore:
    return SqlUserStore(read_database(request))


async def get_write_users(request: Request) -> AsyncIterator[SqlUserStore]:
    async with write_transaction(request) as transaction:
        yield SqlUserStore(transaction)


def read_database(request: Request) -> Database:
    """Return the database for an endpoint that changes nothing."""
    state = request_state(request.scope)
    # A search may be a POST: that it wrote nothing is no alarm then (``answering``).
    state["has_read"] = True
    trial: Transaction | None = state.get("dry_run_transaction")
    return trial or AutocommitDatabase(request.app.state.pool)


@asynccontextmanager
async def write_transaction(request: Request) -> AsyncIterator[Database]:
    """Give the transaction of an endpoint that changes something, and commit it.

    The front door may have brought another one: a trial that never lasts, or one whose outcome it
    will ask for (``api_edge/rollout``).
    """
    state = request_state(request.scope)
    transaction: Transaction = (
        state.get("dry_run_transaction")
        or state.get("transaction")
        or Transaction(request.app.state.pool)
    )
    transaction.stamp = lambda: audit_context_sql(request)
    try:
        yield transaction
        await transaction.commit()
    finally:
        await transaction.close()


def audit_context_sql(request: Request) -> str:
    """Return the statement that tells the audit trail who is behind this transaction."""
    caller: Caller | None = getattr(request.state, "caller", None)
    # A shop of one's own knows its callers otherwise, and its history has its own context.
    return set_audit_context(
        request_id=UUID(request.state.request_id),
        api_key_id=caller.api_key_id if caller else None,
    )


ReadCatalog = Annotated[SqlCatalogStore, Depends(get_read_catalog)]
ReadAvailability = Annotated[SqlAvailabilityStore, Depends(get_read_availability)]
ReadBookings = Annotated[SqlBookingStore, Depends(get_read_bookings)]
ReadUsers = Annotated[SqlUserStore, Depends(get_read_users)]

# Scope "function": by default FastAPI would commit only after the answer has been sent.
WriteBookings = Annotated[SqlBookingStore, Depends(get_write_bookings, scope="function")]
WriteUsers = Annotated[SqlUserStore, Depends(get_write_users, scope="function")]
