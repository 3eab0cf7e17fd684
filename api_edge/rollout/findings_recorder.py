"""Record counts, checks and differences in memory, and write them to PostgreSQL in batches.

A request only adds to what is in memory. Twice a second everything is written in one transaction.
While PostgreSQL is away, a bounded amount waits; beyond it, the oldest checks are forgotten and
counted as dropped. What PostgreSQL refuses for its content is left out: nothing waits behind it.
"""

import logging
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime
from operator import attrgetter

import psycopg

from api_edge.postgresql.batch_writer import BatchWriter
from api_edge.postgresql.commit_outcome import OutcomeUnknown
from api_edge.postgresql.database import Pool, Transaction
from api_edge.postgresql.pool import is_transient
from api_edge.rollout.builds import RunningBuilds
from api_edge.rollout.guard import NewBuildGuard
from api_edge.rollout.pending_findings import MOST_WAITING, PendingFindings
from shared_domain.database import Database
from shared_domain.rollout import Build, BuildId, Endpoint, Side, Stage
from shared_domain.rollout.findings_sql_store import (
    BEGIN_EXAMPLE,
    DROP_EXAMPLE,
    CheckRow,
    Counts,
    DifferenceRow,
    EdgeCalls,
    RecordedRequest,
    SqlFindingStore,
)
from shared_domain.rollout.guard_sql_store import Agreements, SqlGuardStore
from shared_domain.rollout.wire import Verdict

FLUSH_SECONDS = 0.5

#: The hourly count of each verdict; others have the name of their verdict.
COUNT_OF_VERDICT = {
    Verdict.MATCH: "matched",
    Verdict.MISMATCH: "mismatched",
}

#: Verdicts that no hour counts: there was room, and no other call would be compared either. Checks
#: tell of them (``not compared``).
UNCOUNTED_VERDICTS = frozenset({Verdict.FOREIGN_DATA, Verdict.NO_DRY_RUN})

logger = logging.getLogger(__name__)


class FindingsRecorder:
    """Records findings in memory without waiting, and writes them twice a second."""

    def __init__(self, pool: Pool, builds: RunningBuilds, guard: NewBuildGuard) -> None:
        self._pool = pool
        self._builds = builds
        self._guard = guard
        self._batch = PendingFindings()
        writer = BatchWriter(
            self.write, seconds=FLUSH_SECONDS, what="findings about endpoints", logger=logger
        )
        self.start, self.stop = writer.start, writer.stop

    def counts(self, endpoint: Endpoint) -> Counts:
        """Return this hour's counts of an endpoint, to be added to."""
        key = (endpoint.id, datetime.now(UTC).replace(minute=0, second=0, microsecond=0))
        return self._batch.counts.setdefault(key, Counts())

    def record_call(
        self,
        endpoint: Endpoint,
        side: Side,
        status: int,
        milliseconds: float,
        *,
        is_guarded: bool = False,
    ) -> None:
        """Count a caller's call and the side that answered it; a status of 0 stands for no answer.

        A guarded call in stage ``edge`` does not count as a call of Django's view, so that the view
        can be retired although the guard asks it.
        """
        counts = self.counts(endpoint)
        is_error = status == 0 or status >= 500
        if side is Side.EDGE:
            counts.edge_calls += 1
            counts.edge_errors += is_error
            counts.edge_ms += milliseconds
            if endpoint.is_on_django and endpoint.stage in (Stage.CANARY, Stage.EDGE):
                self._edge_calls(endpoint).calls += 1
        else:
            counts.django_calls += 1
            counts.django_errors += is_error
            counts.django_ms += milliseconds
            if not is_guarded or endpoint.stage is not Stage.EDGE:
                self._batch.django_called[endpoint.id] = datetime.now(UTC)

    def record_fallback(self, endpoint: Endpoint) -> None:
        """Count a canary's call that the edge failed and Django answers."""
        self.counts(endpoint).fell_back += 1
        self._edge_calls(endpoint).fell_back += 1

    def _edge_calls(self, endpoint: Endpoint) -> EdgeCalls:
        key = (endpoint.id, self._builds.current_build(endpoint), endpoint.stage_since)
        return self._batch.edge_calls.setdefault(key, EdgeCalls())

    def record_check(self, endpoint: Endpoint, check: CheckRow) -> None:
        """Record a comparison, or why a call was not compared."""
        counts = self.counts(endpoint)
        if check.verdict not in UNCOUNTED_VERDICTS:
            count = COUNT_OF_VERDICT.get(check.verdict, check.verdict.name.lower())
            setattr(counts, count, getattr(counts, count) + 1)
        counts.dropped += len(self._batch.checks) == MOST_WAITING
        self._batch.checks.append(check)

    def record_difference(self, found: DifferenceRow) -> None:
        """Record a difference; several of one kind at one path become one with a count."""
        self._batch.add_difference(found)

    def record_noise(self, endpoint: Endpoint, build: Build | None, path: str, kind: str) -> None:
        """Record that Django differs from itself at a path."""
        self._batch.noise.append((endpoint.id, build, path, kind, datetime.now(UTC)))

    def record_request(self, found: RecordedRequest) -> None:
        """Record an anonymised request."""
        self._batch.requests.append(found)

    def record_self_test(self, endpoint: Endpoint, build: Build | None, *, passed: bool) -> None:
        """Record whether the injected differences were found."""
        self._batch.self_tests[endpoint.id, build] = (passed, datetime.now(UTC))

    def record_guarded_call(
        self, endpoint: Endpoint, build: Build, status: int, *, matched: int
    ) -> None:
        """Record that a guarded call agreed; with 0, only that its status class was seen."""
        now = datetime.now(UTC)
        self._batch.add_guarded((endpoint.id, build, status // 100), Agreements(matched, now, now))

    def restart_guard(self, endpoint: Endpoint, build: Build) -> None:
        """Record that a difference was found: every call is guarded again."""
        self._guard.restart(endpoint, build, at=datetime.now(UTC))
        self._batch.forget_guarded(endpoint.id, build)

    async def write(self) -> None:
        """Write everything that waits, in one transaction.

        Raises:
            OutcomeUnknown: it may be written, and is forgotten rather than counted twice.
            psycopg.Error: nothing was written. Everything still waits when PostgreSQL is away, and
                is forgotten when it does not take it, and never will.
        """
        restarts = self._guard.pending_restarts()
        if self._batch.is_empty and not restarts:
            return
        batch, self._batch = self._batch, PendingFindings()
        transaction = Transaction(self._pool)
        try:
            builds = batch.builds | {build for _, build in restarts}
            ids = await self._builds.store(builds, transaction)
            await self._write(batch, transaction, ids)
            known = None
            if batch.guarded or restarts:
                guards = SqlGuardStore(transaction, ids)
                for (endpoint_id, build), at in sorted(restarts.items()):
                    await guards.restart(endpoint_id, build, at)
                if batch.guarded:
                    await guards.add_agreements((*key, n) for key, n in batch.guarded.items())
                known = await guards.load(edge=self._builds.edge)
            await transaction.commit()
            if known is not None:
                self._guard.replace_known(known)
            self._builds.remember_ids(ids)
        except OutcomeUnknown:
            raise
        except psycopg.Error as trouble:
            if is_transient(trouble):
                batch.add(self._batch)
                self._batch = batch
            raise
        finally:
            await transaction.close()

    async def _write(
        self, batch: PendingFindings, database: Database, ids: Mapping[Build, BuildId]
    ) -> None:
        store = SqlFindingStore(database, ids)
        if batch.counts:
            await store.add_counts((*key, counts) for key, counts in batch.counts.items())
        if batch.edge_calls:
            await store.add_edge_calls((*key, calls) for key, calls in batch.edge_calls.items())
        if batch.checks:
            await store.save_checks(list(batch.checks))
        # Ordered, as every process does it, so that no two wait in a circle.
        for key in sorted(batch.differences, key=_lock_order):
            await _if_storable(database, store.save_difference(batch.differences[key]))
        for noise in sorted(batch.noise, key=_lock_order):
            await store.save_noise(*noise)
        for request in sorted(batch.requests, key=attrgetter("endpoint_id", "fingerprint")):
            await _if_storable(database, store.save_request(request))
        if batch.django_called:
            await store.save_django_calls(batch.django_called.items())
        for tested in sorted(batch.self_tests, key=_lock_order):
            passed, at = batch.self_tests[tested]
            await store.save_self_test(*tested, passed=passed, at=at)


def _lock_order(key: tuple[object, ...]) -> tuple[object, ...]:
    """Return a sort key: by endpoint and place first, and by build last, as rows are locked."""
    endpoint_id, build, *place = key
    return endpoint_id, *map(str, place), str(build)


async def _if_storable(database: Database, writing: Awaitable[None]) -> None:
    """Write an example, unless it holds what JSON allows and PostgreSQL does not."""
    await database.execute(BEGIN_EXAMPLE, {})
    try:
        await writing
    except psycopg.DataError as unstorable:
        await database.execute(DROP_EXAMPLE, {})
        logger.warning("an example is left out: %s", type(unstorable).__qualname__)
