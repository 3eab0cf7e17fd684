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
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from psycopg import Error
from starlette.routing import BaseRoute, Mount, Route

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
    """Return the FastAPI application, configured by ``settings`` or else by the environment.

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
    edge_app = EdgeApplication(app)
    # FastAPI's own route would make the document on the event loop.
    app.openapi_url = f"{settings.edge_prefix}/openapi.json"
    app.router.routes += health_and_docs_routes(settings.edge_prefix)
    edge_endpoints = EdgeEndpoints(app.routes, prefixes=prefixes)
    build = edge_build(app.routes, settings.identify_caller)
    upstream = _find_upstream(settings)
    reverse_proxy = None
    if not upstream:
        # With Django, its landing page is there.
        app.router.routes.append(Route("/", documentation.redirect_to_swagger_ui))
    else:
        # Asked last, when no route fits: native endpoints never notice it.
        reverse_proxy = ReverseProxy(upstream, edge_prefix=settings.edge_prefix)
        app.router.default = FallbackToUpstream(reverse_proxy)
        app.add_middleware(UnroutedPathBypass, routes=app.routes, reverse_proxy=reverse_proxy)
    _add_middlewares(app, settings, edge_app, edge_endpoints, has_keys=has_keys)
    app.state.settings = settings

    @asynccontextmanager
    async def serve(app: FastAPI) -> AsyncIterator[None]:
        raise_descriptor_limit()
        # The server has begun none yet; with another server than ours, it means nothing.
        StrictHttpProtocol.connection_limiter = ConnectionLimiter(
            settings.limits, settings.trusted_proxies
        )
        # What has started is stopped in reverse, also after an error of a later start or stop.
        async with AsyncExitStack() as running:
            sandbox = SandboxProcesses()
            if upstream:
                # Before anything is opened: what a dry run must not use, its process never has.
                sandbox.start(edge_app, settings)
            running.push_async_callback(sandbox.stop)
            if reverse_proxy:
                running.push_async_callback(reverse_proxy.close)
            pools = await running.enter_async_context(_open_pools(settings))
            listener = PgListener(settings.listening_url)
            partners = PartnerServices(settings, listener, pools) if has_keys else None
            router = StageRouter(
                edge_app,
                edge_endpoints=edge_endpoints,
                builds=RunningBuilds(build, parity_key=settings.parity_key),
                upstream=upstream,
                reverse_proxy=reverse_proxy,
                settings=settings,
                listener=listener,
                keys=partners.keys if partners else None,
                pool=pools.writes,
                dry_run_pool=pools.dry_runs,
                sandbox=sandbox,
            )
            app.state.pool, app.state.read_pool = pools.writes, pools.reads
            await listener.start()
            running.push_async_callback(listener.stop)
            await router.start()
            running.push_async_callback(router.stop)
            app.state.rollout = router
            if partners:
                await running.enter_async_context(partners.running(app))
            if lifespan:
                await running.enter_async_context(lifespan(app))
            yield

    app.router.lifespan_context = serve


def _find_upstream(settings: Settings) -> Upstream | None:
    if not settings.django_url:
        return None
    return Upstream(
        settings.django_url,
        connect_seconds=settings.django_connect_seconds,
        read_seconds=settings.django_read_seconds,
        limits=settings.limits,
        trusted_proxies=settings.trusted_proxies,
    )


def _add_middlewares(
    app: FastAPI,
    settings: Settings,
    edge_app: EdgeApplication,
    edge_endpoints: EdgeEndpoints,
    *,
    has_keys: bool,
) -> None:
    """Add the middlewares of every request; the one that is added last runs first."""
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


@dataclass(frozen=True, kw_only=True)
class Pools:
    """The connection pools of an edge process; ``writes`` serves all that has no other."""

    writes: Pool
    reads: Pool
    dry_runs: Pool
    exports: Pool


@asynccontextmanager
async def _open_pools(settings: Settings) -> AsyncIterator[Pools]:
    async with (
        make_pool(settings) as writes,
        make_pool(
            settings,
            name="reads",
            size=settings.read_pool_size,
            min_size=1,
            max_waiting=settings.most_waiting,
        ) as reads,
        make_pool(settings, name="dry-runs", size=MOST_AT_ONCE) as dry_runs,
        make_pool(settings, name="exports", size=settings.exports_at_once) as exports,
    ):
        yield Pools(writes=writes, reads=reads, dry_runs=dry_runs, exports=exports)


class PartnerServices:
    """Services for callers with API keys: the keys, their usage, the log of events, forecasts."""

    def __init__(self, settings: Settings, listener: PgListener, pools: Pools) -> None:
        self._settings = settings
        self._pools = pools
        self._log_watcher = LogWatcher(listener, pools.reads)
        self.keys = KeyCache(listener, pools.writes, lifetime_seconds=settings.key_cache_seconds)

    @asynccontextmanager
    async def running(self, app: FastAPI) -> AsyncIterator[None]:
        """Run these services during the block, in ``app.state``, where ``rollout`` runs already."""
        usage = UsageRecorder(self._pools.writes, app.state.rollout.find_template)
        app.state.keys, app.state.log_watcher, app.state.usage = self.keys, self._log_watcher, usage
        app.state.export_pool = self._pools.exports
        async with AsyncExitStack() as running:
            await usage.start()
            running.push_async_callback(usage.stop)
            await self._log_watcher.start()
            running.push_async_callback(self._log_watcher.stop)
            app.state.weather = await running.enter_async_context(self._open_forecasts())
            yield

    def _open_forecasts(self) -> AbstractAsyncContextManager[WeatherForecasts]:
        return open_forecasts(
            SqlWeatherStore(AutocommitDatabase(self._pools.reads)),
            forecast_url=self._settings.weather_url,
            geocoding_url=self._settings.weather_geocoding_url,
            key=self._settings.weather_key,
            seconds=self._settings.weather_seconds,
        )


def health_and_docs_routes(prefix: str) -> list[BaseRoute]:
    """Return the routes of health and documentation, below ``prefix`` if there is one.

    With a prefix, Django keeps its own ``/docs`` and ``/health``.
    """
    routes = [*health.router.routes, *documentation.router.routes]
    return [Mount(prefix, routes=routes)] if prefix else routes
