"""Ask Django for a dry run of a write that the edge is about to do for real.

``core_site.rollout.dry_runs`` carries it out where the view allows it. Once its response arrives,
Django has rolled back and holds no lock.
"""

import asyncio
import logging
import time

from api_edge.proxy.errors import BadUpstreamResponse, ProxyError
from api_edge.proxy.forwarding import ForwardedRequest, TruncatedResponse
from api_edge.proxy.request_head import request_target
from api_edge.proxy.response_head import start_response
from api_edge.proxy.upstream import Upstream
from api_edge.rollout.body_buffer import replay_body
from api_edge.rollout.call import ComparedCall
from api_edge.rollout.content_encodings import NotDecodable, TooLarge, decode
from api_edge.rollout.effects import database_role
from api_edge.rollout.observations import MOST_COMPARED_BYTES, Observation, ResponseCapture
from api_edge.settings import Settings
from shared_domain.bounded_memory import BoundedMemory
from shared_domain.rollout import Endpoint, EndpointId, Outcome, Response, Stage
from shared_domain.rollout.django_dry_runs import DjangoDryRun, DryRunRequest, DryRunVerdict
from shared_domain.rollout.wire import DRY_RUN_HEADER, DRY_RUN_PATH, Purpose, Verdict, token

#: A view that allows no dry run is asked again after so long: a new release may allow it.
ASK_AGAIN_SECONDS = 60.0

#: What a dry run takes in Django besides the view: the way there and back, and its transactions.
MARGIN_SECONDS = 0.1

MOST_REFUSING = 2_000

#: A response without the header of a dry run: another upstream, an earlier release, another key.
UNSUPPORTED = DjangoDryRun(
    verdict=DryRunVerdict.REFUSED,
    reason="Django does no dry runs for this edge",
    is_lasting=True,
)

logger = logging.getLogger("api_edge")


class DjangoDryRuns:
    """Asks Django for dry runs, and remembers for a while which endpoints allow none."""

    def __init__(self, upstream: Upstream | None, settings: Settings, *, parity_key: str) -> None:
        self._upstream = upstream
        self._has_foreign_database = settings.has_foreign_database
        self._within_seconds = settings.dry_run_seconds
        self._token = token(Purpose.DRY_RUN, parity_key)
        self._reader = database_role(settings.database_url)
        self._refused_until: BoundedMemory[EndpointId, float] = BoundedMemory(most=MOST_REFUSING)
        #: The latest reason of each endpoint, which is logged once.
        self._logged: BoundedMemory[EndpointId, str] = BoundedMemory(most=MOST_REFUSING)

    def allows(self, endpoint: Endpoint) -> bool:
        """Return whether a write that the edge answers can be compared with Django's dry run.

        An endpoint for which Django has refused a dry run lately is left out.
        """
        until = self._refused_until.get(endpoint.id)
        return (
            not endpoint.is_read
            and endpoint.is_on_django
            and endpoint.stage in (Stage.CANARY, Stage.EDGE)
            and self._upstream is not None
            and not self._has_foreign_database
            and (until is None or until < time.monotonic())
        )

    async def run(self, call: ComparedCall) -> Observation | Verdict:
        """Return what Django would answer and write, or why that is not known."""
        if self._upstream is None:
            return Verdict.NO_DRY_RUN
        path, mark, query = request_target(call.scope).partition(b"?")
        shadow = call.django_scope(
            [(b"content-length", str(len(call.body)).encode())],
            facts={
                "target": DRY_RUN_PATH.encode() + mark + query,
                "dry_run_question": self._question(path),
            },
        )
        capture = ResponseCapture()
        request = ForwardedRequest(self._upstream, shadow, replay_body(call.body), capture)
        try:
            async with asyncio.timeout(self._within_seconds + MARGIN_SECONDS):
                await request.run()
        except (ProxyError, TruncatedResponse, TimeoutError):
            return Verdict.ABANDONED
        response = capture.response()
        if isinstance(response, Verdict):
            return response
        dry_run = None
        if response.header(DRY_RUN_HEADER) is not None:
            dry_run = DjangoDryRun.from_bytes(response.body)
        if dry_run is None:
            if response.status >= 500:
                return Verdict.ABANDONED
            dry_run = UNSUPPORTED
        if dry_run.verdict is DryRunVerdict.REFUSED:
            self._remember_refusal(call.context.endpoint, dry_run)
        if dry_run.verdict is not DryRunVerdict.DONE:
            return Verdict(dry_run.verdict.value)
        return _observe(dry_run)

    def _question(self, path: bytes) -> bytes:
        question = DryRunRequest(
            token=self._token,
            milliseconds=max(1, round(self._within_seconds * 1000)),
            reader=self._reader,
            path=path.decode("latin-1"),
        )
        return question.as_header().encode("latin-1")

    def _remember_refusal(self, endpoint: Endpoint, refusal: DjangoDryRun) -> None:
        if refusal.is_lasting:
            self._refused_until[endpoint.id] = time.monotonic() + ASK_AGAIN_SECONDS
        if self._logged.get(endpoint.id) != refusal.reason:
            self._logged[endpoint.id] = refusal.reason
            logger.warning(
                "%s: its writes are not compared, Django does no dry run: %s",
                endpoint.name,
                refusal.reason,
            )


def _observe(dry_run: DjangoDryRun) -> Observation | Verdict:
    """Return the response and effects of a dry run as the caller would get them."""
    raw_headers = [
        (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in dry_run.headers
    ]
    try:
        start = start_response({"state": {}}, dry_run.status, raw_headers, is_chunked=False)
        headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in start["headers"])
        response = decode(
            Response(dry_run.status, headers, dry_run.body), most_bytes=MOST_COMPARED_BYTES
        )
    except (BadUpstreamResponse, NotDecodable):
        return Verdict.UNREADABLE
    except TooLarge:
        return Verdict.TOO_LARGE
    observation = Observation(
        Outcome(response),
        dry_run.milliseconds,
        has_failed=dry_run.status >= 500,
        snapshot=dry_run.snapshot,
        has_used_transaction=True,
    )
    return observation.with_effects(dry_run.effects)
