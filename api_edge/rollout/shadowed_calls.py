"""Answer calls by one side, and compare them with a shadow request or a dry run of the other.

A read is answered first and compared afterwards. Before a write, the side that does not answer the
caller makes a dry run: the edge in stage ``shadow``, Django in ``canary`` and ``edge``.
"""

import time
from dataclasses import dataclass

from api_edge.postgresql.database import Pool
from api_edge.rollout.call import Call
from api_edge.rollout.comparator import Comparator
from api_edge.rollout.dispatch import Dispatcher
from api_edge.rollout.effects import RecordedTransaction
from api_edge.rollout.observations import MOST_COMPARED_BYTES, Observation
from api_edge.rollout.read_comparisons import ReadComparisons
from api_edge.rollout.request_recorder import RequestRecorder
from api_edge.rollout.routes import Answerer
from api_edge.rollout.shadow_runner import ShadowRunner
from api_edge.rollout.write_comparisons import WriteComparisons
from shared_domain.rollout import Response, Side
from shared_domain.rollout.wire import Verdict


@dataclass(frozen=True, slots=True)
class ShadowedCalls:
    """Answers calls by their route, and starts their comparison in the background."""

    dispatcher: Dispatcher
    shadows: ShadowRunner
    reads: ReadComparisons
    writes: WriteComparisons
    comparator: Comparator
    request_recorder: RequestRecorder
    #: Asks Django for the rows that it writes (``RequestState.effects_question``).
    effects_question: bytes
    #: The pool of callers: a write of the edge is real.
    pool: Pool

    async def answer_read(self, call: Call) -> None:
        """Answer a read, and compare it afterwards unless its side failed to answer."""
        await call.body.read_if_any(MOST_COMPARED_BYTES)
        is_small = call.body.is_whole
        is_django = call.route.answerer is Answerer.DJANGO
        snapshot_before = None if is_django else await self.reads.current_snapshot()
        capture = await self.dispatcher.answer(call)
        if capture is None or (is_django and not capture.status):
            return
        compared = call.copy_for_comparison()
        if not is_small:
            self.comparator.record_skipped(compared.context, Verdict.TOO_LARGE)
            return
        observed = call.observe(capture)
        comparison = self.reads.compare(
            compared,
            django=observed if is_django else None,
            edge=None if is_django else observed,
            snapshot_before=snapshot_before,
        )
        self.shadows.start(compared.context, comparison)

    async def answer_write(self, call: Call) -> None:
        """Let the other side make a dry run of a write, then answer, and compare the two."""
        dry_run_of = Side.EDGE if call.route.answerer is Answerer.DJANGO else Side.DJANGO
        is_small = await call.body.read_up_to(MOST_COMPARED_BYTES)
        compared, began_at = call.copy_for_comparison(), time.perf_counter()
        tried: Observation | Verdict | None = Verdict.TOO_LARGE
        if is_small:
            dry_run = self.writes.select_dry_runs(dry_run_of).run(compared)
            tried = await self.shadows.run_if_room(call.endpoint, dry_run)
        if isinstance(tried, Verdict):
            self.comparator.record_skipped(compared.context, tried)
        if not isinstance(tried, Observation):
            await self.dispatcher.answer(call)
            return
        if dry_run_of is Side.EDGE:
            call.state["effects_question"] = self.effects_question
        else:
            call.state["transaction"] = RecordedTransaction(self.pool)
        capture = await self.dispatcher.answer(call)
        if capture is None or not capture.status:
            return
        done = call.observe(capture)
        if isinstance(done, Verdict):
            django = tried if dry_run_of is Side.DJANGO else None
            self.comparator.record_skipped(compared.context, done, django=django)
            return
        comparison = self.writes.compare(
            compared,
            dry_run_of=dry_run_of,
            tried=tried,
            done=done,
            effects=call.recorded_effects(),
            began_at=began_at,
        )
        self.shadows.start(compared.context, comparison)

    async def record_only(self, call: Call) -> None:
        """Let Django answer, and record the call, from which the edge's endpoint can be written."""
        is_small = await call.body.read_up_to(MOST_COMPARED_BYTES)
        capture = await self.dispatcher.send_to_django(call)
        response = capture.response()
        if is_small and capture.is_whole and isinstance(response, Response):
            compared = call.copy_for_comparison()
            recording = self.request_recorder.record(compared, response)
            self.shadows.start(compared.context, recording)
