"""Guarded reads of unproven builds: Django and the edge answer at once, and are compared first.

The edge's response goes out only if it agrees with Django's. A difference is confirmed afterwards,
as in stage ``shadow``: the caller has got Django's response by then.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from starlette.types import Message

from api_edge.proxy.response_head import is_event_stream
from api_edge.rollout.buffered_response import BufferedResponse
from api_edge.rollout.call import Call
from api_edge.rollout.comparator import Comparator, ComparedCall
from api_edge.rollout.dispatch import CLIENT_CLOSED_REQUEST, Dispatcher, EdgeFailed
from api_edge.rollout.observations import (
    MOST_COMPARED_BYTES,
    Observation,
)
from api_edge.rollout.shadowing import ShadowRunner
from shared_domain.rollout.wire import Verdict

#: How long a caller waits for the edge once Django has answered.
GUARD_SECONDS = 1.0


class GuardedReads:
    """Answers reads whose build of the edge has not yet agreed with Django often enough."""

    def __init__(
        self, dispatcher: Dispatcher, shadows: ShadowRunner, comparator: Comparator
    ) -> None:
        self._dispatcher = dispatcher
        self._shadows = shadows
        self._comparator = comparator

    async def answer(self, call: Call) -> None:
        """Ask both sides, and send the edge's response if it agrees, Django's if not.

        A caller waits for the slower of both, but for the edge no longer than ``GUARD_SECONDS``
        after Django's response. A busy process guards all the same: where there is no room to
        confirm a difference, Django has answered.
        """
        await call.body.read_if_any(MOST_COMPARED_BYTES)
        compared = ComparedCall.from_call(call)
        if not call.body.is_whole:
            self._comparator.record_skipped(compared, Verdict.TOO_LARGE)
            await self._dispatcher.send_to_django(call)
            return
        from_edge = BufferedResponse(_discard, _is_too_large)
        for_django = call.uncounted()

        async def send_djangos(message: Message) -> None:
            # Without the server's own headers, if Django's response has them.
            extra_headers = call.state.get("extra_response_headers")
            if extra_headers is not None and not for_django.state["extra_response_headers"]:
                extra_headers.clear()
            await call.send(message)

        from_django = BufferedResponse(send_djangos, _must_not_wait())
        for_edge = replace(call.replayed(), send=from_edge)

        async def ask_edge() -> tuple[Observation | Verdict | EdgeFailed, str | None]:
            snapshot_before = await self._shadows.current_snapshot()
            return await self._dispatcher.call_edge(for_edge), snapshot_before

        asking = asyncio.create_task(ask_edge())
        try:
            capture = await self._dispatcher.send_to_django(
                replace(for_django, send=from_django), is_recorded=False
            )
            django = for_django.observe(capture)
            is_needed = capture.status and not from_django.is_flushed
            await asyncio.wait({asking}, timeout=GUARD_SECONDS if is_needed else 0)
            edge, snapshot_before = asking.result() if asking.done() else (None, None)
        finally:
            asking.cancel()
        self._dispatcher.record_release(
            call.endpoint, for_django.state, capture.status or CLIENT_CLOSED_REQUEST
        )
        if (
            is_needed
            and isinstance(django, Observation)
            and isinstance(edge, Observation)
            and await self._comparator.is_match(compared, (django, edge))
        ):
            await from_edge.flush(call.send)
            await self._dispatcher.record_edge_response(call.endpoint, edge)
            await self._comparator.record_match(compared, (django, edge))
            return
        await from_django.flush()
        await self._dispatcher.record_django_response(call.endpoint, capture)
        if not capture.status:
            return
        if isinstance(edge, EdgeFailed):
            await self._dispatcher.record_fallback(call.endpoint, call.state)
        elif edge is None and is_needed:
            self._comparator.record_skipped(compared, Verdict.ABANDONED)
            await self._dispatcher.record_fallback(call.endpoint, call.state)
        elif edge is None:
            self._comparator.record_skipped(compared, Verdict.TOO_LARGE)
        else:
            # Confirms a difference by asking again, or records why there is no comparison.
            self._shadows.start_read(
                compared, django=django, edge=edge, snapshot_before=snapshot_before
            )


async def _discard(_: Message) -> None:
    """Drop a message of the edge's response, which is too large to be compared."""


def _is_too_large(response: BufferedResponse) -> bool:
    return response.length > MOST_COMPARED_BYTES


def _must_not_wait() -> Callable[[BufferedResponse], bool]:
    """Return whether Django's response is sent before the edge's is known.

    A large response is, an event stream, and one that takes longer than ``GUARD_SECONDS`` after it
    has begun.
    """
    begun_at = 0.0

    def must_flush(response: BufferedResponse) -> bool:
        nonlocal begun_at
        begun_at = begun_at or time.monotonic()
        is_slow = time.monotonic() - begun_at > GUARD_SECONDS
        return (
            is_slow or _is_too_large(response) or is_event_stream(response.messages[0]["headers"])
        )

    return must_flush
