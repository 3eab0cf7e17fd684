"""The front door, put together: every endpoint, every error handler, listed by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from psycopg import Error
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Mount

from api_edge import documentation, health
from api_edge.database import make_pool
from api_edge.error_answers import (
    answer_database_trouble,
    answer_http,
    answer_refusal,
    answer_wrong_shape,
)
from api_edge.every_request import CallDeadline, EveryRequest
from api_edge.front_door.connections import Connections, raise_descriptor_limit
from api_edge.front_door.moving.door import FrontDoor, Moving
from api_edge.front_door.moving.own import LeftOver, OwnEndpoints
from api_edge.front_door.moving.sandbox.processes import SandboxProcesses
from api_edge.front_door.moving.second_opinions import MOST_AT_ONCE
from api_edge.front_door.pass_through import PassThrough, PastTheRoutes
from api_edge.front_door.site import Site
from api_edge.front_door.strict_http import StrictHttp
from api_edge.key_cache import KeyCache
from api_edge.listening import Listener
from api_edge.octo import availability, bookings, products, supplier
from api_edge.rate_limit import RateLimit
from api_edge.settings import Settings
from api_edge.v1 import users
from shared_domain.bounded_memory import BoundedMemory
from shared_domain.refusals import Refused

#: Products that a process remembers, for each partner apart.
MOST_PRODUCTS = 5_000


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; without ``settings``, from the environment.

    Raises:
        SettingsMistake: the environment lacks something, or holds something malformed.
    """
    settings = settings or Settings.from_environment()
    site = settings.django_url and Site(
        settings.django_url,
        connect_seconds=settings.site_connect_seconds,
        read_seconds=settings.site_read_seconds,
        limits=settings.limits,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        raise_descriptor_limit()
        # The server has begun none yet; with another server than ours, it means nothing.
        StrictHttp.open_connections = Connections(settings.limits, settings.trusted_proxies)
        sandbox = SandboxProcesses()
        if site:
            # Before anything is opened: what a dry run must not use, its process never has.
            sandbox.start(app, settings)
        async with (
            make_pool(settings) as pool,
            make_pool(settings, name="trials", size=MOST_AT_ONCE) as trial_pool,
        ):
            listener = Listener(settings.listening_url)
            app.state.pool = pool
            app.state.keys = KeyCache(listener, pool, lifetime_seconds=settings.key_cache_seconds)
            moving = Moving(
                app.state.behind_the_door,
                own=own,
                site=site or None,
                pass_through=pass_through,
                settings=settings,
                listener=listener,
                keys=app.state.keys,
                pool=pool,
                trial_pool=trial_pool,
                sandbox=sandbox,
            )
            await listener.start()
            await moving.start()
            app.state.moving = moving
            yield
            await moving.stop()
            await sandbox.stop()
            await listener.stop()
            if pass_through:
                await pass_through.close()

    app = FastAPI(
        title="Portico",
        version="1.0",
        description=documentation.INTRODUCTION,
        openapi_tags=documentation.TAGS,
        # Flat: an included router is matched twice for every request. The endpoint asked for
        # most often stands first.
        routes=[
            *bookings.router.routes,
            *availability.router.routes,
            *products.router.routes,
            *supplier.router.routes,
            *users.router.routes,
        ],
        lifespan=lifespan,
        openapi_url=f"{settings.edge_prefix}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Nothing listens to it, and asking whether anything does costs every request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        exception_handlers={
            Refused: answer_refusal,
            RequestValidationError: answer_wrong_shape,
            HTTPException: answer_http,
            Error: answer_database_trouble,
        },
    )
    # Behind the route of openapi.json, which FastAPI has added by now.
    app.router.routes += about_the_edge(settings.edge_prefix)
    own = OwnEndpoints(app.routes, prefixes=("/octo/", *settings.endpoint_prefixes))
    pass_through = None
    if site:
        # Asked last, when no route fits: native endpoints never notice it.
        pass_through = PassThrough(
            site, proxies=settings.trusted_proxies, edge_prefix=settings.edge_prefix
        )
        app.router.default = LeftOver(pass_through)
        app.add_middleware(PastTheRoutes, routes=app.routes, pass_through=pass_through)
    app.add_middleware(CallDeadline, seconds=settings.call_seconds)
    app.add_middleware(FrontDoor)
    app.add_middleware(
        RateLimit,
        limits=settings.limits,
        proxies=settings.trusted_proxies,
        prefixes=own.prefixes,
    )
    app.add_middleware(EveryRequest, proxies=settings.trusted_proxies)
    documentation.describe(app)
    app.state.settings = settings
    app.state.product_memory = BoundedMemory(most=MOST_PRODUCTS)
    return app


def about_the_edge(prefix: str) -> list[BaseRoute]:
    """Return the routes of health and documentation, below ``prefix`` if there is one.

    With a prefix, the site keeps its own ``/docs`` and ``/health``.
    """
    routes = [*health.router.routes, *documentation.router.routes]
    return [Mount(prefix, routes=routes)] if prefix else routes
