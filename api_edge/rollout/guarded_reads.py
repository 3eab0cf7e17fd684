"""Guarded reads of unproven builds: Django and the edge answer at once, and are compared first.

The edge's response goes out only if it agrees with Django's. A difference is confirmed afterwards,
as in stage ``shadow``, when the caller has Django's response.
"""

import asyncio
import time
from dataclasses import dataclass, replace

from starlette.types import ASGIApp, Message

from api_edge.postgresql.database import Pool
from api_edge.proxy.response_head import is_event_stream
from api_edge.rollout.buffered_response import BufferedResponse
from api_edge.rollout.call import Call
from api_edge.rollout.canary import CanaryAttempt, try_edge
from api_edge.rollout.comparator import Comparator
from api_edge.rollout.dispatch import CLIENT_CLOSED_REQUEST, Dispatcher
from api_edge.rollout.observations import MOST_COMPARED_BYTES, Observation
from api_edge.rollout.read_comparisons import ReadComparisons
from api_edge.rollout.shadow_runner import ShadowRunner
from shared_domain.rollout import Side
from shared_domain.rollout.wire import Verdict

#: How long a caller waits for the edge once Django has answered.
GUARD_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class GuardedReads:
    """Answers reads whose build of the edge has not yet agreed with Django often enough."""

    dispatcher: Dispatcher
    shadows: ShadowRunner
    reads: ReadComparisons
    comparator: Comparator
    app: ASGIApp
    pool: Pool

    async def answer(self, call: Call) -> None:
        """Ask both sides, and send the edge's response if it agrees, Django's if not.

        A caller waits for the slower of both, but for the edge no longer than ``GUARD_SECONDS``
        after Django's response. A busy process guards as well, even without room to confirm a
        difference.
        """
        await call.body.read_if_any(MOST_COMPARED_BYTES)
        compared = call.copy_for_comparison()
        if not call.body.is_whole:
            self.comparator.record_skipped(compared.context, Verdict.TOO_LARGE)
            await self.dispatcher.send_to_django(call)
            return
        for_edge, for_django = replace(call.with_copied_body(), send=_discard), call.as_shadow()

        async def send_djangos(message: Message) -> None:
            # Without the server's own headers, if Django's response has them.
            extra_headers = call.state.get("extra_response_headers")
            if extra_headers is not None and not for_django.state["extra_response_headers"]:
                extra_headers.clear()
            await call.send(message)

        async def ask_edge() -> tuple[CanaryAttempt | None, str | None]:
            snapshot_before = await self.reads.current_snapshot()
            try:
                attempt = await try_edge(self.app, for_edge, pool=self.pool)
            except Exception:
                # It is logged where it was caught; Django answers in any case.
                return None, snapshot_before
            return None if attempt.has_failed else attempt, snapshot_before

        from_django = BufferedResponse(send_djangos, _must_not_wait)
        asking = asyncio.create_task(ask_edge())
        try:
            capture = await self.dispatcher.send_to_django(
                replace(for_django, send=from_django), is_recorded=False
            )
            django = for_django.observe(capture)
            is_needed = capture.status and not from_django.is_flushed
            await asyncio.wait({asking}, timeout=GUARD_SECONDS if is_needed else 0)
            is_late = not asking.done()
            attempt, snapshot_before = (None, None) if is_late else asking.result()
        finally:
            asking.cancel()
        django_status = capture.status or CLIENT_CLOSED_REQUEST
        self.dispatcher.record_release(call.endpoint, for_django.state, django_status)
        edge = call.observe(attempt.capture) if attempt else None
        if (
            is_needed
            and attempt
            and isinstance(django, Observation)
            and isinstance(edge, Observation)
            and await self.comparator.is_match(compared.context, (django, edge))
        ):
            await attempt.response.flush(call.send)
            status, milliseconds = edge.outcome.response.status, edge.milliseconds
            await self.dispatcher.record_response(call.endpoint, Side.EDGE, status, milliseconds)
            await self.comparator.record_match(compared.context, (django, edge))
            return
        await from_django.flush()
        await self.dispatcher.record_response(
            call.endpoint, Side.DJANGO, django_status, capture.milliseconds, is_guarded=True
        )
        if not capture.status:
            return
        if is_late:
            verdict = Verdict.ABANDONED if is_needed else Verdict.TOO_LARGE
            self.comparator.record_skipped(compared.context, verdict)
        if edge is not None:
            # Confirms a difference by asking again, or records why there is no comparison.
            comparison = self.reads.compare(
                compared, django=django, edge=edge, snapshot_before=snapshot_before
            )
            self.shadows.start(compared.context, comparison)
        elif is_needed or not is_late:
            await self.dispatcher.record_fallback(call.endpoint, call.state)


async def _discard(_: Message) -> None:
    """Drop a message of the edge's response, which is too large to be compared."""


def _must_not_wait(response: BufferedResponse) -> bool:
    """Return whether Django's response is sent before the edge's is known.

    A large response is, an event stream, and one that takes longer than ``GUARD_SECONDS``.
    """
    is_slow = time.monotonic() - response.begun_at > GUARD_SECONDS
    return is_slow or _is_too_large(response) or is_event_stream(response.messages[0]["headers"])


def _is_too_large(response: BufferedResponse) -> bool:
    return response.length > MOST_COMPARED_BYTES
