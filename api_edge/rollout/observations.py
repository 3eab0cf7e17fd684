"""Observe what one side answers to a call, and the edge's response in a dry run."""

import logging
import time
from dataclasses import dataclass, replace
from typing import cast

from starlette.types import ASGIApp, Message, Scope, Send

from api_edge.auth.callers import caller_name
from api_edge.request_state import RequestState, request_state
from api_edge.rollout.body_buffer import replay_body
from api_edge.rollout.content_encodings import NotDecodable, TooLarge, decode
from api_edge.rollout.dry_run import DryRunTransaction
from api_edge.rollout.effects import TooManyEffects, parse_effects
from shared_domain.rollout import CallerName, Outcome, Response
from shared_domain.rollout.wire import Verdict
from shared_domain.tracebacks import format_without_values

logger = logging.getLogger("api_edge")

#: Longer bodies are answered as usual, but not compared: parsing them would hold up other callers.
MOST_COMPARED_BYTES = 256 * 1024

#: Facts of the caller's request that its dry run must neither see nor change.
NOT_FOR_DRY_RUNS = frozenset(
    {"caller", "extra_response_headers", "transaction", "database_unavailable"}
)


class ResponseCapture:
    """An ASGI ``send`` that keeps a copy of ``MOST_COMPARED_BYTES`` and passes the response on."""

    def __init__(self, send: Send | None = None) -> None:
        self._send = send
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._parts: list[bytes] = []
        self._length = 0
        self.is_whole = False
        self.started_at = 0.0
        #: How long it took until the response began; set by the code that asked the side.
        self.milliseconds = 0.0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started_at = time.perf_counter()
            self._status, self._headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            part = message.get("body", b"")
            self._length += len(part)
            if self.is_too_large:
                self._parts.clear()
            elif part:
                self._parts.append(part)
            self.is_whole = not message.get("more_body", False)
        if self._send is not None:
            await self._send(message)

    @property
    def status(self) -> int:
        """The status, 0 before there is one."""
        return self._status

    @property
    def is_too_large(self) -> bool:
        return self._length > MOST_COMPARED_BYTES

    @property
    def is_complete(self) -> bool:
        """Whether the response has ended, with the length that its Content-Length says."""
        declared = dict(self._headers).get(b"content-length")
        return self.is_whole and (declared is None or declared == str(self._length).encode())

    def response(self) -> Response | Verdict:
        """Return the response without its content encoding, or why it is not compared."""
        if self.is_too_large:
            return Verdict.TOO_LARGE
        headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in self._headers)
        response = Response(self._status, headers, b"".join(self._parts))
        try:
            return decode(response, most_bytes=MOST_COMPARED_BYTES)
        except TooLarge:
            return Verdict.TOO_LARGE
        except NotDecodable:
            return Verdict.UNREADABLE


@dataclass(frozen=True, slots=True)
class Observation:
    """One side's response to a call with the rows that it wrote, and how long it took."""

    outcome: Outcome
    milliseconds: float
    #: The side failed: an unexpected error, no database, no connection.
    has_failed: bool = False
    #: PostgreSQL was away or busy, which says nothing about the edge's endpoint.
    is_unavailable: bool = False
    #: The caller, if the edge has authenticated it.
    partner_id: CallerName | None = None
    #: The PostgreSQL snapshot that a dry run saw when it began.
    snapshot: str | None = None
    #: A dry run sent a statement in the transaction that it was given.
    has_used_transaction: bool = False
    #: Django's release: empty when it said none, None when it did not answer.
    release: str | None = None

    @property
    def is_success(self) -> bool:
        return 200 <= self.outcome.response.status < 300

    def with_effects(self, recorded: str | None) -> "Observation | Verdict":
        """Return this observation with the rows that were written, or why it is not compared."""
        try:
            return replace(self, outcome=replace(self.outcome, effects=parse_effects(recorded)))
        except TooManyEffects:
            return Verdict.TOO_LARGE


async def call_edge(
    app: ASGIApp, scope: Scope, body: bytes, *, dry_run_transaction: DryRunTransaction
) -> Observation | Verdict:
    """Return the edge's response and effects in a dry run, or why they are not compared.

    A response that breaks off, or has another length than it says, is a failure. Nothing that the
    edge writes lasts: ``dry_run_transaction``, which the caller of this function ends, is the only
    way to the database in its process (``sandbox``).
    """
    capture = ResponseCapture()
    kept = {
        name: value for name, value in request_state(scope).items() if name not in NOT_FOR_DRY_RUNS
    }
    state = cast(RequestState, {**kept, "dry_run_transaction": dry_run_transaction})
    is_head = scope["method"] == "HEAD"
    dry_run = {**scope, "state": state, "method": "GET" if is_head else scope["method"]}
    began_at = time.perf_counter()
    try:
        await app(dry_run, replay_body(body), capture)
    except Exception as unexpected:
        if not capture.is_whole:
            logger.warning(
                "request %s: dry run of the edge:\n%s",
                state["request_id"],
                format_without_values(unexpected),
            )
            return failed_observation(began_at)
    response = capture.response()
    if isinstance(response, Verdict):
        return response
    if not capture.is_complete and not is_head:
        return failed_observation(began_at)
    took = (capture.started_at - began_at - dry_run_transaction.overhead_seconds) * 1000
    observation = Observation(
        Outcome(without_body(response) if is_head else response),
        took,
        has_failed=response.status >= 500,
        is_unavailable="database_unavailable" in state,
        partner_id=caller_name(state),
        snapshot=dry_run_transaction.snapshot,
        has_used_transaction=dry_run_transaction.was_used,
    )
    return observation.with_effects(dry_run_transaction.recorded)


def failed_observation(began_at: float) -> Observation:
    """Return the observation of a side that gave no whole response since ``began_at``."""
    took = (time.perf_counter() - began_at) * 1000
    return Observation(Outcome(Response(500, (), b"")), took, has_failed=True)


def without_body(response: Response) -> Response:
    """Return a response as a server sends it to HEAD."""
    return Response(response.status, response.headers, b"")
