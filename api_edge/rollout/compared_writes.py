"""Writes that the edge does for real, compared with a dry run of Django just before.

That is what compares them in the stages canary and edge: in shadow it is the other way round
(``ShadowRunner.dry_run``).
"""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from api_edge.postgresql.database import Pool
from api_edge.rollout.call import Call
from api_edge.rollout.comparator import Comparator, ComparedCall
from api_edge.rollout.dispatch import MOST_BODY_BYTES, Dispatcher
from api_edge.rollout.django_dry_runs import DjangoDryRuns
from api_edge.rollout.effects import TooManyEffects, parse_effects
from api_edge.rollout.observations import (
    MOST_COMPARED_BYTES,
    Observation,
)
from api_edge.rollout.read_verdicts import ComparisonResult
from api_edge.rollout.recorded_transaction import RecordedTransaction
from api_edge.rollout.shadowing import ShadowRunner
from shared_domain.rollout import Endpoint, Outcome, Side, Stage
from shared_domain.rollout.wire import Verdict


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

    def can_dry_run(self, endpoint: Endpoint) -> bool:
        """Return whether a write that the edge answers can be compared with Django's dry run."""
        return (
            not endpoint.is_read
            and endpoint.is_on_django
            and endpoint.stage in (Stage.CANARY, Stage.EDGE)
            and self._django_dry_runs is not None
            and not self._comparator.has_foreign_database
            and self._django_dry_runs.allows(endpoint)
        )

    async def answer(self, call: Call) -> None:
        """Have Django make a dry run of a write, let the edge do it and answer, and compare."""
        is_whole = await call.body.read_up_to(MOST_BODY_BYTES)
        compared = ComparedCall.from_call(call)
        if not is_whole or len(compared.body) > MOST_COMPARED_BYTES:
            self._comparator.record_skipped(compared, Verdict.TOO_LARGE)
            await self._dispatcher.answer(call)
            return
        began_at = time.perf_counter()
        with self._shadows.count_running(call.endpoint):
            django = await self._dry_run(compared)
        if isinstance(django, Verdict):
            self._comparator.record_skipped(compared, django)
            await self._dispatcher.answer(call)
            return
        transaction = RecordedTransaction(self._pool)
        call.state["transaction"] = transaction
        capture = await self._dispatcher.answer(call)
        if capture is None or not capture.status:
            return
        ended_at, apart = datetime.now(UTC), timedelta(seconds=time.perf_counter() - began_at)
        try:
            edge = call.observe(capture)
            effects = parse_effects(transaction.recorded)
        except TooManyEffects:
            edge = Verdict.TOO_LARGE
        if isinstance(edge, Verdict):
            self._comparator.record_skipped(compared, edge, django=django)
            return
        done = Outcome(edge.outcome.response, effects, apart=apart, ended_at=ended_at)
        edge = replace(edge, outcome=done)
        self._shadows.start(compared, self._compare(compared, django=django, edge=edge))

    async def _dry_run(self, call: ComparedCall) -> Observation | Verdict:
        """Return what Django would do; it has rolled back then."""
        if self._django_dry_runs is None:
            return Verdict.NO_DRY_RUN
        return await self._django_dry_runs.run(call)

    async def _compare(
        self, call: ComparedCall, *, django: Observation, edge: Observation
    ) -> ComparisonResult:
        async def try_again() -> Observation | None:
            again = await self._dry_run(call)
            return again if isinstance(again, Observation) else None

        found = await self._comparator.compare_write(
            call,
            (django, edge),
            dry_run_of=Side.DJANGO,
            try_again=try_again,
            was_crossed=lambda: self._shadows.was_crossed(call.request_id, tried=django, done=edge),
        )
        self._shadows.request_recorder.record(call, django.outcome.response)
        return found
