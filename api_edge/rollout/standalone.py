"""Serve a shop's own FastAPI routes with the rollout in front, without Portico's endpoints.

::

    # shop/edge.py
    from api_edge.rollout.standalone import create_edge
    from shop.routes import router

    app = create_edge(router.routes)

It is served like Portico's edge (``gunicorn -k api_edge.proxy.worker.EdgeWorker
shop.edge:app``) and reads the same settings: ``DATABASE_URL``, ``DJANGO_URL``,
``PORTICO_ENDPOINT_PREFIXES``, ``PORTICO_EDGE_PREFIX``, ``PORTICO_IDENTIFY_CALLER``. An endpoint
takes its database from ``api_edge.wiring`` (``read_database``, ``write_transaction``), so that dry
runs can be rolled back. ``MOVING_A_SHOP.md`` beside this file shows it step by step.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

from fastapi import FastAPI
from psycopg import Error
from starlette.routing import BaseRoute, Mount

from api_edge import documentation, health
from api_edge.auth.key_cache import KeyCache
from api_edge.http.dialects import OCTO_PREFIX, V1_PREFIX
from api_edge.http.exception_handlers import handle_database_error
from api_edge.http.rate_limit import RateLimitMiddleware
from api_edge.http.request_id import DeadlineMiddleware, RequestIdMiddleware
from api_edge.postgresql.database import AutocommitDatabase, Pool, make_pool
from api_edge.postgresql.pg_listener import PgListener
from api_edge.proxy.connections import ConnectionLimiter
from api_edge.proxy.reverse_proxy import ReverseProxy, UnroutedPathBypass
from api_edge.proxy.strict_http import StrictHttpProtocol
from api_edge.proxy.upstream import Upstream
from api_edge.rollout.builds import RunningBuilds, edge_build
from api_edge.rollout.edge_endpoints import EdgeApplication, EdgeEndpoints, FallbackToUpstream
from api_edge.rollout.router import RolloutMiddleware, StageRouter
from api_edge.rollout.sandbox.processes import SandboxProcesses
from api_edge.rollout.shadow_runner import MOST_AT_ONCE
from api_edge.settings import Settings
from api_edge.usage.recorder import UsageRecorder
from api_edge.v1.events.log_watcher import LogWatcher
from api_edge.weather import WeatherForecasts, open_forecasts
from shared_domain.descriptor_limit import raise_descriptor_limit
from shared_domain.weather.sql_store import SqlWeatherStore

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]


def create_edge(
    routes: Iterable[BaseRoute],
    settings: Settings | None = None,
    *,
    title: str = "API",
    lifespan: Lifespan | None = None,
) -> FastAPI:
    """Build the application; without ``settings``, from the environment.

    Errors are FastAPI's own, ``{"detail": …}``, which are REST framework's as well. ``lifespan``
    surrounds the time in which the process serves, with its pool at ``app.state.pool``.

    Raises:
        InvalidSettings: the environment lacks something, or holds something malformed.
    """
    settings = settings or Settings.from_environment()
    app = FastAPI(
        title=title,
        routes=list(routes),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={Error: handle_database_error},
    )
    install_rollout(
        app, settings, prefixes=settings.endpoint_prefixes, has_keys=False, lifespan=lifespan
    )
    return app


def install_rollout(
    app: FastAPI,
    settings: Settings,
    *,
    prefixes: tuple[str, ...],
    has_keys: bool,
    lifespan: Lifespan | None = None,
) -> None:
    """Add the rollout's middlewares to ``app``; what no route fits is proxied to Django.

    Endpoints are the routes below ``prefixes``. With ``has_keys``, callers have Portico's API keys.
    """
    upstream = settings.django_url and Upstream(
        settings.django_url,
        connect_seconds=settings.django_connect_seconds,
        read_seconds=settings.django_read_seconds,
        limits=settings.limits,
        trusted_proxies=settings.trusted_proxies,
    )
    edge_app = EdgeApplication(app)

    @asynccontextmanager
    async def serving(app: FastAPI) -> AsyncIterator[None]:
        raise_descriptor_limit()
        # The server has begun none yet; with another server than ours, it means nothing.
        StrictHttpProtocol.connection_limiter = ConnectionLimiter(
            settings.limits, settings.trusted_proxies
        )
        sandbox = SandboxProcesses()
        if upstream:
            # Before anything is opened: what a dry run must not use, its process never has.
            sandbox.start(edge_app, settings)
        async with (
            make_pool(settings) as pool,
            make_pool(
                settings,
                name="reads",
                size=settings.read_pool_size,
                min_size=1,
                max_waiting=settings.most_waiting,
            ) as read_pool,
            make_pool(settings, name="dry-runs", size=MOST_AT_ONCE) as dry_run_pool,
            make_pool(settings, name="exports", size=settings.exports_at_once) as export_pool,
        ):
            listener = PgListener(settings.listening_url)
            keys = None
            if has_keys:
                keys = KeyCache(listener, pool, lifetime_seconds=settings.key_cache_seconds)
                app.state.log_watcher = log_watcher = LogWatcher(listener, read_pool)
            app.state.pool, app.state.keys = pool, keys
            app.state.read_pool, app.state.export_pool = read_pool, export_pool
            router = StageRouter(
                edge_app,
                edge_endpoints=edge_endpoints,
                builds=RunningBuilds(build, parity_key=settings.parity_key),
                upstream=upstream or None,
                reverse_proxy=reverse_proxy,
                settings=settings,
                listener=listener,
                keys=keys,
                pool=pool,
                dry_run_pool=dry_run_pool,
                sandbox=sandbox,
            )
            await listener.start()
            await router.start()
            app.state.rollout = router
            if has_keys:
                app.state.usage = usage = UsageRecorder(pool, router.find_template)
                await usage.start()
                await log_watcher.start()
            async with (
                _open_forecasts(settings, read_pool) if has_keys else nullcontext() as forecasts,
                lifespan(app) if lifespan else nullcontext(),
            ):
                app.state.weather = forecasts
                yield
            if has_keys:
                await log_watcher.stop()
                await usage.stop()
            await router.stop()
            await sandbox.stop()
            await listener.stop()
            if reverse_proxy:
                await reverse_proxy.close()

    app.router.lifespan_context = serving
    # FastAPI's own route would make the document on the event loop.
    app.openapi_url = f"{settings.edge_prefix}/openapi.json"
    app.router.routes += health_and_docs_routes(settings.edge_prefix)
    edge_endpoints = EdgeEndpoints(app.routes, prefixes=prefixes)
    build = edge_build(app.routes, settings.identify_caller)
    reverse_proxy = None
    if upstream:
        # Asked last, when no route fits: native endpoints never notice it.
        reverse_proxy = ReverseProxy(upstream, edge_prefix=settings.edge_prefix)
        app.router.default = FallbackToUpstream(reverse_proxy)
        app.add_middleware(UnroutedPathBypass, routes=app.routes, reverse_proxy=reverse_proxy)
    app.add_middleware(DeadlineMiddleware, seconds=settings.call_seconds)
    app.add_middleware(RolloutMiddleware, edge_app=edge_app)
    app.add_middleware(
        RateLimitMiddleware,
        limits=settings.limits,
        proxies=settings.trusted_proxies,
        prefixes=edge_endpoints.prefixes if has_keys else (),
    )
    app.add_middleware(
        RequestIdMiddleware,
        proxies=settings.trusted_proxies,
        partner_prefixes=(f"{OCTO_PREFIX}/", f"{V1_PREFIX}/") if has_keys else (),
    )
    app.state.settings = settings


def _open_forecasts(
    settings: Settings, pool: Pool
) -> AbstractAsyncContextManager[WeatherForecasts]:
    return open_forecasts(
        SqlWeatherStore(AutocommitDatabase(pool)),
        forecast_url=settings.weather_url,
        geocoding_url=settings.weather_geocoding_url,
        key=settings.weather_key,
        seconds=settings.weather_seconds,
    )


def health_and_docs_routes(prefix: str) -> list[BaseRoute]:
    """Return the routes of health and documentation, below ``prefix`` if there is one.

    With a prefix, Django keeps its own ``/docs`` and ``/health``.
    """
    routes = [*health.router.routes, *documentation.router.routes]
    return [Mount(prefix, routes=routes)] if prefix else routes
