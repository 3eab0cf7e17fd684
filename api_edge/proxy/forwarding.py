"""Forward one request to the upstream and its response to the caller, buffering both bodies.

::

    caller ──body──▶ spool ──▶ upstream slot ──▶ spool ──response──▶ caller
        caller's pace         upstream's pace         caller's pace

A request takes an upstream slot (``concurrency_limit``) once its whole body is buffered. It
releases the slot once the whole response is read. Where a response is longer than
``max_read_ahead_megabytes``, or finds no room on disk, its rest waits for the caller, and holds the
slot as it holds a thread of Django. Parts of a response are still sent as they arrive, so that
streams flow.
"""

import asyncio
import logging
from asyncio import Task, TimerHandle
from typing import NoReturn

from aiohttp import ClientConnectionError, ClientPayloadError, StreamReader
from aiohttp.http import HttpProcessingError, RawResponseMessage
from starlette.types import Message, Receive, Scope, Send

from api_edge.proxy.concurrency_limit import COMPARISONS, WRITES, UpstreamSlot
from api_edge.proxy.errors import (
    BadUpstreamResponse,
    BodyTooLarge,
    CallerTimeout,
    ProxyError,
    UpstreamBusy,
    UpstreamTimeout,
)
from api_edge.proxy.framing import LAST_CHUNK, encode_chunk
from api_edge.proxy.limits import MEGABYTE
from api_edge.proxy.request_head import RequestHead, build_request_head
from api_edge.proxy.response_head import is_event_stream, start_response
from api_edge.proxy.spool import SPILL_BYTES, Spool, SpoolFull
from api_edge.proxy.upstream import WINDOW_BYTES, Upstream, UpstreamConnection
from api_edge.request_state import request_state

logger = logging.getLogger("api_edge")

#: Bodies up to this length are sent together with the head.
SMALL_BODY_BYTES = 64 * 1024

#: Most responses arrive before it is worth watching whether the caller has disconnected.
WATCH_AFTER_SECONDS = 0.05

#: Source: RFC 9110, section 9.2.1.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ForwardedRequest:
    """Forwards one request and its response; see Note [What is never sent twice] for retries."""

    def __init__(self, upstream: Upstream, scope: Scope, receive: Receive, send: Send) -> None:
        self._upstream, self._scope, self._receive, self._send = upstream, scope, receive, send
        self._head: RequestHead = build_request_head(
            scope,
            request_id=request_state(scope)["request_id"],
            proxies=upstream.trusted_proxies,
            fallback_host=upstream.host,
        )
        self._caller = upstream.trusted_proxies.client_address(scope)
        self._body: Spool | None = None
        self._response: Spool | None = None
        self._connection: UpstreamConnection | None = None
        self._disconnect_timer: TimerHandle | None = None
        self._task: Task[object] | None = None
        self._tasks: list[Task[None]] = []
        # The task that reads the response and the one that sends it wake each other.
        self._has_more, self._has_room = asyncio.Event(), asyncio.Event()
        self._is_response_read = self._is_truncated = False
        self._is_body_sent = self._has_response = self._is_done = self._was_cancelled = False
        self._error: ProxyError | None = None
        self._exception: Exception | None = None

    async def run(self) -> None:
        """Forward the request and its response; return early when the caller disconnects.

        Raises:
            ProxyError: the upstream gave no response that can be sent on.
            TruncatedResponse: the response broke off after its beginning was sent.
        """
        self._task = asyncio.current_task()
        try:
            small_body = await self._buffer_body()
            if small_body is None:
                return
            self._disconnect_timer = asyncio.get_running_loop().call_later(
                WATCH_AFTER_SECONDS, self._start_disconnect_watch
            )
            async with self._upstream.concurrency.acquire(self._limit_keys()) as slot:
                await self._send_response(*await self._send_request(small_body), slot)
        except asyncio.CancelledError:
            if not self._was_cancelled or self._task is None:
                raise
            self._task.uncancel()
            if self._exception is not None:
                raise self._exception from None
            if self._error is not None:
                self._fail(self._error)
        finally:
            self._is_done = True
            if self._disconnect_timer is not None:
                self._disconnect_timer.cancel()
            for task in self._tasks:
                task.cancel()
            for spool in (self._body, self._response):
                if spool is not None:
                    spool.close()
            self._release_connection(is_complete=False)

    def _limit_keys(self) -> tuple[str, ...]:
        if request_state(self._scope).get("is_comparison", False):
            return (COMPARISONS,)
        key: int | None = request_state(self._scope).get("api_key_id")
        shops_own = request_state(self._scope).get("caller_name")
        name = shops_own and f"caller {shops_own}" if key is None else f"key {key}"
        keys = (self._caller, name) if name else (self._caller,)
        return keys if self._scope["method"] in SAFE_METHODS else (*keys, WRITES)

    async def _buffer_body(self) -> bytes | None:
        """Buffer the whole body: return a small one, encoded for sending, and spool a larger one.

        The result is empty for a spooled body and None when the caller has disconnected.
        """
        most = self._upstream.limits.max_body_megabytes * MEGABYTE
        length = self._head.body_length
        if length == 0:
            return b""
        if length is not None and length > most:
            self._refuse_large_body()
        spool = self._body = Spool(self._upstream.spool_quota, self._caller)
        received, has_more = 0, True
        while has_more:
            message = await self._receive_part()
            if message["type"] == "http.disconnect":
                return None
            part, has_more = message["body"], message.get("more_body", False)
            received += len(part)
            if received > most:
                self._refuse_large_body()
            try:
                await spool.write(part)
            except SpoolFull as full:
                logger.warning("no room for the body of a request: %s", full)
                raise UpstreamBusy("there is no room for the body; nothing was done") from None
        if received > SMALL_BODY_BYTES:
            return b""
        self._body = None
        body = await spool.read()
        spool.close()
        return body if length is not None else encode_chunk(body) + LAST_CHUNK

    async def _receive_part(self) -> Message:
        try:
            async with asyncio.timeout(self._upstream.read_seconds):
                return await self._receive()
        except TimeoutError:
            raise CallerTimeout("the rest of the body did not come in time") from None

    def _refuse_large_body(self) -> NoReturn:
        most = self._upstream.limits.max_body_megabytes
        raise BodyTooLarge(f"the body is longer than {most} MB; nothing was done")

    async def _send_request(self, small_body: bytes) -> tuple[RawResponseMessage, StreamReader]:
        """Send the request, and return the head of the response with its body's stream."""
        may_repeat = self._scope["method"] in SAFE_METHODS and self._head.body_length == 0
        is_new = False
        while True:
            connection = self._connection = await self._upstream.acquire(
                is_bodiless=self._scope["method"] == "HEAD", is_new=is_new
            )
            connection.transport.write(self._head.text + small_body)
            if self._body is None:
                self._note_body_sent(connection)
            else:
                self._tasks.append(asyncio.create_task(self._write_body(connection, self._body)))
            try:
                return await self._read_response_head(connection)
            except TimeoutError:
                raise UpstreamTimeout(
                    "the upstream did not answer in time; it may have done what was asked"
                ) from None
            except ClientConnectionError:
                if is_new or not connection.is_reused or not may_repeat:
                    raise BadUpstreamResponse(
                        "the upstream broke the connection; it may have done what was asked"
                    ) from None
                connection.abort()
                is_new = True
            except HttpProcessingError:
                raise BadUpstreamResponse("the upstream's answer is not HTTP") from None

    async def _read_response_head(
        self, connection: UpstreamConnection
    ) -> tuple[RawResponseMessage, StreamReader]:
        while True:
            message, payload = await connection.protocol.read()
            if message.code == 101 or not 100 <= message.code <= 199:
                self._has_response = True
                return message, payload

    async def _write_body(self, connection: UpstreamConnection, body: Spool) -> None:
        is_chunked = self._head.body_length is None
        try:
            while part := await body.read():
                if connection.protocol.transport is None:
                    # The upstream has closed; what it sent before is being read elsewhere.
                    return None
                connection.transport.write(encode_chunk(part) if is_chunked else part)
                if connection.protocol.writing_paused:
                    async with asyncio.timeout(self._upstream.read_seconds):
                        await connection.protocol._drain_helper()
        except TimeoutError:
            return self._cancel(UpstreamTimeout("the upstream does not take the body in time"))
        except ConnectionError:
            return None
        except SpoolFull:
            return self._cancel(
                BadUpstreamResponse("the body could not be kept; it was sent in part")
            )
        if is_chunked:
            connection.transport.write(LAST_CHUNK)
        body.close()
        return self._note_body_sent(connection)

    def _note_body_sent(self, connection: UpstreamConnection) -> None:
        self._is_body_sent = True
        connection.protocol.read_timeout = self._upstream.read_seconds
        if not self._has_response:
            connection.protocol.start_timeout()

    async def _send_response(
        self, message: RawResponseMessage, payload: StreamReader, slot: UpstreamSlot
    ) -> None:
        start = start_response(
            self._scope, message.code, message.raw_headers, is_chunked=message.chunked
        )
        await self._send(start)
        if is_event_stream(start["headers"]) and self._connection is not None:
            self._connection.protocol.read_timeout = self._upstream.limits.stream_seconds
            self._connection.protocol.start_timeout()
        try:
            part = await payload.readany()
            if payload.at_eof():
                # Most responses arrive at once.
                self._release_connection(is_complete=True)
                slot.release()
                self._is_done = True
                return await self._send_whole_body(part)
            self._response = Spool(self._upstream.spool_quota, self._caller)
            sender = asyncio.create_task(self._drain_buffer(self._response))
            self._tasks.append(sender)
            await self._buffer_response(part, payload, self._response)
            self._release_connection(is_complete=True)
        except (ClientPayloadError, ClientConnectionError, HttpProcessingError) as broken:
            self._release_connection(is_complete=False)
            self._is_truncated = True
            if self._response is None:
                self._fail(BadUpstreamResponse(f"the answer was cut off ({type(broken).__name__})"))
        slot.release()
        self._is_response_read = True
        self._has_more.set()
        await sender
        if self._is_truncated:
            self._fail(BadUpstreamResponse("the answer was cut off"))
        return None

    async def _buffer_response(self, part: bytes, payload: StreamReader, buffer: Spool) -> None:
        """Read the response to its end, ahead of the caller as far as there is room."""
        while True:
            lead = self._upstream.limits.max_read_ahead_megabytes * MEGABYTE
            try:
                await buffer.write(part)
            except SpoolFull:
                lead = SPILL_BYTES
            self._has_more.set()
            if payload.at_eof():
                return
            while buffer.unread_bytes >= lead:
                self._has_room.clear()
                await self._has_room.wait()
            part = await payload.readany()

    async def _drain_buffer(self, buffer: Spool) -> None:
        """Send the buffered response as fast as the caller reads it."""
        try:
            while True:
                self._has_more.clear()
                part = await buffer.read()
                if part:
                    self._has_room.set()
                    for start in range(0, len(part), WINDOW_BYTES):
                        await self._send_part(part[start : start + WINDOW_BYTES], has_more=True)
                elif not self._is_response_read:
                    await self._has_more.wait()
                elif not buffer.unread_bytes:
                    break
            self._is_done = True
            if not self._is_truncated:
                await self._send_part(b"", has_more=False)
        except (CallerTimeout, SpoolFull) as error:
            self._is_done = False
            self._cancel(CallerTimeout(str(error)))
        except Exception as exception:
            self._is_done, self._exception = False, exception
            self._cancel(None)

    async def _send_part(self, part: bytes, *, has_more: bool) -> None:
        try:
            async with asyncio.timeout(self._upstream.read_seconds):
                await self._send(
                    {"type": "http.response.body", "body": part, "more_body": has_more}
                )
        except TimeoutError:
            raise CallerTimeout("the caller stopped reading the answer") from None

    async def _send_whole_body(self, part: bytes) -> None:
        try:
            await self._send_part(part, has_more=False)
        except CallerTimeout as error:
            self._fail(error)

    def _release_connection(self, *, is_complete: bool) -> None:
        """Return the connection to the pool when request and response are complete, else abort.

        After a long body it is closed: see Note [Who answers without reading].
        """
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if not (is_complete and self._is_body_sent):
            connection.abort()
        elif self._body is None:
            connection.pooled.release()
        else:
            connection.pooled.close()

    def _start_disconnect_watch(self) -> None:
        self._tasks.append(asyncio.create_task(self._watch_for_disconnect()))

    async def _watch_for_disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._cancel(None)

    def _cancel(self, error: ProxyError | None) -> None:
        """Cancel ``run``, which then raises ``error``; without one it returns."""
        if not self._is_done and self._task is not None:
            self._is_done = self._was_cancelled = True
            self._error = error
            self._task.cancel()

    def _fail(self, error: ProxyError) -> NoReturn:
        raise TruncatedResponse(error.detail) if self._has_response else error


class TruncatedResponse(Exception):
    """The response broke off after its beginning had been sent to the caller."""


# Note [What is never sent twice]
# -------------------------------
# An upstream may close a keep-alive connection just as a request is sent on it. It has then never
# seen the request, but cannot be told from an upstream that read the request and died.
#
# - Before anything is written, `Upstream.acquire` asks the kernel whether the upstream has closed
#   the connection, and takes another one if so. This is right for every method, since nothing was
#   sent, and leaves the race only the time that the upstream's FIN is on its way.
# - In that race, GET, HEAD and OPTIONS without a body go out once more, on a new connection. They
#   are safe by definition (RFC 9110, section 9.2.1). A new connection that breaks is not a race.
# - Anything else is answered 502, which says that it may have been done.


# Note [Who answers without reading]
# ----------------------------------
# An upstream may refuse a request by its head and leave its body unread. It then either reads the
# rest, or closes the connection behind its answer, which says nothing of it: gunicorn reads up to
# 64 KiB of it, and closes with a reset when there is more. The next request on the connection,
# of any caller, would be lost with it and answered 502. So a connection that has carried a body of
# more than `SMALL_BODY_BYTES` carries no other request.
