"""A comparison that is asked for, and told in the answer: for replays and their self-test."""

import hmac
import time

from starlette.types import Message, Receive, Scope, Send

from api_edge.rollout.body_buffer import BufferedBody
from api_edge.rollout.comparator import Comparator, ComparedCall
from api_edge.rollout.dispatch import Dispatcher
from api_edge.rollout.edge_endpoints import EdgeEndpoint
from api_edge.rollout.observations import (
    MOST_COMPARED_BYTES,
    Observation,
    ResponseCapture,
    observe_response,
)
from api_edge.rollout.read_verdicts import ComparisonResult
from api_edge.rollout.shadowing import ShadowRunner
from shared_domain.rollout import Endpoint, wire
from shared_domain.rollout.wire import Purpose, Verdict

#: Asks for a comparison of this request on any stage; its value is the token of the parity key.
COMPARE = wire.COMPARE_HEADER.encode()


class OnDemandComparison:
    """Whoever knows the parity key may ask for it, on any stage."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        shadows: ShadowRunner,
        comparator: Comparator,
        *,
        key: bytes,
    ) -> None:
        self._dispatcher = dispatcher
        self._shadows = shadows
        self._comparator = comparator
        self._token = wire.token(Purpose.COMPARE, key.decode()).encode()

    def is_requested(self, scope: Scope) -> bool:
        sent = [value for name, value in scope["headers"] if name == COMPARE]
        return len(sent) == 1 and hmac.compare_digest(sent[0], self._token)

    async def answer(
        self, endpoint: Endpoint, own: EdgeEndpoint, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer with Django's answer, and with what comparing it has shown, in headers."""
        taken, held = BufferedBody(receive, scope), _Messages()
        if not await taken.read_up_to(MOST_COMPARED_BYTES):
            await self._dispatcher.send_to_django(endpoint, scope, taken.receive(), send)
            return
        edge = None
        call = ComparedCall.from_scope(endpoint, own.rules, scope)
        if not endpoint.is_read:
            edge = await self._shadows.dry_run(call, scope, taken.body)
            self._shadows.django_effects.request(scope)
        # Nobody's call: neither half counts it.
        scope["state"]["is_shadow"] = True
        capture, began_at = ResponseCapture(held), time.perf_counter()
        await self._dispatcher.proxy(scope, taken.receive(), capture)
        capture.milliseconds = ((capture.started_at or time.perf_counter()) - began_at) * 1000
        django = observe_response(capture, scope)
        found: ComparisonResult | None = None
        if endpoint.is_read:
            found = await self._shadows.run_bounded(
                call, self._shadows.compare_read(call, own, scope, taken.body, django=django)
            )
        elif isinstance(django, Observation) and edge is not None:
            found = await self._shadows.run_bounded(
                call,
                self._shadows.compare_write(call, own, scope, taken.body, django=django, edge=edge),
            )
        verdict = Verdict.ABANDONED.value if found is None else found.verdict
        shown = self._comparator.render_differences(found, own.rules) if found else "[]"
        await held.send(
            send,
            [
                (wire.PARITY_HEADER.encode(), verdict.encode()),
                (wire.DIFFERENCES_HEADER.encode(), shown.encode()),
            ],
        )


class _Messages:
    """An answer that waits for headers of our own."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self._messages.append(message)

    async def send(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        for message in self._messages:
            if message["type"] == "http.response.start":
                message["headers"].extend(headers)
            await send(message)
