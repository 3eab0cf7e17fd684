"""Route each request: find its endpoint, decide its route by stage, and pass it to a handler."""

import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from psycopg import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api_edge.auth.callers import CallerIdentifier
from api_edge.auth.key_cache import KeyCache
from api_edge.http.body_memory import BODY_MEMORY
from api_edge.http.exception_handlers import handle_database_error
from api_edge.postgresql.database import Pool
from api_edge.postgresql.pg_listener import PgListener
from api_edge.proxy.reverse_proxy import ReverseProxy
from api_edge.proxy.upstream import Upstream
from api_edge.request_state import request_state
from api_edge.rollout.body_buffer import BufferedBody
from api_edge.rollout.builds import RunningBuilds
from api_edge.rollout.call import Call
from api_edge.rollout.comparator import Comparator
from api_edge.rollout.dispatch import Dispatcher
from api_edge.rollout.django_dry_runs import DjangoDryRuns
from api_edge.rollout.edge_dry_runs import EdgeDryRuns
from api_edge.rollout.edge_endpoints import EdgeApplication, EdgeEndpoint, EdgeEndpoints
from api_edge.rollout.effects import effects_question
from api_edge.rollout.error_budgets import ErrorBudgets
from api_edge.rollout.findings_recorder import FindingsRecorder
from api_edge.rollout.guard import NewBuildGuard
from api_edge.rollout.guarded_reads import GuardedReads
from api_edge.rollout.on_demand import OnDemandComparison
from api_edge.rollout.read_comparisons import ReadComparisons
from api_edge.rollout.request_recorder import RequestRecorder
from api_edge.rollout.routes import Answerer, CallFacts, Comparison, Route, choose_route
from api_edge.rollout.sandbox.processes import SandboxProcesses
from api_edge.rollout.shadow_runner import ShadowRunner
from api_edge.rollout.shadowed_calls import ShadowedCalls
from api_edge.rollout.stage_cache import StageCache
from api_edge.rollout.write_comparisons import WriteComparisons
from api_edge.settings import Settings
from shared_domain.rollout import CallerName, Side, Stage


class StageRouter:
    """Routes each request by its endpoint's stage, and starts its comparison.

    Without Django (``reverse_proxy`` is None), the edge answers alone and still counts calls.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        edge_endpoints: EdgeEndpoints,
        builds: RunningBuilds,
        upstream: Upstream | None,
        reverse_proxy: ReverseProxy | None,
        settings: Settings,
        listener: PgListener,
        keys: KeyCache | None,
        pool: Pool,
        dry_run_pool: Pool,
        sandbox: SandboxProcesses,
    ) -> None:
        self._app = app
        self._edge_endpoints = edge_endpoints
        self._reverse_proxy = reverse_proxy
        self._callers = CallerIdentifier(settings.identify_caller, keys)
        # Without a shared key no request can ask for a comparison; hashes are this process's own.
        key = (settings.parity_key or secrets.token_hex(32)).encode()
        self._builds, self._pool = builds, pool
        self._guard = NewBuildGuard(builds)
        self._stages = StageCache(
            listener, pool, builds, self._guard, edge_endpoints=edge_endpoints.names
        )
        self._findings = FindingsRecorder(pool, builds, self._guard)
        budgets = ErrorBudgets(pool, self._stages)
        comparator = Comparator(
            self._findings,
            self._stages,
            budgets,
            builds,
            key=key,
            has_foreign_database=settings.has_foreign_database,
        )
        dispatcher = Dispatcher(
            app,
            reverse_proxy or _refuse_without_django,
            pool,
            self._findings,
            budgets,
            builds,
            self._guard,
        )
        self._shadows = shadows = ShadowRunner(self._findings, comparator)
        self._request_recorder = recorder = RequestRecorder(self._findings, key=key)
        self._django_dry_runs = DjangoDryRuns(upstream, settings, parity_key=key.decode())
        # Shadow requests have a pool of their own: they never take a connection from a caller.
        known_pool = None if settings.has_foreign_database else dry_run_pool
        reads = ReadComparisons(sandbox, upstream, known_pool, comparator, recorder)
        writes = WriteComparisons(
            EdgeDryRuns(sandbox, settings, dry_run_pool, budgets),
            self._django_dry_runs,
            dry_run_pool,
            comparator,
            recorder,
        )
        question = effects_question(key, settings.database_url)
        self._on_demand = OnDemandComparison(
            dispatcher, shadows, reads, writes, comparator, question
        )
        shadowed = ShadowedCalls(
            dispatcher, shadows, reads, writes, comparator, recorder, question, pool
        )
        guarded = GuardedReads(dispatcher, shadows, reads, comparator, app, pool)
        self._handlers: dict[Comparison, Callable[[Call], Awaitable[object]]] = {
            Comparison.NONE: dispatcher.answer,
            Comparison.RECORD_ONLY: shadowed.record_only,
            Comparison.SHADOW_READ: shadowed.answer_read,
            Comparison.EDGE_DRY_RUN: shadowed.answer_write,
            Comparison.DJANGO_DRY_RUN: shadowed.answer_write,
            Comparison.GUARDED_READ: guarded.answer,
            Comparison.ON_DEMAND: self._on_demand.answer,
        }

    async def start(self) -> None:
        """Read the stages, and begin to write findings to the database."""
        await self._stages.start()
        await self._findings.start()

    async def stop(self) -> None:
        """Cancel shadow requests, and write the findings that are left."""
        await self._shadows.stop()
        await self._stages.stop()
        await self._findings.stop()
        await self._builds.report_stop(self._pool)

    def is_on_demand_comparison(self, scope: Scope) -> bool:
        """Return whether a request asks for a comparison, and bears the parity key's token."""
        return self._on_demand.is_requested(scope["headers"])

    def has_endpoint(self, path: str) -> bool:
        """Return whether either side has an endpoint for GET at a path."""
        is_own = self._edge_endpoints.find("GET", path) is not None
        return is_own or self._stages.find("GET", path) is not None

    def find_template(self, method: str, path: str) -> str:
        """Return the path template of a call's endpoint, on either side; "" where there is none."""
        found = self._edge_endpoints.find(method, path) or self._stages.find(method, path)
        return found.path_template if found else ""

    @contextmanager
    def leave_waiting_uncounted(self) -> Iterator[None]:
        """Count a request as inactive in the block, where it waits for something to happen.

        A process with many active requests makes no comparisons.
        """
        self._shadows.active_requests -= 1
        try:
            yield
        finally:
            self._shadows.active_requests += 1

    async def identify_caller(self, scope: Scope) -> CallerName | None:
        """Return the name that the shop's own function gives the caller of an endpoint, if any."""
        if self._stages.find(scope["method"], scope["path"]) is None:
            return None
        await self._callers.identify(Request(scope))
        state = request_state(scope)
        return state.get("caller_name")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        state = request_state(scope)
        edge_endpoint = self._edge_endpoints.find(method, path)
        endpoint = self._stages.find(method, path)
        # There is no Django, or it is never asked for this path, even if it registered it.
        is_edge_only = self._reverse_proxy is None or self._reverse_proxy.is_edge_only(path)
        self._shadows.active_requests += 1
        try:
            with BODY_MEMORY.hold() as held:
                state["body_memory"] = held
                if endpoint is None or (is_edge_only and edge_endpoint is None):
                    await self._answer_unregistered(
                        edge_endpoint, scope, receive, send, is_edge_only=is_edge_only
                    )
                    return
                body = BufferedBody(receive, scope["headers"], held)
                call = Call(endpoint, edge_endpoint, scope, body, send, Route(Answerer.EDGE_ONLY))
                if not is_edge_only:
                    call = replace(call, route=await self._choose_route(call))
                await self._handlers[call.route.comparison](call)
        finally:
            self._shadows.active_requests -= 1

    async def _choose_route(self, call: Call) -> Route:
        """Collect the facts for the stage decision, and return its route after sampling."""
        endpoint = call.endpoint
        request = Request(call.scope)
        call.state["release_token"] = self._builds.release_token
        is_on_demand = endpoint.is_on_django and self._on_demand.is_requested(call.scope["headers"])
        is_canary = endpoint.stage is Stage.CANARY and call.edge_endpoint is not None
        name = await self._callers.identify(request, by_key=is_canary and not is_on_demand)
        side = endpoint.answered_by(name if is_canary and not is_on_demand else None)
        route = choose_route(
            CallFacts(
                stage=endpoint.stage,
                side=side,
                is_read=endpoint.is_read,
                has_edge_endpoint=call.edge_endpoint is not None,
                is_exact_method=call.is_exact_method,
                is_own_method=call.is_own_method,
                is_on_demand=is_on_demand,
                is_guarded=side is Side.EDGE and self._guard.should_guard(endpoint),
                can_dry_run_django=self._django_dry_runs.allows(endpoint),
                is_reverse_shadowed=endpoint.is_reverse_shadowed,
            )
        )
        if route.is_guarded and endpoint.stage is Stage.EDGE:
            # Otherwise Django would record a call that bypasses the edge.
            call.state["is_shadow"] = True
        is_left_out = (route.is_sampled and not self._shadows.should_sample(endpoint)) or (
            route.comparison is Comparison.RECORD_ONLY
            and not self._request_recorder.should_record(endpoint)
        )
        return route.without_comparison() if is_left_out else route

    async def _answer_unregistered(
        self,
        edge_endpoint: EdgeEndpoint | None,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        is_edge_only: bool,
    ) -> None:
        """Answer a request of no registered endpoint: pages, and all before the stages are read.

        Paths of endpoints are not left to the edge's routes: those would answer for another method
        of a path, and their patterns match a path that ends with a line feed.
        """
        path: str = scope["path"]
        if edge_endpoint is not None and (is_edge_only or self._stages.are_known):
            await self._app(edge_endpoint.scope(scope), receive, send)
        elif edge_endpoint is not None:
            # The stages have never been read. Guessing who answers could be twice wrong.
            response = await handle_database_error(Request(scope), OperationalError())
            await response(scope, receive, send)
        elif (
            not is_edge_only
            and self._reverse_proxy is not None
            and path.startswith(self._edge_endpoints.prefixes)
            and not self._stages.is_edge_only(path)
        ):
            await self._reverse_proxy(scope, receive, send)
        else:
            # The edge's pages are read only, and the server leaves the body of HEAD out.
            is_head = is_edge_only and scope["method"] == "HEAD"
            await self._app({**scope, "method": "GET"} if is_head else scope, receive, send)


class RolloutMiddleware:
    """Routes each request by the stage of its endpoint, once ``app.state.rollout`` is set."""

    def __init__(self, app: ASGIApp, *, edge_app: EdgeApplication) -> None:
        self.app = app
        edge_app.wrapped = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        router: StageRouter | None = getattr(scope["app"].state, "rollout", None)
        if scope["type"] != "http" or router is None:
            await self.app(scope, receive, send)
        else:
            await router(scope, receive, send)


async def _refuse_without_django(scope: Scope, receive: Receive, send: Send) -> None:
    raise HTTPException(404)
