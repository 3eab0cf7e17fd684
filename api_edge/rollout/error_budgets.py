"""What an endpoint has cost its callers, and the step back when that is too much.

The count of failures and differences stands in the database, for all processes together. How
long both halves take, each process knows by itself.
"""

import logging
from collections import Counter, defaultdict
from datetime import UTC, datetime

import psycopg

from api_edge.postgresql.database import Pool, PsycopgDatabase
from api_edge.rollout.stage_cache import StageCache
from shared_domain import rollout
from shared_domain.rollout import Build, Endpoint, EndpointId, Latencies, Side, Stage
from shared_domain.rollout.sql_store import SqlEndpointStore

#: Percentiles are taken once for so many calls; a time-out is looked at when it happens.
EVERY = 20

logger = logging.getLogger("api_edge")


class ErrorBudgets:
    """Steps an endpoint back in the request path, before the next caller pays."""

    def __init__(self, pool: Pool, stages: StageCache) -> None:
        self._pool = pool
        self._stages = stages
        self._latencies: defaultdict[EndpointId, Latencies] = defaultdict(Latencies)
        self._calls: Counter[EndpointId] = Counter()

    async def record_latency(
        self, endpoint: Endpoint, side: Side, status: int, milliseconds: float
    ) -> None:
        """Remember how long a side took, and look whether the edge takes too long.

        Failures are left out: a site that is down says so at once, and is no measure.
        """
        if not 200 <= status < 500:
            return
        latencies = self._latencies[endpoint.id]
        latencies.add(side, milliseconds)
        self._calls[endpoint.id] += 1
        if endpoint.stage not in (Stage.CANARY, Stage.EDGE):
            return
        is_timeout = side is Side.EDGE and milliseconds > endpoint.budget.timeout_ms
        if is_timeout or self._calls[endpoint.id] % EVERY == 0:
            why = latencies.too_slow(endpoint.budget)
            if why is not None:
                await self.charge(endpoint, too_slow=why)
                latencies.forget_edge()

    def record_django_latency(self, endpoint: Endpoint, milliseconds: float) -> None:
        """Remember how long Django took where only a comparison asked it."""
        self._latencies[endpoint.id].add(Side.DJANGO, milliseconds)

    async def charge(
        self,
        endpoint: Endpoint,
        *,
        mismatches: int = 0,
        errors: int = 0,
        too_slow: str | None = None,
        build: Build | None = None,
    ) -> None:
        """Count it; when that was the last of the budget, the endpoint is back in ``shadow``."""
        if endpoint.stage not in (Stage.CANARY, Stage.EDGE) or not endpoint.is_on_django:
            return
        now = datetime.now(UTC)
        try:
            async with self._pool.connection() as connection, connection.transaction():
                after = await rollout.spend_budget(
                    endpoint,
                    mismatches=mismatches,
                    errors=errors,
                    too_slow=too_slow,
                    build=build,
                    now=now,
                    store=SqlEndpointStore(PsycopgDatabase(connection)),
                )
        except (psycopg.Error, rollout.EndpointUnknown) as trouble:
            # Without its database the edge answers nobody, and a canary falls back each time.
            logger.warning("%s: not counted: %s", endpoint.name, type(trouble).__qualname__)
            return
        # Otherwise somebody else changed it meanwhile, and these are the old stage's costs.
        if after.stage_since == now:
            logger.error("%s stepped back from %s to %s", after.name, endpoint.stage, after.stage)
            self._stages.apply_rollback(after, since=endpoint.stage_since)

    async def roll_back_to_django(self, endpoint: Endpoint, why: str) -> None:
        """Roll an endpoint back to ``django``, whatever its budget says."""
        logger.error("%s: %s", endpoint.name, why)
        now = datetime.now(UTC)
        try:
            async with self._pool.connection() as connection, connection.transaction():
                after = await rollout.roll_back_to_django(
                    endpoint, why=why, now=now, store=SqlEndpointStore(PsycopgDatabase(connection))
                )
        except (psycopg.Error, rollout.EndpointUnknown) as trouble:
            logger.warning("%s: not rolled back: %s", endpoint.name, type(trouble).__qualname__)
            return
        if after.stage_since == now:
            self._stages.apply_rollback(after, since=endpoint.stage_since)
