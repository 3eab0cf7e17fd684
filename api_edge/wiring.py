"""FastAPI dependencies of the endpoints: stores on a database connection, and the time.

For reads each statement commits on its own (autocommit), on any free connection of their pool. For
writes there is one transaction per request: it begins with the first statement, is committed
before the response is sent, and is rolled back by any exception.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from api_edge.idempotency.calls import idempotent_call
from api_edge.postgresql.database import AutocommitDatabase, Transaction
from api_edge.postgresql.pool import UNNAMED
from api_edge.request_state import request_state
from shared_domain.audit_sql_store import set_audit_context
from shared_domain.availability.sql_store import SqlAvailabilityStore
from shared_domain.bookings.sql_store import SqlBookingStore
from shared_domain.catalog.sql_store import SqlCatalogStore
from shared_domain.database import Database
from shared_domain.events.sql_store import SqlEventStore
from shared_domain.messages.sql_store import SqlMessageStore
from shared_domain.notifications.sql_store import SqlSubscriptionStore
from shared_domain.partners import Caller
from shared_domain.users.sql_store import SqlUserStore
from shared_domain.weather.sql_store import SqlWeatherStore
from shared_domain.webhooks.deliveries.sql_store import SqlDeliveryStore
from shared_domain.webhooks.sql_store import SqlWebhookStore


def current_time() -> datetime:
    """Return the time in UTC, which endpoints pass to the services as ``now``."""
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


async def get_write_database(request: Request) -> AsyncIterator[Database]:
    async with write_transaction(request) as transaction:
        yield transaction


# Scope "function": by default FastAPI would commit only after the answer has been sent.
WriteDatabase = Annotated[Database, Depends(get_write_database, scope="function")]


async def get_write_bookings(request: Request, database: WriteDatabase) -> SqlBookingStore:
    catalog = SqlCatalogStore(database, request.app.state.product_memory)
    return SqlBookingStore(database, SqlAvailabilityStore(database, catalog))


async def get_write_messages(database: WriteDatabase) -> SqlMessageStore:
    return SqlMessageStore(database)


async def get_read_users(request: Request) -> SqlUserStore:
    return SqlUserStore(read_database(request))


async def get_write_users(database: WriteDatabase) -> SqlUserStore:
    return SqlUserStore(database)


async def get_read_weather(request: Request) -> SqlWeatherStore:
    return SqlWeatherStore(read_database(request))


async def get_read_webhooks(request: Request) -> SqlWebhookStore:
    return SqlWebhookStore(read_database(request))


async def get_write_webhooks(database: WriteDatabase) -> SqlWebhookStore:
    return SqlWebhookStore(database)


async def get_read_deliveries(request: Request) -> SqlDeliveryStore:
    return SqlDeliveryStore(read_database(request))


async def get_write_deliveries(database: WriteDatabase) -> SqlDeliveryStore:
    return SqlDeliveryStore(database)


async def get_read_subscriptions(request: Request) -> SqlSubscriptionStore:
    return SqlSubscriptionStore(read_database(request))


async def get_write_subscriptions(database: WriteDatabase) -> SqlSubscriptionStore:
    return SqlSubscriptionStore(database)


async def get_write_events(database: WriteDatabase) -> SqlEventStore:
    return SqlEventStore(database)


def read_database(request: Request) -> Database:
    """Return the database of an endpoint that only reads: autocommit, or the dry run's own."""
    state = request_state(request.scope)
    # A search may be a POST: that it wrote nothing is no alarm then (``answering``).
    state["has_read"] = True
    dry_run: Transaction | None = state.get("dry_run_transaction")
    return dry_run or AutocommitDatabase(request.app.state.read_pool)


@asynccontextmanager
async def write_transaction(request: Request) -> AsyncIterator[Database]:
    """Run a block in the transaction of an endpoint that writes, and commit it at the end.

    The rollout router may have set another transaction for the request: that of a dry run, which
    is always rolled back, or one whose commit outcome it will look up (``api_edge/rollout``). With
    an idempotency key, the transaction stores the answer as well, or replays that of an earlier
    call (``api_edge/idempotency``).
    """
    state = request_state(request.scope)
    transaction: Transaction = (
        state.get("dry_run_transaction")
        or state.get("transaction")
        or Transaction(request.app.state.pool)
    )
    transaction.stamp = lambda: audit_context_sql(request)
    transaction.wanted_lock = lambda: (
        state.get("wanted_lock") or request.path_params.get("uuid", UNNAMED)
    )
    call = idempotent_call(request, transaction)
    try:
        yield transaction
        if call is not None:
            await call.store_answer()
        await transaction.commit()
    finally:
        await transaction.close()


def expect_lock(request: Request, *names: str | None) -> None:
    """Declare which row the request's transaction will lock, before its first statement.

    Writes that wait for one row get a part of the write connections only. A request for one booking
    is identified by its path.
    """
    request_state(request.scope)["wanted_lock"] = "/".join(name or "" for name in names)


def audit_context_sql(request: Request) -> str:
    """Return the SQL that sets the API key and request id that the audit trail records."""
    caller: Caller | None = getattr(request.state, "caller", None)
    # An adopting project identifies its callers otherwise; its history has its own context.
    return set_audit_context(
        request_id=UUID(request.state.request_id),
        api_key_id=caller.api_key_id if caller else None,
    )


ReadCatalog = Annotated[SqlCatalogStore, Depends(get_read_catalog)]
ReadAvailability = Annotated[SqlAvailabilityStore, Depends(get_read_availability)]
ReadBookings = Annotated[SqlBookingStore, Depends(get_read_bookings)]
ReadUsers = Annotated[SqlUserStore, Depends(get_read_users)]
ReadWeather = Annotated[SqlWeatherStore, Depends(get_read_weather)]
ReadWebhooks = Annotated[SqlWebhookStore, Depends(get_read_webhooks)]
ReadDeliveries = Annotated[SqlDeliveryStore, Depends(get_read_deliveries)]
ReadSubscriptions = Annotated[SqlSubscriptionStore, Depends(get_read_subscriptions)]

WriteBookings = Annotated[SqlBookingStore, Depends(get_write_bookings)]
WriteMessages = Annotated[SqlMessageStore, Depends(get_write_messages)]
WriteUsers = Annotated[SqlUserStore, Depends(get_write_users)]
WriteWebhooks = Annotated[SqlWebhookStore, Depends(get_write_webhooks)]
WriteDeliveries = Annotated[SqlDeliveryStore, Depends(get_write_deliveries)]
WriteSubscriptions = Annotated[SqlSubscriptionStore, Depends(get_write_subscriptions)]
WriteEvents = Annotated[SqlEventStore, Depends(get_write_events)]
