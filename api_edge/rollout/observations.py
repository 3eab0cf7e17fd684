"""Observe what one side answers to a call, and ask Django or the edge once more."""

import logging
import time
from dataclasses import dataclass
from typing import cast

from starlette.types import ASGIApp, Message, Scope, Send

from api_edge.proxy.errors import ProxyError
from api_edge.proxy.forwarding import ForwardedRequest, TruncatedResponse
from api_edge.proxy.trusted_proxies import TrustedProxies
from api_edge.proxy.upstream import Upstream
from api_edge.request_state import RequestState, request_state
from api_edge.rollout.body_buffer import replay_body
from api_edge.rollout.callers import caller_name
from api_edge.rollout.content_encodings import NotDecodable, TooLarge, decoded
from api_edge.rollout.dry_run import DryRunTransaction
from api_edge.rollout.effects import TooManyEffects, parse_effects
from shared_domain.rollout import CallerName, Outcome, Response
from shared_domain.rollout.wire import Verdict
from shared_domain.tracebacks import format_without_values

logger = logging.getLogger("api_edge")

#: Longer bodies are answered as usual, but not compared: parsing them would hold up other callers.
MOST_COMPARED_BYTES = 256 * 1024

#: They announce a body, which is not sent again: on a kept connection Django would take the next
#: request for it.
BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding", b"expect"})


#: Facts of the real request that a dry run of it must not see or change.
OF_THE_REAL_CALL = frozenset(
    {"caller", "extra_response_headers", "transaction", "database_unavailable"}
)


class ResponseCapture:
    """Passes a response's ASGI messages on, and keeps a copy of ``MOST_COMPARED_BYTES`` at most."""

    def __init__(self, send: Send | None = None) -> None:
        self._send = send
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._parts: list[bytes] = []
        self._length = 0
        self.is_whole = False
        self.started_at = 0.0
        #: How long it took until the response began, set by the caller of the side.
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
        """Return the response, decoded, or why it is not compared."""
        if self.is_too_large:
            return Verdict.TOO_LARGE
        headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in self._headers)
        response = Response(self._status, headers, b"".join(self._parts))
        try:
            return decoded(response, most_bytes=MOST_COMPARED_BYTES)
        except TooLarge:
            return Verdict.TOO_LARGE
        except NotDecodable:
            return Verdict.UNREADABLE


@dataclass(frozen=True, slots=True)
class Observation:
    """What one side answered (its response and written rows), and how long it took."""

    outcome: Outcome
    milliseconds: float
    #: The side failed: an unexpected error, no database, no connection.
    has_failed: bool = False
    #: The database was away or busy, which says nothing about the edge's endpoint.
    is_unavailable: bool = False
    #: The caller, if the edge has authenticated it.
    partner_id: CallerName | None = None
    #: The database snapshot that a dry run has seen.
    snapshot: str | None = None
    #: Whether a dry run has sent any statement in the transaction that it was given.
    has_used_transaction: bool = False
    #: Django's release: empty when it said none, None when it did not answer.
    release: str | None = None

    @property
    def is_success(self) -> bool:
        return 200 <= self.outcome.response.status < 300


async def call_edge(
    app: ASGIApp, scope: Scope, body: bytes, *, dry_run_transaction: DryRunTransaction
) -> Observation | Verdict:
    """Return what the edge would answer in a dry run, or why that is not compared.

    A response that breaks off, or has another length than it says, is a failure. Nothing that the
    edge writes lasts: ``dry_run_transaction`` is its only way to the database, in a process that
    has no other (``sandbox``). The caller of this function ends it.
    """
    capture = ResponseCapture()
    kept = {
        name: value for name, value in request_state(scope).items() if name not in OF_THE_REAL_CALL
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
            return _failed(began_at)
    response = capture.response()
    if isinstance(response, Verdict):
        return response
    if not capture.is_complete and not is_head:
        return _failed(began_at)
    try:
        effects = parse_effects(dry_run_transaction.recorded)
    except TooManyEffects:
        return Verdict.TOO_LARGE
    took = (capture.started_at - began_at - dry_run_transaction.overhead_seconds) * 1000
    return Observation(
        Outcome(without_body(response) if is_head else response, effects),
        took,
        has_failed=response.status >= 500,
        is_unavailable="database_unavailable" in state,
        partner_id=caller_name(state),
        snapshot=dry_run_transaction.snapshot,
        has_used_transaction=dry_run_transaction.was_used,
    )


async def call_django(
    upstream: Upstream,
    proxies: TrustedProxies,
    scope: Scope,
    body: bytes = b"",
    *,
    is_plain: bool = False,
) -> Observation | Verdict:
    """Ask Django once more for a read; return its response, or why that is not compared.

    The request says that it is a shadow request, so that Django does not count it as a caller's.
    With ``is_plain`` it accepts no content encoding.
    """
    capture = ResponseCapture()
    state: RequestState = {**request_state(scope), "is_shadow": True}
    state.pop("extra_response_headers", None)
    state.pop("django_release", None)
    left_out = BODY_HEADERS | ({b"accept-encoding"} if is_plain else frozenset())
    headers = [(name, value) for name, value in scope["headers"] if name not in left_out]
    if is_plain:
        headers.append((b"accept-encoding", b"identity"))
    if body:
        headers.append((b"content-length", str(len(body)).encode()))
    repeated = {**scope, "state": state, "headers": headers}
    began_at = time.perf_counter()
    try:
        await ForwardedRequest(upstream, proxies, repeated, replay_body(body), capture).run()
    except (ProxyError, TruncatedResponse):
        return _failed(began_at)
    response = capture.response()
    if isinstance(response, Verdict):
        return response
    took = (capture.started_at - began_at) * 1000
    is_failure = response.status >= 500 or not capture.is_whole
    if scope["method"] == "HEAD":
        response = without_body(response)
    return Observation(
        Outcome(response), took, has_failed=is_failure, release=state.get("django_release")
    )


def _failed(began_at: float) -> Observation:
    took = (time.perf_counter() - began_at) * 1000
    return Observation(Outcome(Response(500, (), b"")), took, has_failed=True)


def without_body(response: Response) -> Response:
    """Return a response as a server sends it to HEAD."""
    return Response(response.status, response.headers, b"")
