"""Answer calls by one side, and compare them with a shadow request or a dry run of the other.

A read is answered first and compared afterwards. Before a write, the side that does not answer the
caller makes a dry run: the edge in stage ``shadow``, Django in ``canary`` and ``edge``.
"""

import time
from dataclasses import dataclass

from api_edge.postgresql.database import Pool
from api_edge.rollout.call import Call, ComparedCall
from api_edge.rollout.comparator import Comparator
from api_edge.rollout.dispatch import MOST_BODY_BYTES, Dispatcher
from api_edge.rollout.effects import RecordedTransaction
from api_edge.rollout.observations import MOST_COMPARED_BYTES, Observation
from api_edge.rollout.routes import Answerer
from api_edge.rollout.shadowing import ShadowRunner
from shared_domain.rollout import Response, Side
from shared_domain.rollout.wire import Verdict


@dataclass(frozen=True, slots=True)
class ShadowedCalls:
    """Answers calls by their route, and starts their comparison in the background."""

    dispatcher: Dispatcher
    shadows: ShadowRunner
    comparator: Comparator
    #: The pool of callers: a write of the edge is real.
    pool: Pool

    async def answer_read(self, call: Call) -> None:
        """Answer a read, and compare it afterwards unless its side failed to answer."""
        await call.body.read_if_any(MOST_COMPARED_BYTES)
        is_small = call.body.is_whole
        is_django = call.route.answerer is Answerer.DJANGO
        snapshot_before = None if is_django else await self.shadows.current_snapshot()
        capture = await self.dispatcher.answer(call)
        if capture is None or (is_django and not capture.status):
            return
        compared = ComparedCall.from_call(call)
        if not is_small:
            self.comparator.record_skipped(compared, Verdict.TOO_LARGE)
            return
        observed = call.observe(capture)
        comparison = self.shadows.compare_read(
            compared,
            django=observed if is_django else None,
            edge=None if is_django else observed,
            snapshot_before=snapshot_before,
        )
        self.shadows.start(compared, comparison)

    async def answer_django_write(self, call: Call) -> None:
        """Let the edge make a dry run of a write, then let Django answer, and compare the two."""
        is_small = await call.body.read_up_to(MOST_COMPARED_BYTES)
        compared = ComparedCall.from_call(call)
        if not is_small:
            self.comparator.record_skipped(compared, Verdict.TOO_LARGE)
            await self.dispatcher.send_to_django(call)
            return
        began_at = time.perf_counter()
        edge = await self.shadows.dry_run_edge(compared)
        if edge is not None:
            call.state["effects_question"] = self.shadows.effects_question
        capture = await self.dispatcher.send_to_django(call)
        if edge is None or not capture.status:
            return
        django = call.observe(capture)
        if isinstance(django, Verdict):
            self.comparator.record_skipped(compared, django)
            return
        comparison = self.shadows.compare_django_write(
            compared, django=django, edge=edge, began_at=began_at
        )
        self.shadows.start(compared, comparison)

    async def answer_edge_write(self, call: Call) -> None:
        """Let Django make a dry run of a write, then let the edge answer, and compare the two."""
        is_whole = await call.body.read_up_to(MOST_BODY_BYTES)
        compared = ComparedCall.from_call(call)
        django: Observation | Verdict = Verdict.TOO_LARGE
        began_at = time.perf_counter()
        if is_whole and len(compared.body) <= MOST_COMPARED_BYTES:
            django = await self.shadows.dry_run_django(compared)
        if isinstance(django, Verdict):
            self.comparator.record_skipped(compared, django)
            await self.dispatcher.answer(call)
            return
        transaction = RecordedTransaction(self.pool)
        call.state["transaction"] = transaction
        capture = await self.dispatcher.answer(call)
        if capture is None or not capture.status:
            return
        edge = call.observe(capture)
        if isinstance(edge, Observation):
            edge = edge.with_effects(transaction.recorded)
        if isinstance(edge, Verdict):
            self.comparator.record_skipped(compared, edge, django=django)
            return
        comparison = self.shadows.compare_write(
            compared, django=django, edge=edge, dry_run_of=Side.DJANGO, began_at=began_at
        )
        self.shadows.start(compared, comparison)

    async def record_only(self, call: Call) -> None:
        """Let Django answer, and record the call, from which the edge's endpoint can be written."""
        is_small = await call.body.read_up_to(MOST_COMPARED_BYTES)
        capture = await self.dispatcher.send_to_django(call)
        response = capture.response()
        if is_small and capture.is_whole and isinstance(response, Response):
            compared = ComparedCall.from_call(call)
            self.shadows.start(compared, self.shadows.request_recorder.record(compared, response))
