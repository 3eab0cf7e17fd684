"""Compare a write: one side makes a dry run before the other does the real write."""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from api_edge.postgresql.database import Pool
from api_edge.rollout.call import ComparedCall
from api_edge.rollout.comparator import Comparator
from api_edge.rollout.django_dry_runs import DjangoDryRuns
from api_edge.rollout.edge_dry_runs import EdgeDryRuns
from api_edge.rollout.observations import Observation
from api_edge.rollout.read_verdicts import ComparisonResult
from api_edge.rollout.request_recorder import RequestRecorder
from shared_domain.rollout import Side
from shared_domain.rollout.dry_run_sql_store import CHANGED_SINCE, CROSSED
from shared_domain.rollout.wire import Verdict
from shared_domain.rows import only_value


@dataclass(frozen=True, slots=True)
class WriteComparisons:
    """Compares the dry run of a write on one side with what the other side then did."""

    edge_dry_runs: EdgeDryRuns
    django_dry_runs: DjangoDryRuns
    #: The pool of shadow requests.
    pool: Pool
    comparator: Comparator
    request_recorder: RequestRecorder

    def select_dry_runs(self, side: Side) -> EdgeDryRuns | DjangoDryRuns:
        return self.edge_dry_runs if side is Side.EDGE else self.django_dry_runs

    async def compare(
        self,
        call: ComparedCall,
        *,
        dry_run_of: Side,
        tried: Observation,
        done: Observation,
        effects: str | None,
        began_at: float,
    ) -> ComparisonResult:
        """Compare ``tried``, the dry run, with ``done``, and return the recorded verdict.

        ``effects`` are the rows that the real write wrote, for ``parse_effects``. ``began_at`` is
        when the dry run began, by ``time.perf_counter``.
        """
        apart = timedelta(seconds=time.perf_counter() - began_at)
        is_of_edge = dry_run_of is Side.EDGE
        with_effects = done.with_effects(effects)
        if isinstance(with_effects, Verdict):
            django = done if is_of_edge else tried
            return self.comparator.record_skipped(call.context, with_effects, django=django)
        real = with_effects
        django, edge = (real, tried) if is_of_edge else (tried, real)
        outcome = replace(edge.outcome, apart=apart, ended_at=datetime.now(UTC))
        edge = replace(edge, outcome=outcome)

        async def try_again() -> Observation | None:
            again = await self.select_dry_runs(dry_run_of).run(call)
            return again if isinstance(again, Observation) else None

        found = await self.comparator.compare_write(
            call.context,
            (django, edge),
            dry_run_of=dry_run_of,
            try_again=try_again,
            was_crossed=lambda: self._was_crossed(call.context.request_id, tried=tried, done=real),
        )
        await self.request_recorder.record(call, django.outcome.response)
        return found

    async def _was_crossed(self, request_id: str, *, tried: Observation, done: Observation) -> bool:
        """Return whether another write came between a dry run and the real write after it."""
        if tried.snapshot is None:
            return False
        written = [effect.table for effect in tried.outcome.effects or ()]
        parameters = {"request_id": request_id, "snapshot": tried.snapshot, "tables": written}
        # Where the real write wrote rows, they tell; otherwise the tables of the dry run do.
        effects = done.outcome.effects
        has_written = bool(effects) or (effects is None and done.is_success)
        question = CHANGED_SINCE if written and not has_written else CROSSED
        async with self.pool.connection() as connection:
            row = await (await connection.execute(question, parameters)).fetchone()
        return bool(only_value(row))
