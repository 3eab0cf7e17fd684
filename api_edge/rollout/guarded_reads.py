"""Guarded reads of unproven builds: Django and the edge answer at once, and are compared first.

The edge's response goes out only if it agrees with Django's. A difference is confirmed afterwards,
as in stage ``shadow``: the caller has got Django's response by then.
"""

import asyncio
import time
from dataclasses import replace

from starlette.types import Message, Send

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


class WithheldResponse:
    """Buffers a response until it is decided whether it goes out.

    A large response is sent at once, and so is an event stream, or one that takes longer than
    ``GUARD_SECONDS`` after it has begun.
    """

    def __init__(self, send: Send | None) -> None:
        """Without ``send``, a response that is too large is dropped."""
        self._send = send
        self._messages: list[Message] = []
        self._length = 0
        self._begun_at = 0.0
        self._is_stream = False
        self.is_flushed = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begun_at = time.monotonic()
            kind = dict(message["headers"]).get(b"content-type", b"")
            self._is_stream = kind.startswith(b"text/event-stream")
        self._length += len(message.get("body", b""))
        if self.is_flushed and self._send is not None:
            await self._send(message)
            return
        self._messages.append(message)
        if self._is_held_too_long:
            if self._send is None:
                self._messages.clear()
            else:
                await self.flush()

    @property
    def _is_held_too_long(self) -> bool:
        is_slow = self._send is not None and time.monotonic() - self._begun_at > GUARD_SECONDS
        return self._length > MOST_COMPARED_BYTES or self._is_stream or is_slow

    async def flush(self, send: Send | None = None) -> None:
        """Send what is buffered, and all that follows as it comes."""
        send = self._send = send or self._send
        self.is_flushed = True
        if send is None:
            raise RuntimeError("a withheld response needs a send to be flushed")
        for message in self._messages:
            await send(message)
        self._messages.clear()


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
        from_edge = WithheldResponse(None)
        for_django = call.uncounted()

        async def send_djangos(message: Message) -> None:
            # Without the server's own headers, if Django's response has them.
            extra_headers = call.state.get("extra_response_headers")
            if extra_headers is not None and not for_django.state["extra_response_headers"]:
                extra_headers.clear()
            await call.send(message)

        from_django = WithheldResponse(send_djangos)
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
