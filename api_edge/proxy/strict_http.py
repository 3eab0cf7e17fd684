"""uvicorn's HTTP, and what it lets through that two programs could read differently.

The parser (llhttp, in its strict mode) already refuses a body with two lengths, bare line feeds,
folded headers and control characters. What is left is refused here, for the endpoints of the edge
as well as for the site, in words and with a request id.
"""

import asyncio
import json
import time
from http import HTTPStatus
from typing import Any, NoReturn
from uuid import uuid4

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from api_edge.http.dialects import is_octo
from api_edge.proxy.connections import ConnectionLimiter, TransferRate
from api_edge.proxy.framing import UnchunkedWriter, origin_form
from api_edge.proxy.limits import DEFAULT_LIMITS
from api_edge.proxy.trusted_proxies import NO_PROXIES

#: Request line and headers together. Sites have limits of their own, mostly far below.
LONGEST_HEAD = 128 * 1024

#: Source: http_parser.c, which counts within a URL in 16 bits.
LONGEST_TARGET = 65_535

#: What may arrive at once, so that a head can be longer than it seems while it is incomplete.
LARGEST_READ = 256 * 1024

#: Requests on one connection that wait for the answers before them.
MOST_PIPELINED = 100

#: A connection that is being closed is read for so long and so much, so that its answer arrives.
LINGER_SECONDS = 2.0
MOST_DISCARDED = 1024 * 1024


class RequestRejected(Exception):
    """The request is turned down before any application sees it."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


TOO_MANY_CONNECTIONS = RequestRejected(
    HTTPStatus.SERVICE_UNAVAILABLE, "there are too many connections"
)


class StrictHttpProtocol(HttpToolsProtocol):
    """Leaves in ``scope["state"]``:

    - ``target``: the request target as it was sent. uvicorn itself loses a ``?`` at the end.
    - ``extra_response_headers``: the server's Date and Server; emptied, they are not sent.

    Callers have a limited time for heads, bodies and for reading answers, see ``limits.py``.
    """

    #: Of this process; ``EdgeWorker`` brings the one that its settings describe.
    connection_limiter = ConnectionLimiter(DEFAULT_LIMITS, NO_PROXIES)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._limits = self.connection_limiter.limits
        self._body_pace: TransferRate | None = None
        self._reading_pace: TransferRate | None = None
        self._unsent_bytes = 0
        self._discarded_bytes = 0
        self._refusal: RequestRejected | None = None
        self._is_in_head = False
        self._head_bytes = 0
        self._framing: list[tuple[bytes, bytes]] = []
        self._head_is_late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if not self.connection_limiter.admit(self):
            self._refusal = TOO_MANY_CONNECTIONS
            self._answer_refusal(self._refusal)
            # At once: each moment that it stays open takes a descriptor that there is not.
            transport.close()
            return
        # uvicorn waits for ever for the first request, and limits the waiting for the next.
        self.timeout_keep_alive_task = self.loop.call_later(
            self._limits.head_seconds, self.timeout_keep_alive_handler
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self.connection_limiter.forget(self)
        self._forget_late_head()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refusal is not None:
            self._discard(len(data))
            return
        self._head_bytes = len(data) + (self._head_bytes if self._is_in_head else 0)
        try:
            if self._head_bytes > LONGEST_HEAD + LARGEST_READ and self._is_in_head:
                self._refuse_long_head()
            self.parser.feed_data(data)
            if self._is_in_head and self._head_is_late is None:
                self._head_is_late = self.loop.call_later(
                    self._limits.head_seconds, self._refuse_late_head
                )
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
                return
            # Any other upgrade is declined by going on (RFC 9110, section 7.8).
            rest = data[upgrade.args[0] :]
            if rest:
                self.data_received(rest)
        except (httptools.HttpParserError, RequestRejected) as mistake:
            self._turn_down(mistake)

    def handle_websocket_upgrade(self) -> None:
        self.connection_limiter.forget(self)
        self._unset_keepalive_if_required()
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        # Not with any data: line ends between requests would keep a connection open for ever.
        self._unset_keepalive_if_required()
        super().on_message_begin()
        if len(self.pipeline) >= MOST_PIPELINED:
            _refuse(f"more than {MOST_PIPELINED} requests were sent without waiting for an answer")
        self._is_in_head = True
        self._framing = []

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_in_head:
            # A trailer comes too late to be a header (RFC 9110, section 6.5.1).
            return
        name = name.lower()
        if name in {b"host", b"transfer-encoding", b"content-length", b"expect"}:
            self._framing.append((name, value))
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._forget_late_head()
        self._check_head()
        earlier = self.cycle
        super().on_headers_complete()
        if self.parser.should_upgrade() and self._should_upgrade():
            return
        self.connection_limiter.is_busy(self)
        self._body_pace = TransferRate(self._limits, time.monotonic())
        self.cycle.transport = _Patient(self, self.cycle)  # type: ignore[assignment]
        if getattr(self.server_state, "is_draining", False):
            self.cycle.keep_alive = False
            if earlier is not None and not earlier.response_started:
                # Requests that were sent together are all answered; only the last one closes.
                earlier.keep_alive = True
        state = self.scope["state"]
        state["target"] = self.url
        state["extra_response_headers"] = self.cycle.default_headers = list(
            self.cycle.default_headers
        )

    def on_body(self, body: bytes) -> None:
        if self._body_pace is not None:
            self._body_pace.record(len(body))
            if self.cycle.response_complete:
                self._discard(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._body_pace is not None:
            self._body_pace = None
            self._discarded_bytes = 0
            # uvicorn says so only while the answer is not complete.
            self.cycle.more_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and not self.pipeline:
            self.connection_limiter.is_idle(self)

    def resume_writing(self) -> None:
        self._reading_pace = None
        super().resume_writing()

    def close_idle(self) -> None:
        if self.transport.get_write_buffer_size():
            # Closed in the usual way, it would wait for a caller that does not read.
            self.transport.abort()
        else:
            self.transport.close()

    def check_rate(self, now: float) -> None:
        """Give up a caller that sends its body, or reads its answer, too slowly."""
        if self._body_pace is not None and self._refusal is None:
            self._check_pace_of_body(self._body_pace, now)
        unsent = self.transport.get_write_buffer_size()
        if not unsent:
            self._reading_pace = None
        elif self._reading_pace is None:
            self._reading_pace = TransferRate(self._limits, now)
        else:
            self._reading_pace.record(max(0, self._unsent_bytes - unsent))
            if self._reading_pace.is_too_slow(now, is_waiting=True):
                self.transport.abort()
        self._unsent_bytes = unsent

    def _check_pace_of_body(self, pace: TransferRate, now: float) -> None:
        is_waiting = not (self.flow.read_paused or self.cycle.waiting_for_100_continue)
        if not pace.is_too_slow(now, is_waiting=is_waiting, within=self._limits.body_seconds):
            return
        self._body_pace = None
        if self.cycle.response_complete:
            self.transport.abort()
        elif not self.transport.is_closing():
            self._refuse_late("the rest of the body did not come in time")

    def close_lingering(self) -> None:
        """Close when the caller has had time to read, though it may still be sending a body.

        Closed at once, what it sends would be answered by a reset, which can overtake the answer
        (RFC 9112, section 9.6).
        """
        if self.transport.is_closing():
            return
        if not self.transport.can_write_eof():
            self.transport.close()
            return
        self._refusal = self._refusal or RequestRejected(
            HTTPStatus.REQUEST_TIMEOUT, "it is closing"
        )
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _discard(self, length: int) -> None:
        """Count what is read for nothing, and hang up when it is much."""
        self._discarded_bytes += length
        if self._discarded_bytes > MOST_DISCARDED:
            self.transport.abort()

    def drain(self) -> None:
        """Let the answer that is due be the last one of the connection, and say so in it.

        Where it has begun already, or none is due, the next one will be. The connection stays
        open until then: the caller may be sending that request right now.
        """
        if self.cycle is not None and not self.cycle.response_started:
            self.cycle.keep_alive = False

    def _check_head(self) -> None:
        if self._head_bytes > LONGEST_HEAD:
            names_and_values = sum(len(name) + len(value) + 4 for name, value in self.headers)
            if len(self.url) + names_and_values > LONGEST_HEAD:
                self._refuse_long_head()
        version = self.parser.get_http_version()
        if version not in {"1.1", "1.0"}:
            _refuse(f"HTTP {version} is not spoken here", HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
        if self.parser.get_method() == b"CONNECT":
            _refuse("this is no proxy: CONNECT is not possible", HTTPStatus.NOT_IMPLEMENTED)
        if len(self.url) > LONGEST_TARGET:
            _refuse("the path and query are too long", HTTPStatus.REQUEST_URI_TOO_LONG)
        if not self.url.startswith((b"/", b"*")):
            self._take_absolute_form()
        if not self.url.startswith(b"/") and self.url != b"*":
            _refuse("the request line must name a path that begins with /")
        if b"#" in self.url:
            _refuse("a fragment, from # on, is not sent to servers")
        self._check_framing(version)

    def _take_absolute_form(self) -> None:
        named = origin_form(self.url, self.parser.get_method())
        if named is not None:
            self.url, host = named
            self.headers[:] = [
                (name, host if name == b"host" else value) for name, value in self.headers
            ]

    def _check_framing(self, version: str) -> None:
        hosts, has_body = 0, False
        for name, value in self._framing:
            if name == b"host":
                hosts += 1
            elif name == b"transfer-encoding":
                if version == "1.0":
                    _refuse("HTTP/1.0 knows no Transfer-Encoding")
                if value.strip().lower() != b"chunked":
                    _refuse(
                        "the only Transfer-Encoding understood is chunked",
                        HTTPStatus.NOT_IMPLEMENTED,
                    )
                has_body = True
            elif name == b"content-length":
                has_body = value.strip(b"0") != b""
        if hosts > 1 or (hosts == 0 and version == "1.1"):
            _refuse("the header Host must be sent exactly once")
        if has_body and self.parser.should_upgrade():
            # The parser takes what follows for the new protocol, the next reader for a request.
            _refuse("an Upgrade cannot be asked for together with a body")

    def _refuse_long_head(self) -> NoReturn:
        _refuse(
            f"request line and headers are longer than {LONGEST_HEAD // 1024} kB",
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        )

    def _refuse_late_head(self) -> None:
        self._refuse_late("the rest of the headers did not come in time")

    def _refuse_late(self, message: str) -> None:
        self._turn_down(RequestRejected(HTTPStatus.REQUEST_TIMEOUT, message))

    def _forget_late_head(self) -> None:
        if self._head_is_late is not None:
            self._head_is_late.cancel()
            self._head_is_late = None

    def _turn_down(self, mistake: Exception) -> None:
        """Answer, if that is possible, and let nothing more of the connection be read."""
        # What a callback raises arrives wrapped in the parser's own error.
        cause = mistake.__context__ if isinstance(mistake.__context__, RequestRejected) else mistake
        self._refusal = (
            cause
            if isinstance(cause, RequestRejected)
            else RequestRejected(HTTPStatus.BAD_REQUEST, f"this is not HTTP/1.1: {mistake}")
        )
        earlier = self.cycle
        if earlier is not None and not earlier.response_complete:
            if earlier.more_body:
                # The mistake is in the body of a request that is being worked on.
                if not earlier.response_started and not self.pipeline:
                    self._answer_refusal(self._refusal)
                    # What the application would still say is too late.
                    earlier.disconnected = True
                    earlier.message_event.set()
                    self.close_lingering()
                else:
                    self.transport.close()
                return
            # An answer is on its way: written now, ours would end up in the middle of it.
            for cycle in (earlier, *(waiting for waiting, _ in self.pipeline)):
                cycle.keep_alive = False
            return
        self._answer_refusal(self._refusal)
        self.close_lingering()

    def _answer_refusal(self, refusal: RequestRejected) -> None:
        request_id = str(uuid4())
        if refusal is not TOO_MANY_CONNECTIONS:
            self.logger.warning("request %s: %s", request_id, refusal)
        body, kind = _error_body(refusal, self.url if self.scope else b"", request_id)
        is_busy = refusal.status == HTTPStatus.SERVICE_UNAVAILABLE
        self.transport.write(
            b"HTTP/1.1 %d %b\r\ncontent-type: %b\r\ncontent-length: %d\r\n%b"
            b"x-request-id: %b\r\nconnection: close\r\n\r\n%b"
            % (
                refusal.status,
                refusal.status.phrase.encode("ascii"),
                kind,
                len(body),
                b"retry-after: 1\r\n" if is_busy else b"",
                request_id.encode("ascii"),
                body,
            )
        )


class _Patient:
    """The transport as one request has it: closed patiently while its body is on the way."""

    def __init__(self, http: StrictHttpProtocol, cycle: RequestResponseCycle) -> None:
        self._http = http
        self._cycle = cycle
        is_old = cycle.scope["http_version"] == "1.0"
        write = http.transport.write
        self.write = UnchunkedWriter(write).write if is_old else write
        self.is_closing = http.transport.is_closing

    def close(self) -> None:
        if self._cycle.more_body:
            self._http.close_lingering()
        else:
            self._http.transport.close()


def _refuse(message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> NoReturn:
    raise RequestRejected(status, message)


def _error_body(refusal: RequestRejected, url: bytes, request_id: str) -> tuple[bytes, bytes]:
    if is_octo(url.decode("latin-1")):
        octo = {"error": "BAD_REQUEST", "errorMessage": str(refusal), "requestId": request_id}
        return json.dumps(octo).encode(), b"application/json"
    problem = {
        "type": "about:blank",
        "title": refusal.status.phrase,
        "status": int(refusal.status),
        "detail": str(refusal),
        "requestId": request_id,
    }
    return json.dumps(problem).encode(), b"application/problem+json"
