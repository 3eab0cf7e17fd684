"""Observe what one side answers to a call, and ask Django or the edge once more."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from starlette.types import ASGIApp, Message, Scope, Send

from api_edge.auth.callers import caller_name
from api_edge.proxy.errors import ProxyError
from api_edge.proxy.forwarding import ForwardedRequest, TruncatedResponse
from api_edge.proxy.upstream import Upstream
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

#: They announce a body, which is not sent again: on a keep-alive connection Django would take the
#: next request for it.
BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding", b"expect"})


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
        """Return it with the written rows of ``parse_effects``, or why it is not compared."""
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
            return _failure(began_at)
    response = capture.response()
    if isinstance(response, Verdict):
        return response
    if not capture.is_complete and not is_head:
        return _failure(began_at)
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


async def call_django(
    upstream: Upstream, scope: Scope, body: bytes = b"", *, is_plain: bool = False
) -> Observation | Verdict:
    """Send a read to Django once more; return its response, or why that is not compared.

    With ``is_plain`` the request accepts no content encoding.
    """
    headers = [(b"content-length", str(len(body)).encode())] if body else []
    left_out: frozenset[bytes] = frozenset()
    if is_plain:
        headers.append((b"accept-encoding", b"identity"))
        left_out = frozenset({b"accept-encoding"})
    began_at = time.perf_counter()
    try:
        capture, state = await forward_shadow(
            upstream, scope, body, headers=headers, left_out=left_out
        )
    except (ProxyError, TruncatedResponse):
        return _failure(began_at)
    response = capture.response()
    if isinstance(response, Verdict):
        return response
    return Observation(
        Outcome(without_body(response) if scope["method"] == "HEAD" else response),
        (capture.started_at - began_at) * 1000,
        has_failed=response.status >= 500 or not capture.is_whole,
        release=state.get("django_release"),
    )


async def forward_shadow(
    upstream: Upstream,
    scope: Scope,
    body: bytes,
    *,
    headers: Sequence[tuple[bytes, bytes]],
    facts: RequestState | None = None,
    left_out: frozenset[bytes] = frozenset(),
) -> tuple[ResponseCapture, RequestState]:
    """Send a shadow request to Django, which does not count it as a caller's.

    It has the caller's headers but for ``left_out`` and those of the body, then ``headers``; and
    ``facts`` in its state, which is returned with Django's response.

    Raises:
        ProxyError: Django gave no response that can be sent on.
        TruncatedResponse: its response broke off.
    """
    state: RequestState = {**request_state(scope), "is_shadow": True, **(facts or {})}
    for name in ("extra_response_headers", "django_release", "effects_question"):
        state.pop(name, None)  # type: ignore[misc]
    dropped = BODY_HEADERS | left_out
    kept = [(name, value) for name, value in scope["headers"] if name not in dropped]
    shadow = {**scope, "state": state, "headers": [*kept, *headers]}
    capture = ResponseCapture()
    await ForwardedRequest(upstream, shadow, replay_body(body), capture).run()
    return capture, state


def _failure(began_at: float) -> Observation:
    took = (time.perf_counter() - began_at) * 1000
    return Observation(Outcome(Response(500, (), b"")), took, has_failed=True)


def without_body(response: Response) -> Response:
    """Return a response as a server sends it to HEAD."""
    return Response(response.status, response.headers, b"")
