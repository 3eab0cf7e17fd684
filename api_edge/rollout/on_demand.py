"""Compare one request on demand and report the verdict in response headers, for replays."""

import hmac
import time
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, replace

from api_edge.rollout.buffered_response import BufferedResponse
from api_edge.rollout.call import Call
from api_edge.rollout.comparator import Comparator
from api_edge.rollout.dispatch import Dispatcher
from api_edge.rollout.observations import MOST_COMPARED_BYTES, Observation
from api_edge.rollout.read_comparisons import ReadComparisons
from api_edge.rollout.read_verdicts import ComparisonResult
from api_edge.rollout.shadow_runner import ShadowRunner
from api_edge.rollout.write_comparisons import WriteComparisons
from shared_domain.rollout import Side, wire
from shared_domain.rollout.wire import Purpose, Verdict

#: Asks for a comparison of this request on any stage; its value is the token of the parity key.
COMPARE = wire.COMPARE_HEADER.encode()


@dataclass(frozen=True, slots=True)
class OnDemandComparison:
    """Compares one request synchronously, at any stage, if it bears the parity key's token."""

    dispatcher: Dispatcher
    shadows: ShadowRunner
    reads: ReadComparisons
    writes: WriteComparisons
    comparator: Comparator
    effects_question: bytes

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
        compared, began_at = call.copy_for_comparison(), time.perf_counter()
        edge: Observation | Verdict | None = None
        if not call.endpoint.is_read:
            dry_run = self.writes.edge_dry_runs.run(compared)
            edge = await self.shadows.run_if_room(call.endpoint, dry_run)
            call.state["effects_question"] = self.effects_question
        if isinstance(edge, Verdict):
            self.comparator.record_skipped(compared.context, edge)
        # A replay is no caller's: neither side counts it.
        call.state["is_shadow"] = True
        held = BufferedResponse(call.send)
        capture = await self.dispatcher.send_to_django(replace(call, send=held), is_recorded=False)
        django = call.observe(capture)
        comparison: Coroutine[object, object, ComparisonResult] | None = None
        if call.endpoint.is_read:
            comparison = self.reads.compare(compared, django=django)
        elif isinstance(django, Observation) and isinstance(edge, Observation):
            comparison = self.writes.compare(
                compared,
                dry_run_of=Side.EDGE,
                tried=edge,
                done=django,
                effects=call.recorded_effects(),
                began_at=began_at,
            )
        found: ComparisonResult | None = None
        if comparison is not None:
            found = await self.shadows.run_bounded(compared.context, comparison)
        verdict = Verdict.ABANDONED if found is None else found.verdict
        shown = self.comparator.render_differences(found, call.rules) if found else "[]"
        if held.messages:
            held.messages[0]["headers"] += [
                (wire.PARITY_HEADER.encode(), verdict.encode()),
                (wire.DIFFERENCES_HEADER.encode(), shown.encode()),
            ]
        await held.flush()
