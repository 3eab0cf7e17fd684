"""Repeat one read at Django and at the edge, for the rounds that decide its verdict."""

import asyncio
import contextlib
import time

import psycopg

from api_edge.postgresql.database import Pool
from api_edge.proxy.errors import ProxyError, UpstreamBusy
from api_edge.proxy.forwarding import ForwardedRequest, TruncatedResponse
from api_edge.proxy.upstream import Upstream
from api_edge.request_state import request_state
from api_edge.rollout.body_buffer import replay_body
from api_edge.rollout.call import ComparedCall
from api_edge.rollout.observations import (
    Observation,
    ResponseCapture,
    failed_observation,
    without_body,
)
from api_edge.rollout.read_verdicts import ConfirmationRound, Pair
from api_edge.rollout.sandbox.messages import DryRunRequest
from api_edge.rollout.sandbox.processes import DryRunNotCompleted, SandboxProcesses, SnapshotSession
from shared_domain.rollout import Outcome
from shared_domain.rollout.dry_run_sql_store import CURRENT_SNAPSHOT
from shared_domain.rollout.wire import Verdict
from shared_domain.rows import only_value

#: A shadow request may take this long; no caller waits for it.
SHADOW_SECONDS = 5.0

#: A caller may be waiting for this snapshot; without it a comparison knows less, and goes on.
SNAPSHOT_SECONDS = 0.2


class ConfirmationRounds:
    """Repeats one read at both sides, the edge's on one snapshot until ``close_snapshot``."""

    def __init__(
        self,
        sandbox: SandboxProcesses,
        upstream: Upstream | None,
        pool: Pool | None,
        call: ComparedCall,
        *,
        snapshot_before: str | None = None,
    ) -> None:
        """``snapshot_before`` is the ``current_snapshot`` before the edge answered the caller.

        Without a ``pool``, the data are in another database: it is not known whether something was
        written meanwhile, nor whether two responses come from one snapshot.
        """
        self._sandbox = sandbox
        self._upstream = upstream
        self._pool = pool
        self._call = call
        self._snapshot_before = snapshot_before
        self.was_quiet = False
        self._is_plain = False
        self._session: SnapshotSession | None = None
        self._has_edge_failed = False
        self._release: str | None = None

    async def complete_pair(
        self, django: Observation | Verdict | None, edge: Observation | Verdict | None
    ) -> Pair | Verdict:
        """Ask the side without an observation; return the reason where one is not compared.

        A response of Django in an encoding that cannot be decoded is asked for without encoding.

        Raises:
            DryRunNotCompleted: the edge did not answer in time.
        """
        if django is Verdict.UNREADABLE:
            self._is_plain, django = True, None
        if django is None:
            django = await self._call_django()
            self.was_quiet = await self._is_quiet_since(self._snapshot_before)
        elif isinstance(edge, Observation):
            self.was_quiet = await self._is_quiet_since(self._snapshot_before)
        if django is Verdict.UNREADABLE and not self._is_plain:
            self._is_plain = True
            django = await self._call_django()
        if isinstance(django, Verdict):
            return django
        if edge is None:
            self._session = SnapshotSession(self._sandbox)
            edge = await self._session.ask(self._dry_run_request(keeps_snapshot=True))
        if isinstance(edge, Verdict):
            return edge
        self._has_edge_failed = edge.has_failed
        self._release = django.release
        return django, edge

    async def repeat_edge(self) -> Observation | None:
        """Ask the edge on the snapshot of its first response; None where there is none.

        An edge that has failed is asked in a new transaction, since the failure has ended the first
        one; it may see other data, which is no reason to fail.
        """
        if self._session is None or self._pool is None:
            return None
        if self._has_edge_failed:
            return await self._call_edge()
        with contextlib.suppress(DryRunNotCompleted):
            again = await self._session.ask(self._dry_run_request(keeps_snapshot=True))
            # An endpoint that ended its transaction by itself has seen two snapshots.
            if isinstance(again, Observation) and self._session.is_one_snapshot:
                return again
        return None

    async def close_snapshot(self) -> None:
        """End the transaction of the edge's first response; a second call does nothing."""
        if self._session is not None:
            self._session.end()
            self._session = None

    async def repeat_both(self) -> ConfirmationRound | None:
        """Ask Django twice at once and then the edge; None when one is not compared."""
        before = await self._current_snapshot()
        django, twin = await asyncio.gather(self._call_django(), self._call_django())
        is_quiet = await self._is_quiet_since(before)
        edge = await self._call_edge()
        was_quiet = is_quiet and await self._is_quiet_since(before)
        if isinstance(django, Verdict) or isinstance(twin, Verdict) or edge is None:
            return None
        if {django.release, twin.release} - {self._release}:
            # Django is being replaced: what differs between its releases is no fault of the edge.
            return None
        return ConfirmationRound(
            django, twin, edge, is_quiet_at_django=is_quiet, is_quiet=was_quiet
        )

    async def _call_django(self) -> Observation | Verdict:
        """Send the read to Django; return its response, or why that is not compared."""
        if self._upstream is None:
            raise RuntimeError("a comparison needs an upstream")
        body = self._call.body
        headers = [(b"content-length", str(len(body)).encode())] if body else []
        if self._is_plain:
            headers.append((b"accept-encoding", b"identity"))
        left_out = frozenset({b"accept-encoding"} if self._is_plain else ())
        shadow = self._call.django_scope(headers, left_out=left_out)
        capture, began_at = ResponseCapture(), time.perf_counter()
        try:
            await ForwardedRequest(self._upstream, shadow, replay_body(body), capture).run()
        except UpstreamBusy:
            # Of no thread of Django: it has not failed, it was not asked.
            return Verdict.ABANDONED
        except (ProxyError, TruncatedResponse):
            return failed_observation(began_at)
        response = capture.response()
        if isinstance(response, Verdict):
            return response
        return Observation(
            Outcome(without_body(response) if shadow["method"] == "HEAD" else response),
            (capture.started_at - began_at) * 1000,
            has_failed=response.status >= 500 or not capture.is_whole,
            release=request_state(shadow).get("django_release"),
        )

    async def _call_edge(self) -> Observation | None:
        with contextlib.suppress(DryRunNotCompleted):
            edge = await self._sandbox.run(self._dry_run_request())
            return edge if isinstance(edge, Observation) else None
        return None

    def _dry_run_request(self, *, keeps_snapshot: bool = False) -> DryRunRequest:
        return self._call.dry_run_request(
            is_read=True, within_seconds=SHADOW_SECONDS, keeps_snapshot=keeps_snapshot
        )

    async def _is_quiet_since(self, snapshot: str | None) -> bool:
        """Return whether no transaction wrote since a snapshot; False where that is not known."""
        return snapshot is not None and snapshot == await self._current_snapshot()

    async def _current_snapshot(self) -> str | None:
        return None if self._pool is None else await current_snapshot(self._pool)


async def current_snapshot(pool: Pool) -> str | None:
    """Return PostgreSQL's snapshot, which every write changes; None while it is not available."""
    try:
        async with pool.connection(timeout=SNAPSHOT_SECONDS) as connection:
            row = await (await connection.execute(CURRENT_SNAPSHOT)).fetchone()
    except (psycopg.Error, OSError):
        return None
    return None if row is None else str(only_value(row))
