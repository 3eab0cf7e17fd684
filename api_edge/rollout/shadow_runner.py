"""Run comparisons in the background, bounded in number and time.

They are dropped (and counted) while the process is busy, so that no caller pays for them.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Coroutine
from typing import TypeVar

from api_edge.rollout.call import ComparisonContext
from api_edge.rollout.comparator import Comparator
from api_edge.rollout.confirmation_rounds import SHADOW_SECONDS
from api_edge.rollout.findings_recorder import FindingsRecorder
from api_edge.rollout.sandbox.processes import DryRunNotCompleted
from shared_domain.rollout import Endpoint, EndpointId
from shared_domain.rollout.wire import Verdict
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

    def __init__(self, findings: FindingsRecorder, comparator: Comparator) -> None:
        self._findings = findings
        self._comparator = comparator
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

    def start(self, context: ComparisonContext, work: Coroutine[object, object, object]) -> None:
        """Run a comparison in the background; that of a read only if there still is room."""
        endpoint = context.endpoint
        if endpoint.is_read and not self._has_room(endpoint):
            # While Django answered, other calls took it.
            self._drop(endpoint, work)
            return
        task = asyncio.create_task(self.run_bounded(context, work))
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

    async def run_if_room(self, endpoint: Endpoint, work: Coroutine[object, object, T]) -> T | None:
        """Return what a dry run finds that the caller waits for; None when there is no room."""
        if not self._has_room(endpoint):
            self._drop(endpoint, work)
            return None
        self._under_way[endpoint.id] += 1
        try:
            return await work
        finally:
            self._under_way[endpoint.id] -= 1

    async def run_bounded(
        self, context: ComparisonContext, work: Coroutine[object, object, T]
    ) -> T | None:
        """Return what a comparison finds; None when it takes too long or breaks (it is logged)."""
        endpoint = context.endpoint
        try:
            async with asyncio.timeout(2 * SHADOW_SECONDS):
                done = await work
        except Exception as error:
            # Its message may repeat what was compared.
            logger.warning(
                "%s: a comparison was given up: %s\n%s",
                endpoint.name,
                type(error).__qualname__,
                format_without_values(error),
            )
            if isinstance(error, TimeoutError | DryRunNotCompleted):
                self._hanging.add(endpoint.id)
            self._comparator.record_skipped(context, Verdict.ABANDONED)
            return None
        self._hanging.discard(endpoint.id)
        return done

    def _has_room(self, endpoint: Endpoint) -> bool:
        most = 1 if endpoint.id in self._hanging else MOST_OF_ONE_ENDPOINT
        return self._under_way[endpoint.id] < most and self._under_way.total() < MOST_AT_ONCE

    def _drop(self, endpoint: Endpoint, work: Coroutine[object, object, object]) -> None:
        self._findings.counts(endpoint).dropped += 1
        work.close()
