"""Gives a request to one half, counts what it answered, and charges the edge for its failures."""

import time
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from api_edge.postgresql.database import Pool, Transaction
from api_edge.proxy.reverse_proxy import ReverseProxy
from api_edge.rollout.body_buffer import BufferedBody, ReplayableReceive
from api_edge.rollout.builds import RunningBuilds
from api_edge.rollout.canary import WroteOutsideTransaction, try_edge, wrote_outside_transaction
from api_edge.rollout.edge_endpoints import EdgeEndpoint
from api_edge.rollout.error_budgets import ErrorBudgets
from api_edge.rollout.findings_recorder import FindingsRecorder
from api_edge.rollout.guard import NewBuildGuard, ResponseGate
from api_edge.rollout.observations import (
    NotCompared,
    Observation,
    ResponseCapture,
    observe_response,
)
from shared_domain.idempotency import CommitOutcome
from shared_domain.rollout import Endpoint, Side

#: Source: the edge's own endpoints read no more than this of a body.
MOST_BODY_BYTES = 1024 * 1024

#: A call that nobody waited for is no failure of either half. Source: nginx's log has it so.
CALLER_HAS_GONE = 499

#: Why a write is an alarm that was answered with success and left no trace in its transaction.
WROTE_OUTSIDE_TRANSACTION = (
    "a write was answered {status} without using the transaction that it was given: what it did, "
    "if anything, could neither be compared nor rolled back"
)


@dataclass(frozen=True, slots=True)
class EdgeFailed:
    """The edge could not answer a guarded call: an error, no database, a broken answer."""


class Dispatcher:
    """Both halves, as callers meet them. ``ResponseCapture.milliseconds`` is how long one took."""

    def __init__(
        self,
        app: ASGIApp,
        reverse_proxy: ReverseProxy | None,
        pool: Pool,
        findings: FindingsRecorder,
        budgets: ErrorBudgets,
        builds: RunningBuilds,
        guard: NewBuildGuard,
    ) -> None:
        self._app = app
        self._reverse_proxy = reverse_proxy
        self._pool = pool
        self._findings = findings
        self._budgets = budgets
        self._builds = builds
        self._guard = guard

    async def proxy(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the site answer what is nobody's call, or no endpoint's."""
        if self._reverse_proxy is None:
            raise HTTPException(404)
        await self._reverse_proxy(scope, receive, send)

    async def send_to_django(
        self, endpoint: Endpoint, scope: Scope, receive: Receive, send: Send
    ) -> ResponseCapture:
        """Let the site answer; the status is 0 when the caller has gone."""
        capture, began_at, status = ResponseCapture(send), time.perf_counter(), 0
        try:
            await self.proxy(scope, receive, capture)
            # Whoever is still there is answered, if only with a 502.
            status = capture.status or CALLER_HAS_GONE
        finally:
            capture.milliseconds = _since(began_at, capture)
            self._findings.record_call(
                endpoint,
                Side.DJANGO,
                status,
                capture.milliseconds,
                is_guarded=scope["state"].get("is_shadow", False),
            )
            self._builds.record_release(endpoint, scope["state"].get("django_release"), status)
        await self._budgets.record_latency(
            endpoint, Side.DJANGO, capture.status, capture.milliseconds
        )
        return capture

    async def send_to_edge(
        self,
        endpoint: Endpoint,
        own: EdgeEndpoint,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        is_alone: bool = False,
    ) -> ResponseCapture:
        """Let the edge answer, without falling back to Django when it fails.

        An answer of a status class that has not been guarded yet is held back, and Django is asked,
        unless the edge ``is_alone``.
        """
        gate = ResponseGate(
            send, lambda status: is_alone or self._guard.allows_status(endpoint, status)
        )
        body = ReplayableReceive(receive)
        capture, began_at, status = ResponseCapture(gate), time.perf_counter(), 0
        scope["state"].setdefault("transaction", Transaction(self._pool))
        try:
            await self._app(own.scope_of(scope), body, capture)
            status = capture.status
        except ClientDisconnect:
            status = CALLER_HAS_GONE
            raise
        finally:
            capture.milliseconds = _since(began_at, capture)
            self._findings.record_call(endpoint, Side.EDGE, status, capture.milliseconds)
            if status == 0 or status >= 500:
                await self._record_edge_failure(endpoint, scope)
            await self._check_transaction(endpoint, scope, status)
        await self._budgets.record_latency(endpoint, Side.EDGE, status, capture.milliseconds)
        if gate.is_holding:
            if await self._can_fall_back(endpoint, scope, status):
                await self.send_to_django(endpoint, scope, body.replay(), send)
            else:
                await gate.flush()
        return capture

    async def try_edge_then_django(
        self, endpoint: Endpoint, own: EdgeEndpoint, scope: Scope, receive: Receive, send: Send
    ) -> ResponseCapture | None:
        """Let the edge answer, or Django in its place; None unless it was the edge, in full."""
        taken = BufferedBody(receive, scope)
        if not await taken.read_up_to(MOST_BODY_BYTES):
            # What cannot be given twice goes where it has always gone.
            await self.send_to_django(endpoint, scope, taken.receive(), send)
            return None
        capture, began_at = ResponseCapture(send), time.perf_counter()
        try:
            tried = await try_edge(
                self._app, own.scope_of(scope), taken.receive(), capture, pool=self._pool
            )
        except Exception as broken:
            # Something is stored, or may be: the partner has to hear of it, and Django must not.
            self._findings.record_call(endpoint, Side.EDGE, 0, _since(began_at))
            await self._record_edge_failure(endpoint, scope)
            if isinstance(broken, WroteOutsideTransaction):
                await self._check_transaction(endpoint, scope, broken.status)
            raise
        capture.milliseconds = _since(began_at)
        if tried.must_fall_back:
            self._findings.record_fallback(endpoint)
            try:
                await self.send_to_django(endpoint, scope, taken.receive(), send)
            finally:
                await self._record_edge_failure(endpoint, scope)
            return None
        status = tried.held.status
        is_permitted = tried.held.is_flushed or self._guard.allows_status(endpoint, status)
        if not is_permitted and await self._can_fall_back(endpoint, scope, status):
            await self.send_to_django(endpoint, scope, taken.receive(), send)
            return None
        await tried.held.flush()
        self._findings.record_call(endpoint, Side.EDGE, status, capture.milliseconds)
        await self._budgets.record_latency(endpoint, Side.EDGE, status, capture.milliseconds)
        await self._check_transaction(endpoint, scope, status)
        if tried.has_failed:
            await self._record_edge_failure(endpoint, scope)
            return None
        return capture

    async def call_django(self, scope: Scope, receive: Receive, send: Send) -> ResponseCapture:
        """Return the site's answer to a guarded call; the status is 0 when the caller has gone."""
        capture, began_at = ResponseCapture(send), time.perf_counter()
        await self.proxy(scope, receive, capture)
        capture.milliseconds = _since(began_at, capture)
        return capture

    async def call_edge(
        self, own: EdgeEndpoint, scope: Scope, receive: Receive, send: Send
    ) -> Observation | NotCompared | EdgeFailed:
        """Return the edge's answer to a guarded read."""
        capture, began_at = ResponseCapture(send), time.perf_counter()
        try:
            tried = await try_edge(
                self._app, own.scope_of(scope), receive, capture, pool=self._pool
            )
        except Exception:
            # It is logged where it was caught; Django answers, whatever it was.
            return EdgeFailed()
        if tried.has_failed:
            return EdgeFailed()
        capture.milliseconds = _since(began_at)
        await tried.held.flush()
        return observe_response(capture, scope)

    def record_release(self, endpoint: Endpoint, scope: Scope, django: ResponseCapture) -> None:
        """Remember the release with which the site has answered a guarded call."""
        status = django.status or CALLER_HAS_GONE
        self._builds.record_release(endpoint, scope["state"].get("django_release"), status)

    async def record_edge_response(self, endpoint: Endpoint, edge: Observation) -> None:
        """Count a guarded call that the edge has answered."""
        status = edge.outcome.response.status
        self._findings.record_call(endpoint, Side.EDGE, status, edge.milliseconds)
        await self._budgets.record_latency(endpoint, Side.EDGE, status, edge.milliseconds)

    async def record_django_response(self, endpoint: Endpoint, django: ResponseCapture) -> None:
        """Count a guarded call that Django has answered."""
        status = django.status or CALLER_HAS_GONE
        self._findings.record_call(
            endpoint, Side.DJANGO, status, django.milliseconds, is_guarded=True
        )
        await self._budgets.record_latency(
            endpoint, Side.DJANGO, django.status, django.milliseconds
        )

    async def fell_back(self, endpoint: Endpoint, scope: Scope) -> None:
        """Count a guarded call that the edge could not answer, and charge it for that."""
        self._findings.record_fallback(endpoint)
        await self._record_edge_failure(endpoint, scope)

    async def _can_fall_back(self, endpoint: Endpoint, scope: Scope, status: int) -> bool:
        """Return whether Django can answer instead of the edge, because nothing is stored.

        The class of the status was not guarded yet. From now on it is.
        """
        build = self._builds.current_build(endpoint)
        if build is not None:
            self._findings.record_guarded_call(endpoint, build, status, matched=0)
        return await scope["state"]["transaction"].resolve_outcome() is CommitOutcome.NOT_STORED

    async def _check_transaction(self, endpoint: Endpoint, scope: Scope, status: int) -> None:
        if wrote_outside_transaction(scope, status):
            await self._budgets.roll_back_to_django(
                endpoint, WROTE_OUTSIDE_TRANSACTION.format(status=status)
            )

    async def _record_edge_failure(self, endpoint: Endpoint, scope: Scope) -> None:
        if not scope["state"].get("database_unavailable"):
            await self._budgets.charge(endpoint, errors=1)


def _since(began_at: float, capture: ResponseCapture | None = None) -> float:
    """Return the milliseconds until the answer began, or until now."""
    ended_at = (capture.started_at if capture else 0.0) or time.perf_counter()
    return (ended_at - began_at) * 1000
