"""A guarded read: both halves are asked at once, and the edge's answer goes out only if it agrees.

The answer that goes out is the one that was compared. A difference is confirmed afterwards, as in
stage ``shadow``: the caller has Django's answer by then.
"""

import asyncio
import time

from starlette.types import Message, Scope, Send

from api_edge.rollout.body_buffer import BufferedBody
from api_edge.rollout.comparator import Comparator, ComparedCall
from api_edge.rollout.dispatch import Dispatcher, EdgeFailed
from api_edge.rollout.edge_endpoints import EdgeEndpoint
from api_edge.rollout.observations import (
    MOST_COMPARED_BYTES,
    NotCompared,
    Observation,
    given,
    observe_response,
)
from api_edge.rollout.shadowing import ShadowRunner
from shared_domain.rollout import Endpoint

#: How long a caller waits for the edge once Django has answered.
GUARD_SECONDS = 1.0


class WithheldResponse:
    """An answer that waits until it is known whether it goes out.

    A large one goes at once, and so does one that is a stream, or takes long after it has begun.
    """

    def __init__(self, send: Send | None) -> None:
        """Without ``send``, what is too large is dropped."""
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
        """Send what is here; what comes later follows it."""
        send = self._send = send or self._send
        self.is_flushed = True
        if send is None:
            raise RuntimeError("there is nobody to send it to")
        for message in self._messages:
            await send(message)
        self._messages.clear()


class GuardedReads:
    """Answers reads of endpoints that are guarded."""

    def __init__(
        self, dispatcher: Dispatcher, shadows: ShadowRunner, comparator: Comparator
    ) -> None:
        self._dispatcher = dispatcher
        self._shadows = shadows
        self._comparator = comparator

    async def answer(
        self, endpoint: Endpoint, own: EdgeEndpoint, scope: Scope, body: BufferedBody, send: Send
    ) -> None:
        """Ask both halves, and send the edge's answer if it agrees, Django's if not.

        A caller waits for the slower of both, but for the edge no longer than ``GUARD_SECONDS``
        after Django's answer. Nothing here depends on room for comparisons: where a difference
        cannot be confirmed for want of it, Django has answered all the same.
        """
        call = ComparedCall.from_scope(endpoint, own.rules, scope, is_guarded=True)
        if not body.is_whole:
            self._comparator.record_skipped(call, NotCompared.TOO_LARGE.value)
            await self._dispatcher.send_to_django(endpoint, scope, body.receive(), send)
            return
        for_django, edges = _scope_for_django(scope), WithheldResponse(None)
        djangos = WithheldResponse(_sender_of_django(scope, for_django, send))
        asking = asyncio.create_task(self._ask_edge(endpoint, own, scope, body, edges))
        try:
            capture = await self._dispatcher.call_django(for_django, body.receive(), djangos)
            django = observe_response(capture, for_django)
            is_needed = capture.status and not djangos.is_flushed
            await asyncio.wait({asking}, timeout=GUARD_SECONDS if is_needed else 0)
            edge, snapshot_before = asking.result() if asking.done() else (None, None)
        finally:
            asking.cancel()
        self._dispatcher.record_release(endpoint, for_django, capture)
        if (
            is_needed
            and isinstance(django, Observation)
            and isinstance(edge, Observation)
            and await self._comparator.is_match(call, (django, edge))
        ):
            await edges.flush(send)
            await self._dispatcher.record_edge_response(endpoint, edge)
            await self._comparator.record_match(call, (django, edge))
            return
        await djangos.flush()
        await self._dispatcher.record_django_response(endpoint, capture)
        if not capture.status:
            return
        if isinstance(edge, EdgeFailed):
            await self._dispatcher.fell_back(endpoint, scope)
        elif edge is None and is_needed:
            self._comparator.record_skipped(call, "abandoned")
            await self._dispatcher.fell_back(endpoint, scope)
        elif edge is None:
            self._comparator.record_skipped(call, NotCompared.TOO_LARGE.value)
        else:
            # The rounds that confirm a difference; or it is taken down why there is none.
            self._shadows.start(
                call,
                self._shadows.compare_read(
                    call,
                    own,
                    scope,
                    body.body,
                    django=django,
                    edge=edge,
                    snapshot_before=snapshot_before,
                ),
            )

    async def _ask_edge(
        self,
        endpoint: Endpoint,
        own: EdgeEndpoint,
        scope: Scope,
        body: BufferedBody,
        kept: WithheldResponse,
    ) -> tuple[Observation | NotCompared | EdgeFailed, str | None]:
        """Return the edge's answer, and PostgreSQL's snapshot before the edge was asked."""
        snapshot_before = await self._shadows.current_snapshot()
        return await self._dispatcher.call_edge(own, scope, given(body.body), kept), snapshot_before


def _scope_for_django(scope: Scope) -> Scope:
    """Return the scope of a call that the door makes itself: the site does not count it."""
    state = {**scope["state"], "is_shadow": True}
    if "extra_response_headers" in state:
        state["extra_response_headers"] = list(state["extra_response_headers"])
    return {**scope, "state": state}


def _sender_of_django(scope: Scope, for_django: Scope, send: Send) -> Send:
    """Return what sends Django's answer, with the server's own headers left out if it has them."""

    async def send_djangos(message: Message) -> None:
        extra_response_headers = scope["state"].get("extra_response_headers")
        if extra_response_headers is not None and not for_django["state"]["extra_response_headers"]:
            extra_response_headers.clear()
        await send(message)

    return send_djangos
