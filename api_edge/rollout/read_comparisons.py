"""Compare a read: ask the side that did not answer the caller, and confirm what differs."""

from dataclasses import dataclass

from api_edge.postgresql.database import Pool
from api_edge.proxy.upstream import Upstream
from api_edge.rollout.call import ComparedCall
from api_edge.rollout.comparator import Comparator
from api_edge.rollout.confirmation_rounds import ConfirmationRounds, current_snapshot
from api_edge.rollout.observations import Observation
from api_edge.rollout.read_verdicts import ComparisonResult
from api_edge.rollout.request_recorder import RequestRecorder
from api_edge.rollout.sandbox.processes import SandboxProcesses
from shared_domain.rollout.wire import Verdict


@dataclass(frozen=True, slots=True)
class ReadComparisons:
    """Sends shadow requests for reads, and compares the responses of both sides."""

    sandbox: SandboxProcesses
    upstream: Upstream | None
    #: A pool for shadow requests alone; None where the data are in a foreign database.
    pool: Pool | None
    comparator: Comparator
    request_recorder: RequestRecorder

    async def current_snapshot(self) -> str | None:
        """Return PostgreSQL's snapshot before a read that the edge answers, if it is known."""
        return None if self.pool is None else await current_snapshot(self.pool)

    async def compare(
        self,
        call: ComparedCall,
        *,
        django: Observation | Verdict | None = None,
        edge: Observation | Verdict | None = None,
        snapshot_before: str | None = None,
    ) -> ComparisonResult:
        """Ask the side without an observation, and return the recorded verdict."""
        context = call.context
        rounds = ConfirmationRounds(
            self.sandbox, self.upstream, self.pool, call, snapshot_before=snapshot_before
        )
        try:
            first = await rounds.complete_pair(django, edge)
            if isinstance(first, Verdict):
                known = django if isinstance(django, Observation) else None
                return self.comparator.record_skipped(context, first, django=known)
            found = await self.comparator.compare_read(context, first, rounds)
        finally:
            await rounds.close_snapshot()
        if context.method == context.endpoint.method and not call.body:
            await self.request_recorder.record(call, first[0].outcome.response)
        return found
