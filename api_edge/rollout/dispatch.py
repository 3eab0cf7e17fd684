"""Send a call to Django or to the edge, count it, and charge the edge's error budget."""

import time
from dataclasses import dataclass

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

from api_edge.postgresql.database import Pool, Transaction
from api_edge.request_state import RequestState
from api_edge.rollout.buffered_response import BufferedResponse
from api_edge.rollout.builds import RunningBuilds
from api_edge.rollout.call import Call
from api_edge.rollout.canary import WroteOutsideTransaction, try_edge
from api_edge.rollout.error_budgets import ErrorBudgets
from api_edge.rollout.findings_recorder import FindingsRecorder
from api_edge.rollout.guard import NewBuildGuard
from api_edge.rollout.observations import ResponseCapture
from api_edge.rollout.routes import Answerer
from shared_domain.idempotency import CommitOutcome
from shared_domain.rollout import Endpoint, Side, may_be_guarded

#: Source: the edge's own endpoints read no more than this of a body.
MOST_BODY_BYTES = 1024 * 1024

#: The status of a call whose caller disconnected, a failure of neither side. Source: nginx, 499.
CLIENT_CLOSED_REQUEST = 499

#: Why an endpoint is rolled back whose write reported success without using its transaction.
WROTE_OUTSIDE_TRANSACTION = (
    "a write was answered {status} without using the transaction that it was given: what it did, "
    "if anything, could neither be compared nor rolled back"
)


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Sends a call to Django or to the edge, and counts the responses."""

    app: ASGIApp
    reverse_proxy: ASGIApp
    pool: Pool
    findings: FindingsRecorder
    budgets: ErrorBudgets
    builds: RunningBuilds
    guard: NewBuildGuard

    async def answer(self, call: Call) -> ResponseCapture | None:
        """Let the side of the call's route answer, and return its response.

        None where a canary fell back to Django, or the edge's response failed or is not complete.
        """
        answerer = call.route.answerer
        if answerer is Answerer.DJANGO:
            return await self.send_to_django(call)
        if answerer is Answerer.EDGE_THEN_DJANGO:
            return await self.try_edge_then_django(call)
        return await self.send_to_edge(call)

    async def send_to_django(self, call: Call, *, is_recorded: bool = True) -> ResponseCapture:
        """Proxy a call to Django, and count it; the status is 0 when the caller disconnected."""
        capture, began_at, status = ResponseCapture(call.send), time.perf_counter(), 0
        try:
            await self.reverse_proxy(call.scope, call.receive(), capture)
            # A caller that is still connected got a response, if only a 502.
            status = capture.status or CLIENT_CLOSED_REQUEST
        finally:
            capture.milliseconds = _milliseconds_since(began_at, capture)
            if is_recorded:
                is_guarded = call.state.get("is_shadow", False)
                await self.record_response(
                    call.endpoint, Side.DJANGO, status, capture.milliseconds, is_guarded=is_guarded
                )
                self.record_release(call.endpoint, call.state, status)
        return capture

    async def send_to_edge(self, call: Call) -> ResponseCapture:
        """Let the edge answer, without falling back to Django when it fails.

        A response with a status class that the guard does not permit yet is held back, and Django
        answers instead, unless the edge has stored something, is alone, or was given a body that is
        too long to be kept for both.
        """
        is_alone = call.route.answerer is Answerer.EDGE_ONLY
        held = held_back = None
        if not is_alone and may_be_guarded(call.endpoint):
            held = BufferedResponse(
                call.send, lambda held: self.guard.allows_status(call.endpoint, held.status)
            )
        capture, began_at, status = ResponseCapture(held or call.send), time.perf_counter(), 0
        call.state.setdefault("transaction", Transaction(self.pool))
        try:
            receive = call.body.receive(keeps_bytes=MOST_BODY_BYTES if held else 0)
            await self.app(call.edge_scope(), receive, capture)
            if call.body.is_disconnected and not capture.is_whole:
                raise ClientDisconnect
            status = capture.status
            held_back = held if held and held.messages else None
        except ClientDisconnect:
            status = CLIENT_CLOSED_REQUEST
            raise
        finally:
            # A long poll waits because its caller asked it to.
            waited = 1000 * call.state.get("waited_seconds", 0.0)
            capture.milliseconds = _milliseconds_since(began_at, capture) - waited
            if held_back is None:
                await self.record_response(call.endpoint, Side.EDGE, status, capture.milliseconds)
            if status == 0 or status >= 500:
                await self._record_edge_failure(call.endpoint, call.state)
            if call.wrote_outside_transaction(status):
                await self._roll_back(call.endpoint, status)
        if held_back is not None:
            can_fall_back = await self._can_fall_back(call.endpoint, call.state, status)
            if can_fall_back and not call.body.is_lost:
                # Otherwise Django would record a call that bypasses the edge.
                call.state["is_shadow"] = True
                await self.send_to_django(call)
            else:
                await held_back.flush()
                await self.record_response(call.endpoint, Side.EDGE, status, capture.milliseconds)
        return capture

    async def try_edge_then_django(self, call: Call) -> ResponseCapture | None:
        """Let the edge answer, or Django instead; None unless the edge answered completely."""
        if not await call.body.read_up_to(MOST_BODY_BYTES):
            # Only a body that fits into memory can be sent to both.
            await self.send_to_django(call)
            return None
        began_at = time.perf_counter()
        try:
            attempt = await try_edge(self.app, call, pool=self.pool)
        except ClientDisconnect:
            milliseconds = _milliseconds_since(began_at)
            self.findings.record_call(call.endpoint, Side.EDGE, CLIENT_CLOSED_REQUEST, milliseconds)
            raise
        except Exception as broken:
            # Something is stored, or may be: the caller is told, and Django must not do it again.
            self.findings.record_call(call.endpoint, Side.EDGE, 0, _milliseconds_since(began_at))
            await self._record_edge_failure(call.endpoint, call.state)
            if isinstance(broken, WroteOutsideTransaction):
                await self._roll_back(call.endpoint, broken.status)
            raise
        capture = attempt.capture
        if attempt.must_fall_back:
            self.findings.record_fallback(call.endpoint)
            try:
                await self.send_to_django(call)
            finally:
                await self._record_edge_failure(call.endpoint, call.state)
            return None
        response, status = attempt.response, capture.status
        is_permitted = response.is_flushed or self.guard.allows_status(call.endpoint, status)
        if not is_permitted and await self._can_fall_back(call.endpoint, call.state, status):
            await self.send_to_django(call)
            return None
        await response.flush()
        await self.record_response(call.endpoint, Side.EDGE, status, capture.milliseconds)
        if call.wrote_outside_transaction(status):
            await self._roll_back(call.endpoint, status)
        if attempt.has_failed:
            await self._record_edge_failure(call.endpoint, call.state)
            return None
        return capture

    def record_release(self, endpoint: Endpoint, state: RequestState, status: int) -> None:
        """Record the release of Django's response."""
        self.builds.record_release(endpoint, state.get("django_release"), status)

    async def record_response(
        self,
        endpoint: Endpoint,
        side: Side,
        status: int,
        milliseconds: float,
        *,
        is_guarded: bool = False,
    ) -> None:
        """Count a side's response to a caller, and charge the error budget if the edge is slow."""
        self.findings.record_call(endpoint, side, status, milliseconds, is_guarded=is_guarded)
        if status != CLIENT_CLOSED_REQUEST:
            await self.budgets.record_latency(endpoint, side, status, milliseconds)

    async def record_fallback(self, endpoint: Endpoint, state: RequestState) -> None:
        """Count a guarded call that the edge could not answer, and charge its error budget."""
        self.findings.record_fallback(endpoint)
        await self._record_edge_failure(endpoint, state)

    async def _can_fall_back(self, endpoint: Endpoint, state: RequestState, status: int) -> bool:
        """Return whether Django can answer instead of the edge, because nothing is stored.

        The guard did not permit the status class yet; from now on it does.
        """
        build = self.builds.current_build(endpoint)
        if build is not None:
            self.findings.record_guarded_call(endpoint, build, status, matched=0)
        return await state["transaction"].resolve_outcome() is CommitOutcome.NOT_STORED

    async def _roll_back(self, endpoint: Endpoint, status: int) -> None:
        """Roll an endpoint back to ``django`` whose write did not use its transaction."""
        why = WROTE_OUTSIDE_TRANSACTION.format(status=status)
        await self.budgets.roll_back_to_django(endpoint, why)

    async def _record_edge_failure(self, endpoint: Endpoint, state: RequestState) -> None:
        """Charge the error budget, unless PostgreSQL was away."""
        if not state.get("database_unavailable"):
            await self.budgets.charge(endpoint, errors=1)


def _milliseconds_since(began_at: float, capture: ResponseCapture | None = None) -> float:
    """Return the milliseconds until the response began, or until now."""
    ended_at = (capture.started_at if capture else 0.0) or time.perf_counter()
    return (ended_at - began_at) * 1000
