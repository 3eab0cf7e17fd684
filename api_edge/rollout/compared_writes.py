"""Writes that the edge does for real, compared with a dry run of Django just before.

That is what compares them in the stages canary and edge: in shadow it is the other way round
(``ShadowRunner.dry_run``).
"""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from starlette.types import Receive, Scope, Send

from api_edge.postgresql.database import Pool
from api_edge.rollout.body_buffer import BufferedBody
from api_edge.rollout.comparator import Comparator, ComparedCall
from api_edge.rollout.dispatch import MOST_BODY_BYTES, Dispatcher
from api_edge.rollout.django_dry_runs import DjangoDryRuns, DryRunSkipped
from api_edge.rollout.edge_endpoints import EdgeEndpoint
from api_edge.rollout.effects import TooManyEffects, parse_effects
from api_edge.rollout.observations import (
    MOST_COMPARED_BYTES,
    NotCompared,
    Observation,
    ResponseCapture,
    observe_response,
)
from api_edge.rollout.read_verdicts import ComparisonResult
from api_edge.rollout.recorded_transaction import RecordedTransaction
from api_edge.rollout.shadowing import ShadowRunner
from shared_domain.rollout import Endpoint, Outcome, Side, Stage


class ComparedWrites:
    """Asks Django first, lets the edge answer, and compares when its answer is out."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        shadows: ShadowRunner,
        comparator: Comparator,
        *,
        django_dry_runs: DjangoDryRuns | None,
        pool: Pool,
    ) -> None:
        """``pool`` is the one of callers: the edge's write is real."""
        self._dispatcher = dispatcher
        self._shadows = shadows
        self._comparator = comparator
        self._django_dry_runs = django_dry_runs
        self._pool = pool

    def wants(self, endpoint: Endpoint) -> bool:
        """Return whether this write of the edge is one of the sample, and Django can try it."""
        return (
            not endpoint.is_read
            and endpoint.is_on_django
            and endpoint.stage in (Stage.CANARY, Stage.EDGE)
            and self._django_dry_runs is not None
            and not self._comparator.has_foreign_database
            and self._django_dry_runs.allows(endpoint)
            and self._shadows.wants(endpoint)
        )

    async def answer(
        self,
        endpoint: Endpoint,
        own: EdgeEndpoint,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        """Have Django try a write, let the edge do it and answer, and compare the two."""
        call = ComparedCall.from_scope(endpoint, own.rules, scope)
        taken = BufferedBody(receive, scope)
        is_whole = await taken.read_up_to(MOST_BODY_BYTES)
        if not is_whole or len(taken.body) > MOST_COMPARED_BYTES:
            self._comparator.record_skipped(call, NotCompared.TOO_LARGE.value)
            if is_whole or endpoint.stage is Stage.EDGE:
                await self._answer_by_edge(endpoint, own, scope, taken.receive(), send)
            else:
                # A canary has to be given it twice.
                await self._dispatcher.send_to_django(endpoint, scope, taken.receive(), send)
            return
        began_at = time.perf_counter()
        with self._shadows.count_running(endpoint):
            django = await self._tried(call, scope, taken.body)
        if isinstance(django, DryRunSkipped):
            self._comparator.record_skipped(call, django.verdict)
            await self._answer_by_edge(endpoint, own, scope, taken.receive(), send)
            return
        transaction = scope["state"]["transaction"] = RecordedTransaction(self._pool)
        capture = await self._answer_by_edge(endpoint, own, scope, taken.receive(), send)
        if capture is None or not capture.status:
            return
        ended_at, apart = datetime.now(UTC), timedelta(seconds=time.perf_counter() - began_at)
        try:
            edge = observe_response(capture, scope)
            effects = parse_effects(transaction.recorded)
        except TooManyEffects:
            edge = NotCompared.TOO_LARGE
        if isinstance(edge, NotCompared):
            self._comparator.record_skipped(call, edge.value, django=django)
            return
        done = Outcome(edge.outcome.response, effects, apart=apart, ended_at=ended_at)
        edge = replace(edge, outcome=done)
        work = self._compare(call, own, scope, taken.body, django=django, edge=edge)
        self._shadows.start(call, work)

    async def _answer_by_edge(
        self, endpoint: Endpoint, own: EdgeEndpoint, scope: Scope, receive: Receive, send: Send
    ) -> ResponseCapture | None:
        if endpoint.stage is Stage.CANARY:
            return await self._dispatcher.try_edge_then_django(endpoint, own, scope, receive, send)
        return await self._dispatcher.send_to_edge(endpoint, own, scope, receive, send)

    async def _tried(
        self, call: ComparedCall, scope: Scope, body: bytes
    ) -> Observation | DryRunSkipped:
        """Return what Django would do; it has rolled back then."""
        if self._django_dry_runs is None:
            return DryRunSkipped("no dry run")
        return await self._django_dry_runs.run(call.endpoint, scope, body)

    async def _compare(
        self,
        call: ComparedCall,
        own: EdgeEndpoint,
        scope: Scope,
        body: bytes,
        *,
        django: Observation,
        edge: Observation,
    ) -> ComparisonResult:
        async def try_again() -> Observation | None:
            again = await self._tried(call, scope, body)
            return again if isinstance(again, Observation) else None

        found = await self._comparator.compare_write(
            call,
            (django, edge),
            dry_run_of=Side.DJANGO,
            try_again=try_again,
            was_crossed=lambda: self._shadows.was_crossed(call.request_id, tried=django, done=edge),
        )
        self._shadows.request_recorder.record(
            call.endpoint, own, scope, body, django.outcome.response
        )
        return found
