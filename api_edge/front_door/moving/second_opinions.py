"""Asks the half that does not answer the caller, and has the two compared.

A read is asked after its answer has gone out. A write is rehearsed before Django does the real
one, for as long as the caller may be kept waiting. Both are bounded in number, time and size, and
left out (and counted) while the process is busy: nobody is asked twice at a caller's cost.
"""

import asyncio
import logging
import random
import traceback
from collections.abc import Coroutine
from dataclasses import replace
from typing import TypeVar

from starlette.types import ASGIApp, Scope

from api_edge.database import Pool
from api_edge.front_door.moving.asking import Asked, ask_edge
from api_edge.front_door.moving.comparisons import Comparisons
from api_edge.front_door.moving.halves import ReadHalves, writes_so_far
from api_edge.front_door.moving.ledger import Ledger
from api_edge.front_door.moving.own import OwnEndpoint
from api_edge.front_door.moving.read_verdicts import Found
from api_edge.front_door.moving.recording import Recordings
from api_edge.front_door.moving.trial import Trial, effects_of
from api_edge.front_door.site import Site
from api_edge.front_door.trusted_proxies import TrustedProxies
from shared_domain.endpoints import NO_RULES, Answer, Endpoint, Outcome
from shared_domain.endpoints.findings_sql_store import CROSSED, EFFECTS

#: Shadows and rehearsals that one process has under way at most.
MOST_AT_ONCE = 4

#: With more callers than this under way, nobody is asked twice.
BUSY_ABOVE = 32

#: A shadow may take this long; nobody waits for it.
SHADOW_SECONDS = 5.0

#: A rehearsal that is told to stop does so at once, or is cut off.
STOPPING_SECONDS = 0.1

logger = logging.getLogger("api_edge")

T = TypeVar("T")


class SecondOpinions:
    """What is under way in this process."""

    def __init__(
        self,
        app: ASGIApp,
        site: Site | None,
        proxies: TrustedProxies,
        pool: Pool,
        ledger: Ledger,
        comparisons: Comparisons,
        *,
        rehearsal_seconds: float,
    ) -> None:
        """``pool`` is their own: they never take a connection that a caller waits for."""
        self._app = app
        self._site, self._proxies = site, proxies
        self._pool = pool
        self._ledger = ledger
        self._comparisons = comparisons
        self._recordings = Recordings(ledger, key=comparisons.key)
        self._rehearsal_seconds = rehearsal_seconds
        self._under_way = 0
        self._tasks: set[asyncio.Task[object]] = set()
        self.callers = 0

    def wants(self, endpoint: Endpoint) -> bool:
        """Return whether this call is one of the sample, and there is room for it."""
        if random.random() * 100 >= endpoint.sample_percent:
            return False
        if not self._has_room or self.callers > BUSY_ABOVE:
            self._ledger.counts(endpoint).dropped += 1
            return False
        return True

    async def mark(self) -> str | None:
        """Return a mark of what was written until now, for a read that the edge answers."""
        return await writes_so_far(self._pool)

    def wants_to_watch(self, endpoint: Endpoint) -> bool:
        """Return whether a call of an endpoint that only Django has shall be recorded."""
        return self._recordings.are_wanted(endpoint)

    async def watch(self, endpoint: Endpoint, scope: Scope, body: bytes, answer: Answer) -> None:
        """Record a call that only Django can answer."""
        as_registered = OwnEndpoint(endpoint.method, endpoint.path_template, NO_RULES)
        self._recordings.keep(endpoint, as_registered, scope, body, answer)

    def start(self, endpoint: Endpoint, work: Coroutine[object, object, object]) -> None:
        """Do something after the answer has gone out; a read only where there still is room."""
        if endpoint.is_read and not self._has_room:
            # While Django answered, others took it.
            self._ledger.counts(endpoint).dropped += 1
            work.close()
            return
        task = asyncio.create_task(self.bounded(endpoint, work))
        self._under_way += 1
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def compare_read(
        self,
        endpoint: Endpoint,
        own: OwnEndpoint,
        scope: Scope,
        *,
        django: Asked | None = None,
        edge: Asked | None = None,
        mark: str | None = None,
    ) -> Found | None:
        """Ask the half that has not answered, and compare; None when an answer is too large."""
        halves = ReadHalves(
            self._app,
            self._site,
            self._proxies,
            self._pool,
            scope,
            within_seconds=SHADOW_SECONDS,
            mark=mark,
        )
        try:
            first = await halves.first(django, edge)
            if first is None:
                self._ledger.counts(endpoint).too_large += 1
                return None
            found = await self._comparisons.settle_read(
                endpoint, own.rules, scope["state"]["request_id"], first, halves
            )
        finally:
            await halves.snapshot_ends()
        self._recordings.keep(endpoint, own, scope, b"", first[0].outcome.answer)
        return found

    async def rehearse(self, endpoint: Endpoint, scope: Scope, body: bytes) -> Asked | None:
        """Return what the edge would do with a write; None when it was not done in time.

        Nothing of it lasts, and when this returns no lock of it is held.
        """
        if not self._has_room:
            self._ledger.counts(endpoint).dropped += 1
            return None
        self._under_way += 1
        try:
            return await self._rehearse(endpoint, scope, body)
        finally:
            self._under_way -= 1

    async def _rehearse(self, endpoint: Endpoint, scope: Scope, body: bytes) -> Asked | None:
        trial = Trial(
            self._pool,
            request_id=scope["state"]["request_id"],
            is_read=False,
            within_seconds=self._rehearsal_seconds,
        )
        rehearsal = asyncio.create_task(ask_edge(self._app, scope, body, trial=trial))
        try:
            await asyncio.wait({rehearsal}, timeout=self._rehearsal_seconds)
            if not rehearsal.done():
                await self._abandon(rehearsal, trial)
            elif not rehearsal.cancelled() and rehearsal.exception() is None:
                asked = rehearsal.result()
                if asked is None:
                    self._ledger.counts(endpoint).too_large += 1
                    return None
                if not asked.is_unavailable:
                    return asked
            self._ledger.counts(endpoint).abandoned += 1
            return None
        finally:
            rehearsal.cancel()

    async def _abandon(self, rehearsal: "asyncio.Task[Asked | None]", trial: Trial) -> None:
        """End a rehearsal that takes too long, so that Django need not wait for its locks."""
        rehearsal.cancel()
        stopped, _ = await asyncio.wait({rehearsal}, timeout=STOPPING_SECONDS)
        if not stopped:
            await trial.give_up()

    async def compare_write(
        self,
        endpoint: Endpoint,
        own: OwnEndpoint,
        scope: Scope,
        body: bytes,
        *,
        django: Asked,
        edge: Asked,
    ) -> Found:
        """Compare a rehearsal with what Django then did, rows and events included."""
        request_id: str = scope["state"]["request_id"]
        async with self._pool.connection() as connection:
            asked = await connection.execute(EFFECTS, {"request_id": request_id})
            effects, is_superseded = effects_of(await asked.fetchone())
        done = replace(django, outcome=Outcome(django.outcome.answer, effects))

        async def was_crossed() -> bool:
            if edge.snapshot is None:
                return is_superseded
            asked_for = {"request_id": request_id, "snapshot": edge.snapshot}
            async with self._pool.connection() as connection:
                row = await (await connection.execute(CROSSED, asked_for)).fetchone()
            return row is not None and bool(row[0])

        found = await self._comparisons.settle_write(
            endpoint,
            own.rules,
            request_id,
            (done, edge),
            rehearse_again=lambda: self._rehearse(endpoint, scope, body),
            was_crossed=was_crossed,
        )
        self._recordings.keep(endpoint, own, scope, body, django.outcome.answer)
        return found

    async def bounded(self, endpoint: Endpoint, work: Coroutine[object, object, T]) -> T | None:
        """Return what it comes to; None when it takes too long or breaks, which harms nobody."""
        try:
            async with asyncio.timeout(2 * SHADOW_SECONDS):
                return await work
        except Exception as trouble:
            # Its message may repeat what was compared.
            logger.warning(
                "%s: a comparison was given up: %s\n%s",
                endpoint.name,
                type(trouble).__qualname__,
                "".join(traceback.format_tb(trouble.__traceback__)),
            )
            self._ledger.counts(endpoint).abandoned += 1
            return None

    @property
    def _has_room(self) -> bool:
        return self._under_way < MOST_AT_ONCE

    def _ended(self, task: "asyncio.Task[object]") -> None:
        self._tasks.discard(task)
        self._under_way -= 1
