"""Compare one request on demand and report the verdict in response headers, for replays."""

import hmac
import time
from collections.abc import Iterable
from dataclasses import replace

from api_edge.rollout.buffered_response import BufferedResponse
from api_edge.rollout.call import Call
from api_edge.rollout.comparator import Comparator, ComparedCall
from api_edge.rollout.dispatch import Dispatcher
from api_edge.rollout.observations import MOST_COMPARED_BYTES, Observation
from api_edge.rollout.read_verdicts import ComparisonResult
from api_edge.rollout.shadowing import ShadowRunner
from shared_domain.rollout import wire
from shared_domain.rollout.wire import Purpose, Verdict

#: Asks for a comparison of this request on any stage; its value is the token of the parity key.
COMPARE = wire.COMPARE_HEADER.encode()


class OnDemandComparison:
    """Compares one request synchronously, at any stage, if it bears the parity key's token."""

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

    def is_requested(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Return whether a request asks for a comparison, and bears the parity key's token."""
        sent = [value for name, value in headers if name == COMPARE]
        return len(sent) == 1 and hmac.compare_digest(sent[0], self._token)

    async def answer(self, call: Call) -> None:
        """Answer with Django's response, and the verdict and differences in its headers."""
        if not await call.body.read_up_to(MOST_COMPARED_BYTES):
            await self._dispatcher.send_to_django(call)
            return
        edge, began_at = None, time.perf_counter()
        compared = ComparedCall.from_call(call)
        if not call.endpoint.is_read:
            edge = await self._shadows.dry_run(compared)
            call.state["effects_question"] = self._shadows.django_effects.question
        # A replay is no caller's: neither side counts it.
        call.state["is_shadow"] = True
        held = BufferedResponse(call.send)
        capture = await self._dispatcher.send_to_django(replace(call, send=held), is_recorded=False)
        django = call.observe(capture)
        found: ComparisonResult | None = None
        if call.endpoint.is_read:
            found = await self._shadows.run_bounded(
                compared, self._shadows.compare_read(compared, django=django)
            )
        elif isinstance(django, Observation) and edge is not None:
            found = await self._shadows.run_bounded(
                compared,
                self._shadows.compare_write(
                    compared,
                    django=django,
                    edge=edge,
                    began_at=began_at,
                    django_effects=call.state.get("django_effects"),
                ),
            )
        verdict = Verdict.ABANDONED if found is None else found.verdict
        shown = self._comparator.render_differences(found, call.rules) if found else "[]"
        if held.messages:
            held.messages[0]["headers"] += [
                (wire.PARITY_HEADER.encode(), verdict.encode()),
                (wire.DIFFERENCES_HEADER.encode(), shown.encode()),
            ]
        await held.flush()
