"""Compare one request on demand and report the verdict in response headers, for replays."""

import hmac
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from api_edge.rollout.buffered_response import BufferedResponse
from api_edge.rollout.call import Call, ComparedCall
from api_edge.rollout.comparator import Comparator
from api_edge.rollout.dispatch import Dispatcher
from api_edge.rollout.observations import MOST_COMPARED_BYTES, Observation
from api_edge.rollout.read_verdicts import ComparisonResult
from api_edge.rollout.shadowing import ShadowRunner
from shared_domain.rollout import wire
from shared_domain.rollout.wire import Purpose, Verdict

#: Asks for a comparison of this request on any stage; its value is the token of the parity key.
COMPARE = wire.COMPARE_HEADER.encode()


@dataclass(frozen=True, slots=True)
class OnDemandComparison:
    """Compares one request synchronously, at any stage, if it bears the parity key's token."""

    dispatcher: Dispatcher
    shadows: ShadowRunner
    comparator: Comparator

    def is_requested(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Return whether a request asks for a comparison, and bears the parity key's token."""
        sent = [value for name, value in headers if name == COMPARE]
        if len(sent) != 1:
            return False
        token = wire.token(Purpose.COMPARE, self.comparator.key.decode())
        return hmac.compare_digest(sent[0], token.encode())

    async def answer(self, call: Call) -> None:
        """Answer with Django's response, and the verdict and differences in its headers."""
        if not await call.body.read_up_to(MOST_COMPARED_BYTES):
            await self.dispatcher.send_to_django(call)
            return
        edge, began_at = None, time.perf_counter()
        compared = ComparedCall.from_call(call)
        if not call.endpoint.is_read:
            edge = await self.shadows.dry_run_edge(compared)
            call.state["effects_question"] = self.shadows.effects_question
        # A replay is no caller's: neither side counts it.
        call.state["is_shadow"] = True
        held = BufferedResponse(call.send)
        capture = await self.dispatcher.send_to_django(replace(call, send=held), is_recorded=False)
        django = call.observe(capture)
        found: ComparisonResult | None = None
        if call.endpoint.is_read:
            comparison = self.shadows.compare_read(compared, django=django)
            found = await self.shadows.run_bounded(compared, comparison)
        elif isinstance(django, Observation) and edge is not None:
            comparison = self.shadows.compare_django_write(
                compared, django=django, edge=edge, began_at=began_at
            )
            found = await self.shadows.run_bounded(compared, comparison)
        verdict = Verdict.ABANDONED if found is None else found.verdict
        shown = self.comparator.render_differences(found, call.rules) if found else "[]"
        if held.messages:
            held.messages[0]["headers"] += [
                (wire.PARITY_HEADER.encode(), verdict.encode()),
                (wire.DIFFERENCES_HEADER.encode(), shown.encode()),
            ]
        await held.flush()
