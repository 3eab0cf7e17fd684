"""uvicorn's HTTP protocol, made strict against request smuggling and slow callers.

The parser (llhttp, in its strict mode) already rejects a body with two lengths, bare line feeds,
folded headers and control characters. This module rejects what else two programs could read
differently, for the edge's own endpoints and for the upstream, with a message and a request id.
"""

import asyncio
import time
from http import HTTPStatus
from typing import Any, NoReturn, cast
from uuid import uuid4

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from api_edge.proxy.connections import ConnectionLimiter, TransferRate
from api_edge.proxy.errors import RequestRejected, error_body
from api_edge.proxy.framing import UnchunkedWriter, is_host, origin_form
from api_edge.proxy.limits import DEFAULT_LIMITS
from api_edge.proxy.lingering_close import LingeringClose
from api_edge.proxy.trusted_proxies import NO_PROXIES
from api_edge.request_state import RequestState

#: Request line and headers together; so is what stands between two parts of a body, or follows it.
MAX_HEAD_BYTES = 128 * 1024

#: Headers of one request; Django behind the edge takes as many, and those that the proxy adds.
MAX_FIELDS = 1_000

#: Source: http_parser.c, which counts within a URL in 16 bits.
MAX_TARGET_BYTES = 65_535

#: What one read may bring: an incomplete head can be so much longer than its limit.
MAX_READ_BYTES = 256 * 1024

#: Requests of one connection that wait for earlier responses (HTTP pipelining).
MAX_PIPELINED = 100

TOO_MANY_CONNECTIONS = RequestRejected(
    HTTPStatus.SERVICE_UNAVAILABLE, "there are too many connections"
)


class StrictHttpProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn's protocol reads it, with limits, and with smuggled requests rejected.

    It leaves in ``scope["state"]``:

    - ``target``: the request target as it was sent. uvicorn itself loses a ``?`` at the end.
    - ``extra_response_headers``: the server's Date and Server; emptied, they are not sent.

    Callers have limited time to send heads and bodies and to read responses: see ``limits.py``.
    """

    #: Shared by all connections of this process; replaced at startup by the settings's.
    connection_limiter = ConnectionLimiter(DEFAULT_LIMITS, NO_PROXIES)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._limits = self.connection_limiter.limits
        self._body_rate: TransferRate | None = None
        self._reading_rate: TransferRate | None = None
        self._unsent_bytes = 0
        self._rejection: RequestRejected | None = None
        self._is_in_head = False
        self._head_bytes = 0
        self._bytes_after_body = 0
        self._framing: list[tuple[bytes, bytes]] = []
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._lingering = LingeringClose(transport, self.loop)
        if not self.connection_limiter.admit(self):
            self._rejection = TOO_MANY_CONNECTIONS
            self._send_rejection(self._rejection)
            # Without lingering: open, it holds a file descriptor that is needed.
            transport.close()
            return
        # uvicorn limits the wait for the next request, and not that for the first one.
        self.timeout_keep_alive_task = self.loop.call_later(
            self._limits.head_seconds, self.timeout_keep_alive_handler
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self.connection_limiter.remove(self)
        self._cancel_head_timer()
        self._lingering.end()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._rejection is not None:
            self._lingering.discard(len(data))
            return
        self._head_bytes = len(data) + (self._head_bytes if self._is_in_head else 0)
        try:
            if self._head_bytes > MAX_HEAD_BYTES + MAX_READ_BYTES and self._is_in_head:
                _reject_long("request line and headers")
            self._bytes_after_body += len(data)
            self.parser.feed_data(data)
            is_in_body = self._body_rate is not None
            if is_in_body and self._bytes_after_body > MAX_HEAD_BYTES + MAX_READ_BYTES:
                _reject_long("the trailers or a chunk's extensions")
            if self._is_in_head and self._head_timer is None:
                self._head_timer = self.loop.call_later(
                    self._limits.head_seconds, self._reject_late_head
                )
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
                return
            # Any other upgrade is ignored (RFC 9110, section 7.8).
            rest = data[upgrade.args[0] :]
            if rest:
                self.data_received(rest)
        except (httptools.HttpParserError, RequestRejected) as error:
            self._reject_connection(error)

    def handle_websocket_upgrade(self) -> None:
        self.connection_limiter.remove(self)
        self._unset_keepalive_if_required()
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        # Not on any data: line ends between requests would keep a connection open for ever.
        self._unset_keepalive_if_required()
        super().on_message_begin()
        if len(self.pipeline) >= MAX_PIPELINED:
            _reject(f"more than {MAX_PIPELINED} requests were sent without waiting for an answer")
        self._is_in_head = True
        self._framing = []

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_in_head:
            # Trailers are not merged into the headers (RFC 9110, section 6.5.1).
            return
        name = name.lower()
        if name in {b"host", b"transfer-encoding", b"content-length", b"expect"}:
            self._framing.append((name, value))
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._cancel_head_timer()
        self._check_head()
        previous = self.cycle
        super().on_headers_complete()
        if self.parser.should_upgrade() and self._should_upgrade():
            return
        self.connection_limiter.mark_busy(self)
        self._body_rate = TransferRate(self._limits, time.monotonic())
        self._bytes_after_body = 0
        self.cycle.transport = _LingeringTransport(self, self.cycle)  # type: ignore[assignment]
        if getattr(self.server_state, "is_draining", False):
            self.cycle.keep_alive = False
            if previous is not None and not previous.response_started:
                # Pipelined requests are all answered; only the last response closes.
                previous.keep_alive = True
        state = cast(RequestState, self.scope["state"])
        state["target"] = self.url
        state["extra_response_headers"] = self.cycle.default_headers = list(
            self.cycle.default_headers
        )

    def on_body(self, body: bytes) -> None:
        self._bytes_after_body = 0
        if self._body_rate is not None:
            self._body_rate.record(len(body))
            if self.cycle.response_complete:
                self._lingering.discard(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._body_rate is not None:
            self._body_rate = None
            self._lingering.forget_discarded()
            # uvicorn sets this only while the response is not complete.
            self.cycle.more_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and not self.pipeline:
            self.connection_limiter.mark_idle(self)

    def resume_writing(self) -> None:
        self._reading_rate = None
        super().resume_writing()

    def close_idle(self) -> None:
        if self.transport.get_write_buffer_size():
            # A plain close would wait for a caller that does not read.
            self.transport.abort()
        else:
            self.transport.close()

    def check_rate(self, now: float) -> None:
        """Close the connection of a caller that sends a body or reads a response too slowly."""
        if self._body_rate is not None and self._rejection is None:
            self._check_body_rate(self._body_rate, now)
        unsent = self.transport.get_write_buffer_size()
        if not unsent:
            self._reading_rate = None
        elif self._reading_rate is None:
            self._reading_rate = TransferRate(self._limits, now)
        else:
            self._reading_rate.record(max(0, self._unsent_bytes - unsent))
            if self._reading_rate.is_too_slow(now, is_waiting=True):
                self.transport.abort()
        self._unsent_bytes = unsent

    def _check_body_rate(self, rate: TransferRate, now: float) -> None:
        is_waiting = not (self.flow.read_paused or self.cycle.waiting_for_100_continue)
        if not rate.is_too_slow(
            now, is_waiting=is_waiting, within_seconds=self._limits.body_seconds
        ):
            return
        self._body_rate = None
        if self.cycle.response_complete:
            self.close_lingering()
        elif not self.transport.is_closing():
            self._reject_late("the rest of the body did not come in time")

    def close_lingering(self) -> None:
        """Close for writing, and go on reading for a while: see ``lingering_close.py``."""
        if self.transport.is_closing():
            return
        if not self.transport.can_write_eof():
            self.transport.close()
            return
        self._rejection = self._rejection or RequestRejected(
            HTTPStatus.REQUEST_TIMEOUT, "it is closing"
        )
        self.flow.resume_reading()
        self._lingering.begin()

    def drain(self) -> None:
        """Make the next response the last of the connection, sent with ``Connection: close``.

        A response that has begun is followed by one more. An idle connection stays open: the
        caller may be sending the next request right now.
        """
        if self.cycle is not None and not self.cycle.response_started:
            self.cycle.keep_alive = False

    def _check_head(self) -> None:
        if self._head_bytes > MAX_HEAD_BYTES:
            names_and_values = sum(len(name) + len(value) + 4 for name, value in self.headers)
            if len(self.url) + names_and_values > MAX_HEAD_BYTES:
                _reject_long("request line and headers")
        if len(self.headers) > MAX_FIELDS:
            _reject(
                f"more than {MAX_FIELDS} headers were sent",
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            )
        version = self.parser.get_http_version()
        if version not in {"1.1", "1.0"}:
            _reject(f"HTTP {version} is not spoken here", HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
        if self.parser.get_method() == b"CONNECT":
            _reject("this is no proxy: CONNECT is not possible", HTTPStatus.NOT_IMPLEMENTED)
        if len(self.url) > MAX_TARGET_BYTES:
            _reject("the path and query are too long", HTTPStatus.REQUEST_URI_TOO_LONG)
        if not self.url.startswith((b"/", b"*")):
            self._convert_absolute_form()
        if not self.url.startswith(b"/") and self.url != b"*":
            _reject("the request line must name a path that begins with /")
        if b"#" in self.url:
            _reject("a fragment, from # on, is not sent to servers")
        self._check_framing(version)

    def _convert_absolute_form(self) -> None:
        named = origin_form(self.url, self.parser.get_method())
        if named is not None:
            self.url, host = named
            # Also where HTTP/1.0 sent no header Host; `_check_framing` counts those that were sent.
            others = [(name, value) for name, value in self.headers if name != b"host"]
            self.headers[:] = [(b"host", host), *others]

    def _check_framing(self, version: str) -> None:
        hosts, has_body = 0, False
        for name, value in self._framing:
            if name == b"host":
                hosts += 1
                if not is_host(value):
                    _reject("the header Host must be a name or an address, with or without a port")
            elif name == b"expect":
                if value.lower() != b"100-continue":
                    _reject(
                        "the only expectation that is met is 100-continue",
                        HTTPStatus.EXPECTATION_FAILED,
                    )
            elif name == b"transfer-encoding":
                if version == "1.0":
                    _reject("HTTP/1.0 knows no Transfer-Encoding")
                if value.strip().lower() != b"chunked":
                    _reject(
                        "the only Transfer-Encoding understood is chunked",
                        HTTPStatus.NOT_IMPLEMENTED,
                    )
                has_body = True
            elif name == b"content-length":
                has_body = value.strip(b"0") != b""
        if hosts > 1 or (hosts == 0 and version == "1.1"):
            _reject("the header Host must be sent exactly once")
        if has_body and self.parser.should_upgrade():
            # The parser takes what follows for the new protocol, the upstream for a request.
            _reject("an Upgrade cannot be asked for together with a body")

    def _reject_late_head(self) -> None:
        self._reject_late("the rest of the headers did not come in time")

    def _reject_late(self, message: str) -> None:
        self._reject_connection(RequestRejected(HTTPStatus.REQUEST_TIMEOUT, message))

    def _cancel_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _reject_connection(self, error: Exception) -> None:
        """Answer with the error if that is possible, and read nothing more of the connection."""
        # The parser wraps what a callback raises in an error of its own.
        cause = error.__context__ if isinstance(error.__context__, RequestRejected) else error
        self._rejection = (
            cause
            if isinstance(cause, RequestRejected)
            else RequestRejected(HTTPStatus.BAD_REQUEST, f"this is not HTTP/1.1: {error}")
        )
        previous = self.cycle
        if previous is not None and not previous.response_complete:
            if previous.more_body:
                # The error is in the body of a request that is being answered.
                if not previous.response_started and not self.pipeline:
                    self._send_rejection(self._rejection)
                    # The application's own response would come too late.
                    previous.disconnected = True
                    previous.message_event.set()
                    self.close_lingering()
                else:
                    self.transport.close()
                return
            # A response is being sent: this one would end up in the middle of it.
            for cycle in (previous, *(waiting for waiting, _ in self.pipeline)):
                cycle.keep_alive = False
            return
        self._send_rejection(self._rejection)
        self.close_lingering()

    def _send_rejection(self, rejection: RequestRejected) -> None:
        request_id = str(uuid4())
        if rejection is not TOO_MANY_CONNECTIONS:
            self.logger.warning("request %s: %s", request_id, rejection)
        body, content_type = error_body(rejection, self.url if self.scope else b"", request_id)
        is_busy = rejection.status == HTTPStatus.SERVICE_UNAVAILABLE
        self.transport.write(
            b"HTTP/1.1 %d %b\r\ncontent-type: %b\r\ncontent-length: %d\r\n%b"
            b"x-request-id: %b\r\nconnection: close\r\n\r\n%b"
            % (
                rejection.status,
                rejection.status.phrase.encode("ascii"),
                content_type,
                len(body),
                b"retry-after: 1\r\n" if is_busy else b"",
                request_id.encode("ascii"),
                body,
            )
        )


class _LingeringTransport:
    """One request's transport, whose close lingers while the request body is still arriving."""

    def __init__(self, http: StrictHttpProtocol, cycle: RequestResponseCycle) -> None:
        self._http = http
        self._cycle = cycle
        is_http_1_0 = cycle.scope["http_version"] == "1.0"
        write = http.transport.write
        self.write = UnchunkedWriter(write).write if is_http_1_0 else write
        self.is_closing = http.transport.is_closing

    def close(self) -> None:
        if self._cycle.more_body:
            self._http.close_lingering()
        else:
            self._http.transport.close()


def _reject(message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> NoReturn:
    raise RequestRejected(status, message)


def _reject_long(what: str) -> NoReturn:
    too_large = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    _reject(f"{what} are longer than {MAX_HEAD_BYTES // 1024} kB", too_large)
