"""Answer calls by one side, and compare them with a shadow request or a dry run of the other.

A read is answered first and compared afterwards. A write that Django answers has a dry run of the
edge before it; for a write that the edge answers see ``compared_writes``.
"""

import time

from api_edge.rollout.call import Call
from api_edge.rollout.comparator import Comparator, ComparedCall
from api_edge.rollout.dispatch import Dispatcher
from api_edge.rollout.observations import MOST_COMPARED_BYTES
from api_edge.rollout.routes import Answerer
from api_edge.rollout.shadowing import ShadowRunner
from shared_domain.rollout import Response
from shared_domain.rollout.wire import Verdict


class ShadowedCalls:
    """Answers calls by their route, and starts their comparison in the background."""

    def __init__(
        self, dispatcher: Dispatcher, shadows: ShadowRunner, comparator: Comparator
    ) -> None:
        self._dispatcher = dispatcher
        self._shadows = shadows
        self._comparator = comparator

    async def answer_read(self, call: Call) -> None:
        """Answer a read, and compare it afterwards unless its side failed to answer."""
        await call.body.read_if_any(MOST_COMPARED_BYTES)
        is_small = call.body.is_whole
        is_django = call.route.answerer is Answerer.DJANGO
        snapshot_before = None if is_django else await self._shadows.current_snapshot()
        capture = await self._dispatcher.answer(call)
        if capture is None or (is_django and not capture.status):
            return
        compared = ComparedCall.from_call(call)
        if not is_small:
            self._comparator.record_skipped(compared, Verdict.TOO_LARGE)
        elif not is_django:
            self._shadows.start_read(
                compared, edge=call.observe(capture), snapshot_before=snapshot_before
            )
        else:
            self._shadows.start_read(compared, django=call.observe(capture))

    async def answer_write(self, call: Call) -> None:
        """Let the edge make a dry run of a write, then let Django answer, and compare the two."""
        is_small = await call.body.read_up_to(MOST_COMPARED_BYTES)
        compared = ComparedCall.from_call(call)
        if not is_small:
            self._comparator.record_skipped(compared, Verdict.TOO_LARGE)
            await self._dispatcher.send_to_django(call)
            return
        began_at = time.perf_counter()
        edge = await self._shadows.dry_run(compared)
        if edge is not None:
            call.state["effects_question"] = self._shadows.django_effects.question
        capture = await self._dispatcher.send_to_django(call)
        if edge is None or not capture.status:
            return
        django = call.observe(capture)
        if isinstance(django, Verdict):
            self._comparator.record_skipped(compared, django)
            return
        self._shadows.start(
            compared,
            self._shadows.compare_write(
                compared,
                django=django,
                edge=edge,
                began_at=began_at,
                django_effects=call.state.get("django_effects"),
            ),
        )

    async def record_only(self, call: Call) -> None:
        """Let Django answer, and record the call, from which the edge's endpoint can be written."""
        is_small = await call.body.read_up_to(MOST_COMPARED_BYTES)
        capture = await self._dispatcher.send_to_django(call)
        answer = capture.response()
        if is_small and capture.is_whole and isinstance(answer, Response):
            self._shadows.start_recording(ComparedCall.from_call(call), answer)
