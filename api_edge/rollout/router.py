"""Decides for each request which half answers it, and whether the other one is asked as well."""

import secrets

from psycopg import OperationalError
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api_edge.auth.key_cache import KeyCache
from api_edge.http.body_memory import BODY_MEMORY
from api_edge.http.exception_handlers import handle_database_error
from api_edge.postgresql.database import Pool
from api_edge.postgresql.pg_listener import PgListener
from api_edge.proxy.reverse_proxy import ReverseProxy
from api_edge.proxy.upstream import Upstream
from api_edge.rollout.body_buffer import BufferedBody, buffer_read_body
from api_edge.rollout.builds import RunningBuilds, report_stop
from api_edge.rollout.callers import CallerIdentifier
from api_edge.rollout.comparator import Comparator, ComparedCall
from api_edge.rollout.compared_writes import ComparedWrites
from api_edge.rollout.dispatch import Dispatcher
from api_edge.rollout.django_dry_runs import DjangoDryRuns
from api_edge.rollout.edge_endpoints import EdgeEndpoint, EdgeEndpoints
from api_edge.rollout.error_budgets import ErrorBudgets
from api_edge.rollout.findings_recorder import FindingsRecorder
from api_edge.rollout.guard import NewBuildGuard
from api_edge.rollout.guarded_reads import GuardedReads
from api_edge.rollout.observations import (
    MOST_COMPARED_BYTES,
    NotCompared,
    Observation,
    observe_response,
)
from api_edge.rollout.on_demand import OnDemandComparison
from api_edge.rollout.path_matcher import METHODS_LIKE_GET
from api_edge.rollout.sandbox.processes import SandboxProcesses
from api_edge.rollout.shadowing import ShadowRunner
from api_edge.rollout.stage_cache import StageCache
from api_edge.settings import Settings
from shared_domain.rollout import NO_RULES, CallerName, Endpoint, Response, Side, Stage


class StageRouter:
    """Everything that a request may need on its way through the stages.

    Without a site behind it, the edge answers what it has, and what it does is still counted.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        own: EdgeEndpoints,
        builds: RunningBuilds,
        site: Upstream | None,
        reverse_proxy: ReverseProxy | None,
        settings: Settings,
        listener: PgListener,
        keys: KeyCache | None,
        pool: Pool,
        dry_run_pool: Pool,
        sandbox: SandboxProcesses,
    ) -> None:
        self._app = app
        self._own = own
        self._reverse_proxy = reverse_proxy
        self._callers = CallerIdentifier(settings.identify_caller, keys)
        # Without a shared key nobody can ask for a comparison, and hashes are this process's own.
        key = (settings.parity_key or secrets.token_hex(32)).encode()
        self._builds, self._pool = builds, pool
        self._guard = NewBuildGuard(builds)
        self._stages = StageCache(listener, pool, builds, self._guard, own=own.names)
        self._findings = FindingsRecorder(pool, builds, self._guard)
        budgets = ErrorBudgets(pool, self._stages)
        self._comparator = comparator = Comparator(
            self._findings,
            self._stages,
            budgets,
            builds,
            key=key,
            has_foreign_database=settings.has_foreign_database,
        )
        self._dispatcher = Dispatcher(
            app, reverse_proxy, pool, self._findings, budgets, builds, self._guard
        )
        self._shadows = ShadowRunner(
            sandbox,
            site,
            settings.trusted_proxies,
            dry_run_pool,
            self._findings,
            comparator,
            rehearsal_seconds=settings.rehearsal_seconds,
            has_foreign_database=settings.has_foreign_database,
        )
        django_dry_runs = None
        if site is not None:
            django_dry_runs = DjangoDryRuns(
                site,
                settings.trusted_proxies,
                parity_key=key.decode(),
                database_url=settings.database_url,
                within_seconds=settings.rehearsal_seconds,
            )
        self._compared_writes = ComparedWrites(
            self._dispatcher,
            self._shadows,
            comparator,
            django_dry_runs=django_dry_runs,
            pool=pool,
        )
        self._at_once = OnDemandComparison(self._dispatcher, self._shadows, comparator, key=key)
        self._guarded_reads = GuardedReads(self._dispatcher, self._shadows, comparator)

    async def start(self) -> None:
        """Learn the stages, and begin to write down what happens."""
        await self._stages.start()
        await self._findings.start()

    async def stop(self) -> None:
        """Give up what nobody waits for, and write down what is left."""
        await self._shadows.stop()
        await self._stages.stop()
        await self._findings.stop()
        await report_stop(self._builds, self._pool)

    def is_on_demand_comparison(self, scope: Scope) -> bool:
        """Return whether it is a request for a comparison, from who knows the parity key."""
        return self._at_once.is_requested(scope)

    def has_endpoint(self, path: str) -> bool:
        """Return whether either half has an endpoint that can be read at a path."""
        is_own = self._own.find("GET", path) is not None
        return is_own or self._stages.find("GET", path) is not None

    async def identify_caller(self, scope: Scope) -> CallerName | None:
        """Return how the shop's own function names the caller of an endpoint, if it does."""
        if self._stages.find(scope["method"], scope["path"]) is None:
            return None
        await self._callers.identify(scope)
        name: CallerName | None = scope["state"].get("caller_name")
        return name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with BODY_MEMORY.hold() as held:
            scope["state"]["body_memory"] = held
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        own = self._own.find(scope["method"], scope["path"])
        endpoint = self._stages.find(scope["method"], scope["path"])
        self._shadows.active_requests += 1
        try:
            if self._reverse_proxy is None or self._reverse_proxy.is_edge_only(scope["path"]):
                # There is no other half, or it is never asked, whatever anybody has registered.
                await self._by_edge_alone(endpoint, own, scope, receive, send)
            elif endpoint is not None:
                await self._callers.identify(scope)
                self._builds.request_release(scope)
                await self._by_stage(endpoint, own, scope, receive, send)
            elif own is None:
                await self._by_nobody_known(scope, receive, send)
            elif self._stages.are_known:
                await self._app(own.scope_of(scope), receive, send)
            else:
                # It has never been told who answers this. Guessing could be twice wrong.
                answer = await handle_database_error(Request(scope), OperationalError())
                await answer(scope, receive, send)
        finally:
            self._shadows.active_requests -= 1

    async def _by_nobody_known(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is no endpoint of the edge, unless it belongs to the edge alone.

        The edge's routes are not asked: they would answer for another method of their path, and
        their patterns fit a path that ends with a line feed.
        """
        path: str = scope["path"]
        if path.startswith(self._own.prefixes) and not self._stages.is_edge_only(path):
            await self._dispatcher.proxy(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _by_stage(
        self,
        endpoint: Endpoint,
        own: EdgeEndpoint | None,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        if own is None:
            # Another process may have it already, or still; this one passes it on.
            if scope["method"] == endpoint.method and self._shadows.should_record(endpoint):
                await self._watched(endpoint, scope, receive, send)
            else:
                await self._dispatcher.send_to_django(endpoint, scope, receive, send)
            return
        is_own = _is_own_method(endpoint, scope)
        if is_own and endpoint.is_on_django and self._at_once.is_requested(scope):
            await self._at_once.answer(endpoint, own, scope, receive, send)
            return
        is_canary = endpoint.stage is Stage.CANARY
        name = await self._callers.find_name(scope) if is_canary else None
        if endpoint.answered_by(name) is Side.EDGE:
            # Before anything that may leave a call out: what is not compared is not the edge's.
            if self._guard.should_guard(endpoint):
                await self._guarded(endpoint, own, scope, receive, send)
            elif is_canary:
                await self._by_canary(endpoint, own, scope, receive, send)
            elif is_own and self._compared_writes.wants(endpoint):
                await self._compared_writes.answer(endpoint, own, scope, receive, send)
            else:
                await self._by_edge(endpoint, own, scope, receive, send)
            return
        has_shadow = endpoint.stage is Stage.SHADOW or is_canary
        if not (has_shadow and is_own and self._shadows.wants(endpoint)):
            await self._dispatcher.send_to_django(endpoint, scope, receive, send)
        elif endpoint.is_read:
            await self._shadowed(endpoint, own, scope, receive, send)
        else:
            await self._rehearsed(endpoint, own, scope, receive, send)

    async def _guarded(
        self, endpoint: Endpoint, own: EdgeEndpoint, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer a call of a build that has not agreed with Django often enough.

        A write is Django's, beside a dry run of the edge: what a wrong edge has stored could not
        be taken back.
        """
        if endpoint.stage is Stage.EDGE:
            # The site would take it for a call that does not go through the door.
            scope["state"]["is_shadow"] = True
        if not _is_own_method(endpoint, scope):
            await self._dispatcher.send_to_django(endpoint, scope, receive, send)
        elif endpoint.is_read:
            body = await buffer_read_body(scope, receive, most_bytes=MOST_COMPARED_BYTES)
            await self._guarded_reads.answer(endpoint, own, scope, body, send)
        else:
            await self._rehearsed(endpoint, own, scope, receive, send, is_guarded=True)

    async def _by_edge_alone(
        self,
        endpoint: Endpoint | None,
        own: EdgeEndpoint | None,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        if own is None:
            # Its pages and its health are read only, and the server leaves the body of HEAD out.
            is_head = scope["method"] == "HEAD"
            await self._app({**scope, "method": "GET"} if is_head else scope, receive, send)
        elif endpoint is None:
            await self._app(own.scope_of(scope), receive, send)
        else:
            await self._dispatcher.send_to_edge(endpoint, own, scope, receive, send, is_alone=True)

    async def _by_edge(
        self, endpoint: Endpoint, own: EdgeEndpoint, scope: Scope, receive: Receive, send: Send
    ) -> None:
        wants_shadow = (
            endpoint.is_reverse_shadowed
            and _can_be_asked_again(endpoint, scope)
            and self._shadows.wants(endpoint)
        )
        body = (
            await buffer_read_body(scope, receive, most_bytes=MOST_COMPARED_BYTES)
            if wants_shadow
            else None
        )
        snapshot_before = await self._shadows.current_snapshot() if body else None
        receive = body.receive() if body else receive
        capture = await self._dispatcher.send_to_edge(endpoint, own, scope, receive, send)
        if body:
            self._start_comparing(
                endpoint,
                own,
                scope,
                body,
                edge=observe_response(capture, scope),
                snapshot_before=snapshot_before,
            )

    async def _by_canary(
        self, endpoint: Endpoint, own: EdgeEndpoint, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if _is_own_method(endpoint, scope) and self._compared_writes.wants(endpoint):
            await self._compared_writes.answer(endpoint, own, scope, receive, send)
            return
        is_compared = _can_be_asked_again(endpoint, scope) and self._shadows.wants(endpoint)
        body = (
            await buffer_read_body(scope, receive, most_bytes=MOST_COMPARED_BYTES)
            if is_compared
            else None
        )
        snapshot_before = await self._shadows.current_snapshot() if body else None
        receive = body.receive() if body else receive
        capture = await self._dispatcher.try_edge_then_django(endpoint, own, scope, receive, send)
        if capture is not None and body:
            self._start_comparing(
                endpoint,
                own,
                scope,
                body,
                edge=observe_response(capture, scope),
                snapshot_before=snapshot_before,
            )

    async def _shadowed(
        self, endpoint: Endpoint, own: EdgeEndpoint, scope: Scope, receive: Receive, send: Send
    ) -> None:
        body = await buffer_read_body(scope, receive, most_bytes=MOST_COMPARED_BYTES)
        capture = await self._dispatcher.send_to_django(endpoint, scope, body.receive(), send)
        if capture.status:
            self._start_comparing(
                endpoint, own, scope, body, django=observe_response(capture, scope)
            )

    async def _watched(
        self, endpoint: Endpoint, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Pass it on, and keep it sanitised: so is known what an edge endpoint will have to do."""
        taken = BufferedBody(receive, scope)
        is_small = await taken.read_up_to(MOST_COMPARED_BYTES)
        capture = await self._dispatcher.send_to_django(endpoint, scope, taken.receive(), send)
        answer = capture.answer()
        if is_small and capture.is_whole and isinstance(answer, Response):
            self._shadows.start(
                ComparedCall.from_scope(endpoint, NO_RULES, scope),
                self._shadows.record_django_only(endpoint, scope, taken.body, answer),
            )

    async def _rehearsed(
        self,
        endpoint: Endpoint,
        own: EdgeEndpoint,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        is_guarded: bool = False,
    ) -> None:
        call = ComparedCall.from_scope(endpoint, own.rules, scope, is_guarded=is_guarded)
        taken = BufferedBody(receive, scope)
        if not await taken.read_up_to(MOST_COMPARED_BYTES):
            self._comparator.record_skipped(call, NotCompared.TOO_LARGE.value)
            await self._dispatcher.send_to_django(endpoint, scope, taken.receive(), send)
            return
        edge = await self._shadows.dry_run(call, scope, taken.body)
        if edge is not None:
            self._shadows.django_effects.request(scope)
        capture = await self._dispatcher.send_to_django(endpoint, scope, taken.receive(), send)
        if edge is None or not capture.status:
            return
        django = observe_response(capture, scope)
        if isinstance(django, NotCompared):
            self._comparator.record_skipped(call, django.value)
            return
        self._shadows.start(
            call,
            self._shadows.compare_write(call, own, scope, taken.body, django=django, edge=edge),
        )

    def _start_comparing(
        self,
        endpoint: Endpoint,
        own: EdgeEndpoint,
        scope: Scope,
        body: BufferedBody,
        *,
        django: Observation | NotCompared | None = None,
        edge: Observation | NotCompared | None = None,
        snapshot_before: str | None = None,
    ) -> None:
        call = ComparedCall.from_scope(endpoint, own.rules, scope)
        if not body.is_whole:
            self._comparator.record_skipped(call, NotCompared.TOO_LARGE.value)
            return
        self._shadows.start(
            call,
            self._shadows.compare_read(
                call,
                own,
                scope,
                body.body,
                django=django,
                edge=edge,
                snapshot_before=snapshot_before,
            ),
        )


class RolloutMiddleware:
    """The middleware: what partners call goes by its stage, everything else its usual way."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope["app"].state.behind_the_door = self.app
        moving: StageRouter | None = getattr(scope["app"].state, "rollout", None)
        if scope["type"] != "http" or moving is None:
            await self.app(scope, receive, send)
        else:
            await moving(scope, receive, send)


def _is_own_method(endpoint: Endpoint, scope: Scope) -> bool:
    """Return whether it is the endpoint's method, or one that reads as GET does."""
    method = scope["method"]
    return bool(method == endpoint.method or (endpoint.is_read and method in METHODS_LIKE_GET))


def _can_be_asked_again(endpoint: Endpoint, scope: Scope) -> bool:
    return endpoint.is_read and _is_own_method(endpoint, scope)
