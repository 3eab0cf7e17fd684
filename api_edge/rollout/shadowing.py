"""Send shadow requests and make dry runs on the side that does not answer the caller, and compare.

A shadow read is sent after the response has gone out. A dry run of a write is made before the other
side does the real one, for as long as the caller may be kept waiting. Both are bounded in number,
time and size, and are dropped (and counted) while the process is busy, so that no caller pays.
"""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from api_edge.postgresql.database import Pool
from api_edge.proxy.upstream import Upstream
from api_edge.request_state import request_state
from api_edge.rollout.call import ComparedCall
from api_edge.rollout.comparator import Comparator
from api_edge.rollout.confirmation_rounds import (
    SHADOW_SECONDS,
    ConfirmationRounds,
    current_snapshot,
)
from api_edge.rollout.dispatch import WROTE_OUTSIDE_TRANSACTION
from api_edge.rollout.django_dry_runs import DjangoDryRuns
from api_edge.rollout.effects import effects_question, unpack_effects
from api_edge.rollout.findings_recorder import FindingsRecorder
from api_edge.rollout.observations import Observation
from api_edge.rollout.read_verdicts import ComparisonResult
from api_edge.rollout.request_recorder import RequestRecorder
from api_edge.rollout.sandbox.processes import DryRunNotCompleted, SandboxProcesses
from api_edge.rollout.sandbox.worker import DRY_RUN_APPLICATION_NAME
from api_edge.settings import Settings
from shared_domain.rollout import Endpoint, EndpointId, Side, Stage
from shared_domain.rollout.dry_run_sql_store import CHANGED_SINCE, CROSSED, TERMINATE_BACKEND
from shared_domain.rollout.wire import Verdict
from shared_domain.rows import only_value
from shared_domain.tracebacks import format_without_values

#: Shadow requests and dry runs that one process runs at a time, and those of one endpoint: an
#: endpoint that hangs must not take the place of all others. Once it has hung, it has one place
#: until it ends in time.
MOST_AT_ONCE = 8
MOST_OF_ONE_ENDPOINT = 4

#: With more active requests than this, none is compared.
BUSY_ABOVE = 32

logger = logging.getLogger("api_edge")

T = TypeVar("T")


class ShadowRunner:
    """Runs shadow requests and dry runs, bounded per process and per endpoint."""

    def __init__(
        self,
        sandbox: SandboxProcesses,
        upstream: Upstream | None,
        settings: Settings,
        pool: Pool,
        findings: FindingsRecorder,
        comparator: Comparator,
    ) -> None:
        """``pool`` is for shadow requests alone: they never take a connection from a caller."""
        self._sandbox = sandbox
        self._upstream = upstream
        self._settings = settings
        self._pool = pool
        self._findings = findings
        self._comparator = comparator
        self.request_recorder = RequestRecorder(findings, key=comparator.key)
        self.effects_question = effects_question(comparator.key, settings.database_url)
        self._django_dry_runs = None
        if upstream is not None:
            self._django_dry_runs = DjangoDryRuns(
                upstream, settings, parity_key=comparator.key.decode()
            )
        self._under_way: Counter[EndpointId] = Counter()
        self._hanging: set[EndpointId] = set()
        self._tasks: set[asyncio.Task[object]] = set()
        self.active_requests = 0

    def should_sample(self, endpoint: Endpoint) -> bool:
        """Return whether a call is in the endpoint's sample, and there is room to compare it."""
        if random.random() * 100 >= endpoint.sample_percent:
            return False
        if not self._has_room(endpoint) or self.active_requests > BUSY_ABOVE:
            self._findings.counts(endpoint).dropped += 1
            return False
        return True

    def can_dry_run_django(self, endpoint: Endpoint) -> bool:
        """Return whether a write that the edge answers can be compared with Django's dry run."""
        return (
            not endpoint.is_read
            and endpoint.is_on_django
            and endpoint.stage in (Stage.CANARY, Stage.EDGE)
            and self._django_dry_runs is not None
            and not self._settings.has_foreign_database
            and self._django_dry_runs.allows(endpoint)
        )

    async def current_snapshot(self) -> str | None:
        """Return PostgreSQL's snapshot before a read that the edge answers, if it is known."""
        return None if self._settings.has_foreign_database else await current_snapshot(self._pool)

    def start(self, call: ComparedCall, work: Coroutine[object, object, object]) -> None:
        """Run a comparison in the background; that of a read only if there still is room."""
        endpoint = call.endpoint
        if endpoint.is_read and not self._has_room(endpoint):
            # While Django answered, other calls took it.
            self._findings.counts(endpoint).dropped += 1
            work.close()
            return
        task = asyncio.create_task(self.run_bounded(call, work))
        self._under_way[endpoint.id] += 1
        self._tasks.add(task)

        def forget(task: "asyncio.Task[object]") -> None:
            self._tasks.discard(task)
            self._under_way[endpoint.id] -= 1

        task.add_done_callback(forget)

    async def stop(self) -> None:
        """Cancel all comparisons that are running."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def compare_read(
        self,
        call: ComparedCall,
        *,
        django: Observation | Verdict | None = None,
        edge: Observation | Verdict | None = None,
        snapshot_before: str | None = None,
    ) -> ComparisonResult:
        """Send a read to the side without an observation, and compare the two responses."""
        pool = None if self._settings.has_foreign_database else self._pool
        rounds = ConfirmationRounds(
            self._sandbox, self._upstream, pool, call, snapshot_before=snapshot_before
        )
        try:
            first = await rounds.complete_pair(django, edge)
            if isinstance(first, Verdict):
                known = django if isinstance(django, Observation) else None
                return self._comparator.record_skipped(call, first, django=known)
            found = await self._comparator.compare_read(call, first, rounds)
        finally:
            await rounds.close_snapshot()
        if call.method == call.endpoint.method and not call.body:
            await self.request_recorder.record(call, first[0].outcome.response)
        return found

    async def dry_run_django(self, call: ComparedCall) -> Observation | Verdict:
        """Return what Django would do with a write, or why that is not known."""
        with self._count_running(call.endpoint):
            return await self._dry_run_django(call)

    async def _dry_run_django(self, call: ComparedCall) -> Observation | Verdict:
        dry_runs = self._django_dry_runs
        return Verdict.NO_DRY_RUN if dry_runs is None else await dry_runs.run(call)

    async def dry_run_edge(self, call: ComparedCall) -> Observation | None:
        """Return what the edge would do with a write; None when it was not done in time.

        Nothing of it lasts, and when this returns no lock of it is held.
        """
        endpoint = call.endpoint
        if self._settings.has_foreign_database:
            # It could not be rolled back there.
            self._comparator.record_skipped(call, Verdict.FOREIGN_DATA)
            return None
        if not self._has_room(endpoint):
            self._findings.counts(endpoint).dropped += 1
            return None
        with self._count_running(endpoint):
            edge = await self._dry_run_edge(call)
        if edge is not None and edge.is_success and not edge.has_used_transaction:
            status = edge.outcome.response.status
            await self._comparator.roll_back_to_django(
                endpoint, WROTE_OUTSIDE_TRANSACTION.format(status=status)
            )
        return edge

    async def _dry_run_edge(self, call: ComparedCall) -> Observation | None:
        try:
            edge = await self._sandbox.run(
                call.scope,
                call.body,
                is_read=False,
                within_seconds=self._settings.dry_run_seconds,
            )
        except DryRunNotCompleted as lost:
            self._comparator.record_skipped(call, Verdict.ABANDONED)
            await self._release_locks(lost.backend_pid)
            return None
        if isinstance(edge, Observation) and edge.is_unavailable and not edge.outcome.ways_out:
            edge = Verdict.ABANDONED
        if isinstance(edge, Verdict):
            self._comparator.record_skipped(call, edge)
            return None
        return edge

    async def _release_locks(self, backend_pid: int) -> None:
        """End the session of a lost sandbox process, so that Django need not wait for its locks.

        PostgreSQL itself notices only when its statement has ended.
        """
        if backend_pid:
            async with self._pool.connection() as connection:
                await connection.execute(
                    TERMINATE_BACKEND, {"pid": backend_pid, "name": DRY_RUN_APPLICATION_NAME}
                )

    async def compare_django_write(
        self, call: ComparedCall, *, django: Observation, edge: Observation, began_at: float
    ) -> ComparisonResult:
        """Compare the edge's dry run with what Django then did; see ``compare_write``."""
        done = django.with_effects(unpack_effects(request_state(call.scope).get("django_effects")))
        if isinstance(done, Verdict):
            return self._comparator.record_skipped(call, done, django=django)
        return await self.compare_write(
            call, django=done, edge=edge, dry_run_of=Side.EDGE, began_at=began_at
        )

    async def compare_write(
        self,
        call: ComparedCall,
        *,
        django: Observation,
        edge: Observation,
        dry_run_of: Side,
        began_at: float,
    ) -> ComparisonResult:
        """Compare the dry run of one side with what the other then did, rows and events included.

        ``began_at`` is when the dry run began, by ``time.perf_counter``.
        """
        apart = timedelta(seconds=time.perf_counter() - began_at)
        outcome = replace(edge.outcome, apart=apart, ended_at=datetime.now(UTC))
        edge = replace(edge, outcome=outcome)
        is_of_edge = dry_run_of is Side.EDGE
        tried, done = (edge, django) if is_of_edge else (django, edge)

        async def try_again() -> Observation | None:
            again = await (self._dry_run_edge(call) if is_of_edge else self._dry_run_django(call))
            return again if isinstance(again, Observation) else None

        found = await self._comparator.compare_write(
            call,
            (django, edge),
            dry_run_of=dry_run_of,
            try_again=try_again,
            was_crossed=lambda: self._was_crossed(call.request_id, tried=tried, done=done),
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
        async with self._pool.connection() as connection:
            row = await (await connection.execute(question, parameters)).fetchone()
        return bool(only_value(row))

    async def run_bounded(self, call: ComparedCall, work: Coroutine[object, object, T]) -> T | None:
        """Return what a comparison finds; None when it takes too long or breaks (it is logged)."""
        try:
            async with asyncio.timeout(2 * SHADOW_SECONDS):
                done = await work
        except Exception as error:
            # Its message may repeat what was compared.
            logger.warning(
                "%s: a comparison was given up: %s\n%s",
                call.endpoint.name,
                type(error).__qualname__,
                format_without_values(error),
            )
            if isinstance(error, TimeoutError | DryRunNotCompleted):
                self._hanging.add(call.endpoint.id)
            self._comparator.record_skipped(call, Verdict.ABANDONED)
            return None
        self._hanging.discard(call.endpoint.id)
        return done

    def _has_room(self, endpoint: Endpoint) -> bool:
        most = 1 if endpoint.id in self._hanging else MOST_OF_ONE_ENDPOINT
        return self._under_way[endpoint.id] < most and self._under_way.total() < MOST_AT_ONCE

    @contextmanager
    def _count_running(self, endpoint: Endpoint) -> Iterator[None]:
        """Count a dry run that a caller waits for as one of its endpoint's."""
        self._under_way[endpoint.id] += 1
        try:
            yield
        finally:
            self._under_way[endpoint.id] -= 1
