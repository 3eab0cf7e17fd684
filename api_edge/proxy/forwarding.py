"""One request on its way to the site, and its answer on the way back.

::

    caller ──body──▶ spool ──▶ a thread of the site ──▶ spool ──answer──▶ caller
           at its own pace      as fast as the site can        at its own pace

A thread of the site is taken when the whole body is here, and given back when the whole answer is
here, or so much of it that the rest has to wait for the caller (``max_read_ahead_megabytes``).
Parts of an answer are handed on as they come all the same, so that streams flow.
"""

import asyncio
import logging
from asyncio import Task, TimerHandle
from collections.abc import Iterable
from typing import NoReturn

from aiohttp import ClientConnectionError, ClientPayloadError, StreamReader
from aiohttp.http import HttpProcessingError, RawResponseMessage
from starlette.types import Message, Receive, Scope, Send

from api_edge.proxy.concurrency_limit import WRITES, UpstreamSlot
from api_edge.proxy.errors import (
    BadUpstreamResponse,
    BodyTooLarge,
    CallerTimeout,
    ProxyError,
    UpstreamBusy,
    UpstreamTimeout,
)
from api_edge.proxy.limits import MEGABYTE
from api_edge.proxy.request_head import RequestHead, build_request_head
from api_edge.proxy.response_head import start_response
from api_edge.proxy.spool import SPILL_BYTES, Spool, SpoolFull
from api_edge.proxy.trusted_proxies import TrustedProxies
from api_edge.proxy.upstream import WINDOW_BYTES, Upstream, UpstreamConnection

logger = logging.getLogger("api_edge")

#: Bodies up to this length are sent together with the head.
SMALL_BODY_BYTES = 64 * 1024

#: Most answers are there before it is worth listening whether the caller has hung up.
LISTEN_AFTER_SECONDS = 0.05

#: Source: RFC 9110, section 9.2.1.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ForwardedRequest:
    """See Note [What is never sent twice]."""

    __slots__ = (
        "_answer",
        "_body",
        "_caller",
        "_failure",
        "_has_answer",
        "_has_more",
        "_has_room",
        "_head",
        "_is_body_sent",
        "_is_cut_off",
        "_is_over",
        "_is_read",
        "_line",
        "_receive",
        "_scope",
        "_send",
        "_site",
        "_task",
        "_tasks",
        "_trouble",
        "_was_ended",
        "_watch",
    )

    def __init__(
        self, site: Upstream, proxies: TrustedProxies, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._site, self._scope, self._receive, self._send = site, scope, receive, send
        self._head: RequestHead = build_request_head(
            scope,
            request_id=scope["state"]["request_id"],
            proxies=proxies,
            fallback_host=site.host,
        )
        self._caller = proxies.client_address(scope)
        self._body: Spool | None = None
        self._answer: Spool | None = None
        self._line: UpstreamConnection | None = None
        self._watch: TimerHandle | None = None
        self._task: Task[object] | None = None
        self._tasks: list[Task[None]] = []
        # What reads the site's answer and what sends it to the caller wake each other.
        self._has_more, self._has_room = asyncio.Event(), asyncio.Event()
        self._is_read = self._is_cut_off = False
        self._is_body_sent = self._has_answer = self._is_over = self._was_ended = False
        self._trouble: ProxyError | None = None
        self._failure: Exception | None = None

    async def run(self) -> None:
        """Pass the request on, and its answer back.

        Returns early when the caller hangs up.

        Raises:
            ProxyError: there is no answer of the site.
            TruncatedResponse: it ended before its end.
        """
        self._task = asyncio.current_task()
        try:
            small_body = await self._take_body()
            if small_body is None:
                return
            self._watch = asyncio.get_running_loop().call_later(LISTEN_AFTER_SECONDS, self._listen)
            async with self._site.threads.one(self._names()) as thread:
                await self._hand_back(*await self._ask(small_body), thread)
        except asyncio.CancelledError:
            if not self._was_ended or self._task is None:
                raise
            self._task.uncancel()
            if self._failure is not None:
                raise self._failure from None
            if self._trouble is not None:
                self._give_up(self._trouble)
        finally:
            self._is_over = True
            if self._watch is not None:
                self._watch.cancel()
            for task in self._tasks:
                task.cancel()
            for spool in (self._body, self._answer):
                if spool is not None:
                    spool.close()
            self._let_line_go(is_whole=False)

    def _names(self) -> tuple[str, ...]:
        key: int | None = self._scope["state"].get("api_key_id")
        shops_own = self._scope["state"].get("caller_name")
        name = shops_own and f"caller {shops_own}" if key is None else f"key {key}"
        names = (self._caller, name) if name else (self._caller,)
        return names if self._scope["method"] in SAFE_METHODS else (*names, WRITES)

    async def _take_body(self) -> bytes | None:
        """Take the body in whole, and return it if it is small; None when the caller has gone."""
        most = self._site.limits.max_body_megabytes * MEGABYTE
        length = self._head.body_length
        if length == 0:
            return b""
        if length is not None and length > most:
            self._refuse_large_body()
        spool = self._body = Spool(self._site.space, self._caller)
        received, has_more = 0, True
        while has_more:
            message = await self._next_part()
            if message["type"] == "http.disconnect":
                return None
            part, has_more = message["body"], message.get("more_body", False)
            received += len(part)
            if received > most:
                self._refuse_large_body()
            try:
                await spool.add(part)
            except SpoolFull as full:
                logger.warning("no room for the body of a request: %s", full)
                raise UpstreamBusy("there is no room for the body; nothing was done") from None
        if received > SMALL_BODY_BYTES:
            return b""
        self._body = None
        body = await spool.take()
        spool.close()
        return body if length is not None else _chunk(body) + _chunk(b"")

    async def _next_part(self) -> Message:
        try:
            async with asyncio.timeout(self._site.read_seconds):
                return await self._receive()
        except TimeoutError:
            raise CallerTimeout("the rest of the body did not come in time") from None

    def _refuse_large_body(self) -> NoReturn:
        most = self._site.limits.max_body_megabytes
        raise BodyTooLarge(f"the body is longer than {most} MB; nothing was done")

    async def _ask(self, small_body: bytes) -> tuple[RawResponseMessage, StreamReader]:
        """Send the request, and return the head of the answer."""
        may_repeat = self._scope["method"] in SAFE_METHODS and self._head.body_length == 0
        fresh = False
        while True:
            line = self._line = await self._site.acquire(
                is_bodiless=self._scope["method"] == "HEAD", fresh=fresh
            )
            line.transport.write(self._head.text + small_body)
            if self._body is None:
                self._body_is_sent(line)
            else:
                self._tasks.append(asyncio.create_task(self._write_body(line, self._body)))
            try:
                return await self._answer_of(line)
            except TimeoutError:
                raise UpstreamTimeout(
                    "the site did not answer in time; it may have done what was asked"
                ) from None
            except ClientConnectionError:
                if fresh or not line.is_reused or not may_repeat:
                    raise BadUpstreamResponse(
                        "the site broke the connection; it may have done what was asked"
                    ) from None
                line.abort()
                fresh = True
            except HttpProcessingError:
                raise BadUpstreamResponse("the site's answer is not HTTP") from None

    async def _answer_of(self, line: UpstreamConnection) -> tuple[RawResponseMessage, StreamReader]:
        while True:
            message, payload = await line.protocol.read()
            if message.code == 101 or not 100 <= message.code <= 199:
                self._has_answer = True
                return message, payload

    async def _write_body(self, line: UpstreamConnection, body: Spool) -> None:
        is_chunked = self._head.body_length is None
        try:
            while part := await body.take():
                if line.protocol.transport is None:
                    # The site has hung up; what it said before is being read elsewhere.
                    return None
                line.transport.write(_chunk(part) if is_chunked else part)
                if line.protocol.writing_paused:
                    async with asyncio.timeout(self._site.read_seconds):
                        await line.protocol._drain_helper()
        except TimeoutError:
            return self._end(UpstreamTimeout("the site does not take the body in time"))
        except ConnectionError:
            return None
        except SpoolFull:
            return self._end(BadUpstreamResponse("the body could not be kept; it was sent in part"))
        if is_chunked:
            line.transport.write(_chunk(b""))
        body.close()
        return self._body_is_sent(line)

    def _body_is_sent(self, line: UpstreamConnection) -> None:
        self._is_body_sent = True
        line.protocol.read_timeout = self._site.read_seconds
        if not self._has_answer:
            line.protocol.start_timeout()

    async def _hand_back(
        self, message: RawResponseMessage, payload: StreamReader, thread: UpstreamSlot
    ) -> None:
        start = start_response(
            self._scope, message.code, message.raw_headers, is_chunked=message.chunked
        )
        await self._send(start)
        if _is_event_stream(start["headers"]) and self._line is not None:
            self._line.protocol.read_timeout = self._site.limits.stream_seconds
            self._line.protocol.start_timeout()
        try:
            part = await payload.readany()
            if payload.at_eof():
                # Most answers are here at once.
                self._let_line_go(is_whole=True)
                thread.give_back()
                self._is_over = True
                return await self._send_only_part(part)
            self._answer = Spool(self._site.space, self._caller)
            sender = asyncio.create_task(self._send_on(self._answer))
            self._tasks.append(sender)
            await self._read_ahead(part, payload, self._answer)
            self._let_line_go(is_whole=True)
        except (ClientPayloadError, ClientConnectionError, HttpProcessingError) as broken:
            self._let_line_go(is_whole=False)
            self._is_cut_off = True
            if self._answer is None:
                self._give_up(
                    BadUpstreamResponse(f"the answer was cut off ({type(broken).__name__})")
                )
        thread.give_back()
        self._is_read = True
        self._has_more.set()
        await sender
        if self._is_cut_off:
            self._give_up(BadUpstreamResponse("the answer was cut off"))
        return None

    async def _read_ahead(self, part: bytes, payload: StreamReader, answer: Spool) -> None:
        """Read the answer to its end, ahead of the caller as far as there is room."""
        while True:
            lead = self._site.limits.max_read_ahead_megabytes * MEGABYTE
            try:
                await answer.add(part)
            except SpoolFull:
                lead = SPILL_BYTES
            self._has_more.set()
            if payload.at_eof():
                return
            while answer.unread_bytes >= lead:
                self._has_room.clear()
                await self._has_room.wait()
            part = await payload.readany()

    async def _send_on(self, answer: Spool) -> None:
        """Send what has been read, as fast as the caller takes it."""
        try:
            while True:
                self._has_more.clear()
                part = await answer.take()
                if part:
                    self._has_room.set()
                    for start in range(0, len(part), WINDOW_BYTES):
                        await self._send_part(part[start : start + WINDOW_BYTES], has_more=True)
                elif not self._is_read:
                    await self._has_more.wait()
                elif not answer.unread_bytes:
                    break
            self._is_over = True
            if not self._is_cut_off:
                await self._send_part(b"", has_more=False)
        except (CallerTimeout, SpoolFull) as trouble:
            self._is_over = False
            self._end(CallerTimeout(str(trouble)))
        except Exception as failure:
            self._is_over, self._failure = False, failure
            self._end(None)

    async def _send_part(self, part: bytes, *, has_more: bool) -> None:
        try:
            async with asyncio.timeout(self._site.read_seconds):
                await self._send(
                    {"type": "http.response.body", "body": part, "more_body": has_more}
                )
        except TimeoutError:
            raise CallerTimeout("the caller stopped reading the answer") from None

    async def _send_only_part(self, part: bytes) -> None:
        try:
            await self._send_part(part, has_more=False)
        except CallerTimeout as trouble:
            self._give_up(trouble)

    def _let_line_go(self, *, is_whole: bool) -> None:
        """Keep the connection for another request when it is at the end of this one."""
        line, self._line = self._line, None
        if line is None:
            return
        if is_whole and self._is_body_sent:
            line.connection.release()
        else:
            line.abort()

    def _listen(self) -> None:
        self._tasks.append(asyncio.create_task(self._wait_for_hanging_up()))

    async def _wait_for_hanging_up(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._end(None)

    def _end(self, trouble: ProxyError | None) -> None:
        """Break off, with an answer to the caller unless it has gone."""
        if not self._is_over and self._task is not None:
            self._is_over = self._was_ended = True
            self._trouble = trouble
            self._task.cancel()

    def _give_up(self, trouble: ProxyError) -> NoReturn:
        raise TruncatedResponse(trouble.detail) if self._has_answer else trouble


class TruncatedResponse(Exception):
    """The caller has the beginning of an answer that will have no end."""


def _is_event_stream(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether the answer may be silent for long and go on (WHATWG HTML, section 9.2)."""
    return any(
        name == b"content-type" and value.lower().startswith(b"text/event-stream")
        for name, value in headers
    )


def _chunk(part: bytes) -> bytes:
    """Return one chunk; an empty one ends the body (RFC 9112, section 7.1)."""
    return b"%x\r\n%b\r\n" % (len(part), part) if part else b"0\r\n\r\n"


# Note [What is never sent twice]
# -------------------------------
# A site may close a kept connection at the moment that a request goes out on it. The site has
# then never seen the request, but it cannot be told from a site that read the request and died.
#
# - Before anything is written, `Upstream.acquire` asks the kernel whether the site has hung up, and
#   takes another connection if so. This is right for every method, since nothing was sent, and
#   leaves the race only the time that the site's goodbye is on its way.
# - In that race, GET, HEAD and OPTIONS without a body go out once more, on a new connection. They
#   are safe by definition (RFC 9110, section 9.2.1). A new connection that breaks is not a race.
# - Anything else is answered 502, which says that it may have been done.
