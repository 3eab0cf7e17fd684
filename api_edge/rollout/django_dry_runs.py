"""Asks Django for a dry run of a write that the edge is about to do for real.

The site carries it out by ``core_site.rollout.dry_runs``, where its view allows it. When the
answer is here, Django has rolled back and holds no lock.
"""

import asyncio
import logging
import time

from starlette.types import Scope

from api_edge.proxy.errors import BadUpstreamResponse, ProxyError
from api_edge.proxy.forwarding import ForwardedRequest, TruncatedResponse
from api_edge.proxy.request_head import request_target
from api_edge.proxy.response_head import start_response
from api_edge.proxy.trusted_proxies import TrustedProxies
from api_edge.proxy.upstream import Upstream
from api_edge.request_state import request_state
from api_edge.rollout.body_buffer import replay_body
from api_edge.rollout.comparator import ComparedCall
from api_edge.rollout.content_encodings import NotDecodable, TooLarge, decoded
from api_edge.rollout.effects import TooManyEffects, database_role, parse_effects
from api_edge.rollout.observations import (
    BODY_HEADERS,
    MOST_COMPARED_BYTES,
    Observation,
    ResponseCapture,
)
from shared_domain.bounded_memory import BoundedMemory
from shared_domain.rollout import Endpoint, EndpointId, Outcome, Response
from shared_domain.rollout.django_dry_runs import DjangoDryRun, DryRunRequest, DryRunVerdict
from shared_domain.rollout.wire import DRY_RUN_HEADER, DRY_RUN_PATH, Purpose, Verdict, token

#: A view that allows no dry run is asked again after so long: a new release may allow it.
ASK_AGAIN_SECONDS = 60.0

#: What a site takes for a dry run besides the view: the way there and back, and its transactions.
MARGIN_SECONDS = 0.1

MOST_REFUSING = 2_000

logger = logging.getLogger("api_edge")


class DjangoDryRuns:
    """Remembers which endpoints allow no dry run: few of their calls pay for the question."""

    def __init__(
        self,
        site: Upstream,
        proxies: TrustedProxies,
        *,
        parity_key: str,
        database_url: str,
        within_seconds: float,
    ) -> None:
        """``within_seconds`` is how long the view may take."""
        self._site, self._proxies = site, proxies
        self._within_seconds = within_seconds
        self._token = token(Purpose.DRY_RUN, parity_key)
        self._reader = database_role(database_url)
        self._refusing: BoundedMemory[EndpointId, float] = BoundedMemory(most=MOST_REFUSING)
        #: The latest reason of each, which is logged once.
        self._told: BoundedMemory[EndpointId, str] = BoundedMemory(most=MOST_REFUSING)

    def allows(self, endpoint: Endpoint) -> bool:
        """Return whether Django has not refused a dry run of this endpoint lately."""
        until = self._refusing.get(endpoint.id)
        return until is None or until < time.monotonic()

    async def run(self, call: ComparedCall) -> Observation | Verdict:
        """Return what Django would answer and write, or why that is not known."""
        try:
            async with asyncio.timeout(self._within_seconds + MARGIN_SECONDS):
                answer = await self._exchange(call.scope, call.body)
        except (ProxyError, TruncatedResponse, TimeoutError):
            return Verdict.ABANDONED
        if isinstance(answer, Verdict):
            return answer
        said = None
        if answer.header(DRY_RUN_HEADER) is not None:
            said = DjangoDryRun.from_bytes(answer.body)
        if said is None:
            if answer.status >= 500:
                return Verdict.ABANDONED
            # Another site, an earlier release, or another key.
            said = DjangoDryRun(
                verdict=DryRunVerdict.REFUSED,
                reason="the site does not do dry runs for this door",
                is_lasting=True,
            )
        if said.verdict is DryRunVerdict.REFUSED:
            self._refused(call.endpoint, said)
        if said.verdict is not DryRunVerdict.DONE:
            return Verdict(said.verdict.value)
        return _asked(said)

    async def _exchange(self, scope: Scope, body: bytes) -> Response | Verdict:
        path, mark, query = request_target(scope).partition(b"?")
        question = DryRunRequest(
            token=self._token,
            milliseconds=max(1, round(self._within_seconds * 1000)),
            reader=self._reader,
            path=path.decode("latin-1"),
        )
        state = {
            **request_state(scope),
            "is_shadow": True,
            "target": DRY_RUN_PATH.encode() + mark + query,
            "dry_run_question": question.as_header().encode("latin-1"),
        }
        for name in ("extra_response_headers", "release_token", "effects_question"):
            state.pop(name, None)
        headers = [one for one in scope["headers"] if one[0] not in BODY_HEADERS]
        headers.append((b"content-length", str(len(body)).encode()))
        asked = {**scope, "state": state, "headers": headers}
        capture = ResponseCapture()
        await ForwardedRequest(self._site, self._proxies, asked, replay_body(body), capture).run()
        return capture.response()

    def _refused(self, endpoint: Endpoint, said: DjangoDryRun) -> None:
        if said.is_lasting:
            self._refusing[endpoint.id] = time.monotonic() + ASK_AGAIN_SECONDS
        if self._told.get(endpoint.id) != said.reason:
            self._told[endpoint.id] = said.reason
            logger.warning(
                "%s: its writes are not compared, Django does no dry run: %s",
                endpoint.name,
                said.reason,
            )


def _asked(said: DjangoDryRun) -> Observation | Verdict:
    headers = [
        (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in said.headers
    ]
    try:
        # As the caller would get it.
        start = start_response({"state": {}}, said.status, headers, is_chunked=False)
        sent = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in start["headers"])
        answer = decoded(Response(said.status, sent, said.body), most_bytes=MOST_COMPARED_BYTES)
        effects = parse_effects(said.effects)
    except (BadUpstreamResponse, NotDecodable):
        return Verdict.UNREADABLE
    except (TooLarge, TooManyEffects):
        return Verdict.TOO_LARGE
    return Observation(
        Outcome(answer, effects),
        said.milliseconds,
        has_failed=said.status >= 500,
        snapshot=said.snapshot,
        has_used_transaction=True,
    )
