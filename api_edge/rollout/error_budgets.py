"""Charge an endpoint's error budget, and roll the endpoint back when it is spent.

Failures and differences are counted in the database, for all processes together. Latencies of both
sides are those of this process.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

import psycopg

from api_edge.postgresql.database import Pool, PsycopgDatabase
from api_edge.rollout.stage_cache import StageCache
from shared_domain import rollout
from shared_domain.rollout import Build, Endpoint, EndpointId, Latencies, Side, Stage
from shared_domain.rollout.sql_store import SqlEndpointStore

#: Percentiles are computed once for so many calls; a time-out is charged when it happens.
EVERY = 20

logger = logging.getLogger("api_edge")


class ErrorBudgets:
    """Charges error budgets in the request's task, so that a rollback applies to the next call."""

    def __init__(self, pool: Pool, stages: StageCache) -> None:
        self._pool = pool
        self._stages = stages
        self._latencies: defaultdict[EndpointId, Latencies] = defaultdict(Latencies)
        self._calls: Counter[EndpointId] = Counter()

    async def record_latency(
        self, endpoint: Endpoint, side: Side, status: int, milliseconds: float
    ) -> None:
        """Record how long a side took, and charge the budget if the edge is too slow.

        Failures are left out: an upstream that is down refuses at once.
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
        """Record how long Django took to answer a shadow request."""
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
        """Charge the budget in stage ``canary`` or ``edge``; once spent, roll the endpoint back."""
        if endpoint.stage in (Stage.CANARY, Stage.EDGE) and endpoint.is_on_django:
            charge = partial(
                rollout.spend_budget,
                mismatches=mismatches,
                errors=errors,
                too_slow=too_slow,
                build=build,
            )
            await self._change(endpoint, charge)

    async def roll_back_to_django(self, endpoint: Endpoint, why: str) -> None:
        """Roll an endpoint back to ``django``, whatever is left of its budget."""
        logger.error("%s: %s", endpoint.name, why)
        await self._change(endpoint, partial(rollout.roll_back_to_django, why=why))

    async def _change(self, endpoint: Endpoint, change: Callable[..., Awaitable[Endpoint]]) -> None:
        now = datetime.now(UTC)
        try:
            async with self._pool.connection() as connection, connection.transaction():
                store = SqlEndpointStore(PsycopgDatabase(connection))
                after = await change(endpoint, now=now, store=store)
        except (psycopg.Error, rollout.EndpointUnknown) as error:
            # Without its database the edge answers no call, and a canary falls back each time.
            logger.warning("%s: not charged: %s", endpoint.name, type(error).__qualname__)
            return
        # Otherwise the stage has changed meanwhile, and these are the costs of the old one.
        if after.stage_since == now:
            logger.error("%s is rolled back from %s to %s", after.name, endpoint.stage, after.stage)
            self._stages.apply_rollback(after, since=endpoint.stage_since)
