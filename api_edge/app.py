"""Build the edge's FastAPI application: its routes and exception handlers, listed one by one."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from psycopg import Error
from starlette.exceptions import HTTPException

from api_edge import documentation
from api_edge.http.dialects import OCTO_PREFIX
from api_edge.http.exception_handlers import (
    handle_database_error,
    handle_http_exception,
    handle_refusal,
    handle_validation_error,
)
from api_edge.idempotency.calls import handle_replayed
from api_edge.introduction import INTRODUCTION
from api_edge.octo import availability, bookings, products, supplier
from api_edge.octo.notifications import endpoints as notifications
from api_edge.rollout.standalone import install_rollout
from api_edge.settings import Settings
from api_edge.v1 import users, weather, webhook_deliveries, webhook_endpoints
from api_edge.v1.booking_export import endpoint as booking_export
from api_edge.v1.events import endpoints as events
from shared_domain.catalog import ProductMemory
from shared_domain.idempotency import Replayed
from shared_domain.refusals import Refused

#: Products that a process remembers, for each partner apart.
MOST_PRODUCTS = 5_000


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the FastAPI application, configured by ``settings`` or else by the environment.

    Raises:
        InvalidSettings: the environment lacks something, or holds something malformed.
    """
    settings = settings or Settings.from_environment()
    app = FastAPI(
        title="Portico",
        version="1.0",
        description=INTRODUCTION,
        openapi_tags=documentation.TAGS,
        # Flat: an included router is matched twice for every request. The endpoint asked for
        # most often stands first.
        routes=[
            *bookings.router.routes,
            *availability.router.routes,
            *products.router.routes,
            *supplier.router.routes,
            *notifications.router.routes,
            *users.router.routes,
            *booking_export.router.routes,
            *webhook_endpoints.router.routes,
            *webhook_deliveries.router.routes,
            *events.router.routes,
            *weather.router.routes,
        ],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Nothing listens to it, and asking whether anything does costs every request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        exception_handlers={
            Refused: handle_refusal,
            Replayed: handle_replayed,
            RequestValidationError: handle_validation_error,
            HTTPException: handle_http_exception,
            Error: handle_database_error,
        },
    )
    install_rollout(
        app, settings, prefixes=(f"{OCTO_PREFIX}/", *settings.endpoint_prefixes), has_keys=True
    )
    documentation.describe(app)
    app.state.product_memory = ProductMemory(most=MOST_PRODUCTS)
    return app
