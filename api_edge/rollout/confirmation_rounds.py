"""Both halves as they are asked about one read, again and again until there is a verdict."""

import asyncio
import contextlib

import psycopg
from starlette.types import Scope

from api_edge.postgresql.database import Pool
from api_edge.proxy.trusted_proxies import TrustedProxies
from api_edge.proxy.upstream import Upstream
from api_edge.rollout.observations import Observation, call_django
from api_edge.rollout.read_verdicts import Again, Pair
from api_edge.rollout.sandbox.processes import DryRunNotCompleted, SandboxProcesses, SnapshotSession
from shared_domain.rollout.dry_run_sql_store import CURRENT_SNAPSHOT
from shared_domain.rollout.wire import Verdict

#: A caller may be waiting for this snapshot; without it a comparison knows less, and goes on.
MARK_SECONDS = 0.2


class ConfirmationRounds:
    """Asks both halves for one read; the edge's first answer keeps its snapshot until it ends."""

    def __init__(
        self,
        sandbox: SandboxProcesses,
        site: Upstream | None,
        proxies: TrustedProxies,
        pool: Pool | None,
        scope: Scope,
        body: bytes,
        *,
        within_seconds: float,
        snapshot_before: str | None = None,
    ) -> None:
        """``snapshot_before`` is the ``current_snapshot`` before the edge answered the caller.

        Without a ``pool``, the data are in a database of which nothing is known here: neither that
        nothing was written meanwhile, nor that two answers come from one snapshot.
        """
        self._body = body
        self._is_plain = False
        self._mark = snapshot_before
        self.was_quiet = False
        self._sandbox = sandbox
        self._site, self._proxies = site, proxies
        self._pool = pool
        self._scope = scope
        self._within_seconds = within_seconds
        self._snapshot: SnapshotSession | None = None
        self._has_edge_failed = False
        self._release: str | None = None

    async def complete_pair(
        self, django: Observation | Verdict | None, edge: Observation | Verdict | None
    ) -> Pair | Verdict:
        """Ask the half that has not answered yet; the reason when an answer is not compared.

        A site that answers in an encoding that nothing here decodes is asked without one.

        Raises:
            DryRunNotCompleted: the edge did not answer in time.
        """
        if django is Verdict.UNREADABLE:
            self._is_plain, django = True, None
        if django is None:
            django = await self._ask_site()
            self.was_quiet = self._mark is not None and self._mark == await self._writes_so_far()
        elif isinstance(edge, Observation) and self._mark is not None:
            self.was_quiet = self._mark == await self._writes_so_far()
        if django is Verdict.UNREADABLE and not self._is_plain:
            self._is_plain = True
            django = await self._ask_site()
        if isinstance(django, Verdict):
            return django
        if edge is None:
            self._snapshot = SnapshotSession(self._sandbox, within_seconds=self._within_seconds)
            edge = await self._snapshot.ask(self._scope, self._body)
        if isinstance(edge, Verdict):
            return edge
        self._has_edge_failed = edge.has_failed
        self._release = django.release
        return django, edge

    async def repeat_edge(self) -> Observation | None:
        """Ask the edge on the snapshot of its first answer; None where there is none.

        What failed has broken its transaction, and no write makes an edge fail: it is asked anew.
        """
        if self._snapshot is None or self._pool is None:
            return None
        if self._has_edge_failed:
            return _if_compared(await self._ask_edge())
        with contextlib.suppress(DryRunNotCompleted):
            again = await self._snapshot.ask(self._scope, self._body)
            # An endpoint that ended its transaction by itself has seen two snapshots.
            return _if_compared(again) if self._snapshot.is_one else None
        return None

    async def close_snapshot(self) -> None:
        if self._snapshot is not None:
            self._snapshot.end()
            self._snapshot = None

    async def repeat_both(self) -> Again | None:
        before = await self._writes_so_far()
        django, twin = await asyncio.gather(self._ask_site(), self._ask_site())
        is_quiet = before is not None and before == await self._writes_so_far()
        edge = _if_compared(await self._ask_edge())
        if isinstance(django, Verdict) or isinstance(twin, Verdict) or edge is None:
            return None
        if {django.release, twin.release} - {self._release}:
            # The site is being replaced: what differs between its releases is no fault of the edge.
            return None
        return Again(django, twin, edge, is_quiet)

    async def _ask_site(self) -> Observation | Verdict:
        if self._site is None:
            raise RuntimeError("a comparison needs a site")
        return await call_django(
            self._site, self._proxies, self._scope, self._body, is_plain=self._is_plain
        )

    async def _ask_edge(self) -> Observation | Verdict | None:
        with contextlib.suppress(DryRunNotCompleted):
            return await self._sandbox.run(
                self._scope, self._body, is_read=True, within_seconds=self._within_seconds
            )
        return None

    async def _writes_so_far(self) -> str | None:
        return None if self._pool is None else await current_snapshot(self._pool)


async def current_snapshot(pool: Pool) -> str | None:
    """Return a snapshot_before that every write moves; None while it cannot be read at once."""
    try:
        async with pool.connection(timeout=MARK_SECONDS) as connection:
            row = await (await connection.execute(CURRENT_SNAPSHOT)).fetchone()
    except (psycopg.Error, OSError):
        return None
    return str(row[0]) if row else None


def _if_compared(asked: Observation | Verdict | None) -> Observation | None:
    return asked if isinstance(asked, Observation) else None
