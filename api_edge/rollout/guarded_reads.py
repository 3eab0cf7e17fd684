"""A guarded read: both halves are asked at once, and the edge's answer goes out only if it agrees.

The answer that goes out is the one that was compared. A difference is confirmed afterwards, as in
stage ``shadow``: the caller has Django's answer by then.
"""

import asyncio
import time

from starlette.types import Message, Scope, Send

from api_edge.rollout.body_buffer import Taken
from api_edge.rollout.comparator import ComparedCall, Comparisons
from api_edge.rollout.dispatch import Answering, EdgeFailed
from api_edge.rollout.edge_endpoints import OwnEndpoint
from api_edge.rollout.observations import (
    MOST_COMPARED_BYTES,
    Asked,
    NotCompared,
    asked_of,
    given,
)
from api_edge.rollout.shadowing import SecondOpinions
from shared_domain.rollout import Endpoint

#: How long a caller waits for the edge once Django has answered.
GUARD_SECONDS = 1.0


class Kept:
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
        self.is_let_go = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begun_at = time.monotonic()
            kind = dict(message["headers"]).get(b"content-type", b"")
            self._is_stream = kind.startswith(b"text/event-stream")
        self._length += len(message.get("body", b""))
        if self.is_let_go and self._send is not None:
            await self._send(message)
            return
        self._messages.append(message)
        if self._is_held_too_long:
            if self._send is None:
                self._messages.clear()
            else:
                await self.let_go()

    @property
    def _is_held_too_long(self) -> bool:
        is_slow = self._send is not None and time.monotonic() - self._begun_at > GUARD_SECONDS
        return self._length > MOST_COMPARED_BYTES or self._is_stream or is_slow

    async def let_go(self, send: Send | None = None) -> None:
        """Send what is here; what comes later follows it."""
        send = self._send = send or self._send
        self.is_let_go = True
        if send is None:
            raise RuntimeError("there is nobody to send it to")
        for message in self._messages:
            await send(message)
        self._messages.clear()


class GuardedReads:
    """Answers reads of endpoints that are guarded."""

    def __init__(
        self, answering: Answering, opinions: SecondOpinions, comparisons: Comparisons
    ) -> None:
        self._answering = answering
        self._opinions = opinions
        self._comparisons = comparisons

    async def answer(
        self, endpoint: Endpoint, own: OwnEndpoint, scope: Scope, body: Taken, send: Send
    ) -> None:
        """Ask both halves, and send the edge's answer if it agrees, Django's if not.

        A caller waits for the slower of both, but for the edge no longer than ``GUARD_SECONDS``
        after Django's answer. Nothing here depends on room for comparisons: where a difference
        cannot be confirmed for want of it, Django has answered all the same.
        """
        call = ComparedCall.of(endpoint, own.rules, scope, is_guarded=True)
        if not body.is_whole:
            self._comparisons.left_out(call, NotCompared.TOO_LARGE.value)
            await self._answering.by_django(endpoint, scope, body.receive(), send)
            return
        for_django, edges = _scope_for_django(scope), Kept(None)
        djangos = Kept(_sender_of_django(scope, for_django, send))
        asking = asyncio.create_task(self._ask_edge(endpoint, own, scope, body, edges))
        try:
            capture = await self._answering.ask_django(for_django, body.receive(), djangos)
            django = asked_of(capture, for_django)
            is_needed = capture.status and not djangos.is_let_go
            await asyncio.wait({asking}, timeout=GUARD_SECONDS if is_needed else 0)
            edge, mark = asking.result() if asking.done() else (None, None)
        finally:
            asking.cancel()
        self._answering.has_heard(endpoint, for_django, capture)
        if (
            is_needed
            and isinstance(django, Asked)
            and isinstance(edge, Asked)
            and await self._comparisons.agree(call, (django, edge))
        ):
            await edges.let_go(send)
            await self._answering.edge_has_answered(endpoint, edge)
            await self._comparisons.agreed(call, (django, edge))
            return
        await djangos.let_go()
        await self._answering.django_has_answered(endpoint, capture)
        if not capture.status:
            return
        if isinstance(edge, EdgeFailed):
            await self._answering.fell_back(endpoint, scope)
        elif edge is None and is_needed:
            self._comparisons.left_out(call, "abandoned")
            await self._answering.fell_back(endpoint, scope)
        elif edge is None:
            self._comparisons.left_out(call, NotCompared.TOO_LARGE.value)
        else:
            # The rounds that confirm a difference; or it is taken down why there is none.
            self._opinions.start(
                call,
                self._opinions.compare_read(
                    call, own, scope, body.body, django=django, edge=edge, mark=mark
                ),
            )

    async def _ask_edge(
        self, endpoint: Endpoint, own: OwnEndpoint, scope: Scope, body: Taken, kept: Kept
    ) -> tuple[Asked | NotCompared | EdgeFailed, str | None]:
        """Return the edge's answer, and a mark of what was written before it was asked."""
        mark = await self._opinions.mark()
        return await self._answering.ask_edge(own, scope, given(body.body), kept), mark


def _scope_for_django(scope: Scope) -> Scope:
    """Return the scope of a call that the door makes itself: the site does not count it."""
    state = {**scope["state"], "is_shadow": True}
    if "own_headers" in state:
        state["own_headers"] = list(state["own_headers"])
    return {**scope, "state": state}


def _sender_of_django(scope: Scope, for_django: Scope, send: Send) -> Send:
    """Return what sends Django's answer, with the server's own headers left out if it has them."""

    async def send_djangos(message: Message) -> None:
        own_headers = scope["state"].get("own_headers")
        if own_headers is not None and not for_django["state"]["own_headers"]:
            own_headers.clear()
        await send(message)

    return send_djangos
