"""Make dry runs of writes on the edge, in a sandbox process, before Django does the real write."""

from dataclasses import dataclass

from api_edge.postgresql.database import Pool
from api_edge.rollout.call import ComparedCall
from api_edge.rollout.dispatch import WROTE_OUTSIDE_TRANSACTION
from api_edge.rollout.error_budgets import ErrorBudgets
from api_edge.rollout.observations import Observation
from api_edge.rollout.sandbox.processes import DryRunNotCompleted, SandboxProcesses
from api_edge.rollout.sandbox.worker import DRY_RUN_APPLICATION_NAME
from api_edge.settings import Settings
from shared_domain.rollout.dry_run_sql_store import TERMINATE_BACKEND
from shared_domain.rollout.wire import Verdict


@dataclass(frozen=True, slots=True)
class EdgeDryRuns:
    """Asks the edge for dry runs of writes that Django answers."""

    sandbox: SandboxProcesses
    settings: Settings
    #: The pool of shadow requests.
    pool: Pool
    budgets: ErrorBudgets

    async def run(self, call: ComparedCall) -> Observation | Verdict:
        """Return what the edge would answer and write, or why that is not known.

        When it returns, everything is rolled back and no lock is held.
        """
        if self.settings.has_foreign_database:
            # It could not be rolled back there.
            return Verdict.FOREIGN_DATA
        dry_run = call.dry_run_request(is_read=False, within_seconds=self.settings.dry_run_seconds)
        try:
            edge = await self.sandbox.run(dry_run)
        except DryRunNotCompleted as lost:
            await self._release_locks(lost.backend_pid)
            return Verdict.ABANDONED
        if isinstance(edge, Verdict):
            return edge
        if edge.is_unavailable and not edge.outcome.ways_out:
            return Verdict.ABANDONED
        if edge.is_success and not edge.has_used_transaction:
            why = WROTE_OUTSIDE_TRANSACTION.format(status=edge.outcome.response.status)
            await self.budgets.roll_back_to_django(call.context.endpoint, why)
        return edge

    async def _release_locks(self, backend_pid: int) -> None:
        """End the session of a lost sandbox process, so that Django need not wait for its locks.

        PostgreSQL itself notices only when its statement has ended.
        """
        if backend_pid:
            async with self.pool.connection() as connection:
                await connection.execute(
                    TERMINATE_BACKEND, {"pid": backend_pid, "name": DRY_RUN_APPLICATION_NAME}
                )
