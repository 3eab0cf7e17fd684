"""One request on its way to the site, and its answer on the way back."""

import asyncio
import logging
from asyncio import Task, TimerHandle
from typing import NoReturn

from aiohttp import ClientConnectionError, ClientPayloadError, StreamReader
from aiohttp.http import HttpProcessingError, RawResponseMessage
from starlette.types import Receive, Scope, Send

from api_edge.front_door.answer_head import start_answer
from api_edge.front_door.request_head import RequestHead, write_head
from api_edge.front_door.site import Line, Site
from api_edge.front_door.trouble import CallerTooSlow, NotPassedOn, SiteBroken, SiteTooSlow
from api_edge.front_door.trusted_proxies import TrustedProxies

logger = logging.getLogger("api_edge")

#: Bodies up to this length are taken in whole before the site hears of the request.
SMALL_BODY_BYTES = 64 * 1024

#: How long a caller that asked for "100 Continue" is kept waiting for a site that never says it.
CONTINUE_SECONDS = 1.0

#: Most answers are there before it is worth listening whether the caller has hung up.
LISTEN_AFTER_SECONDS = 0.05

#: Source: RFC 9110, section 9.2.1.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Exchange:
    """See Note [What is never sent twice]."""

    __slots__ = (
        "_go_ahead",
        "_has_answer",
        "_head",
        "_is_body_sent",
        "_is_over",
        "_line",
        "_listener",
        "_receive",
        "_scope",
        "_send",
        "_site",
        "_task",
        "_trouble",
        "_was_ended",
        "_watch",
    )

    def __init__(
        self, site: Site, proxies: TrustedProxies, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._site, self._scope, self._receive, self._send = site, scope, receive, send
        self._head: RequestHead = write_head(
            scope,
            request_id=scope["state"]["request_id"],
            proxies=proxies,
            fallback_host=site.host,
        )
        self._line: Line | None = None
        self._listener: Task[None] | None = None
        self._watch: TimerHandle | None = None
        self._task: Task[object] | None = None
        self._go_ahead = asyncio.Event()
        self._is_body_sent = self._has_answer = self._is_over = self._was_ended = False
        self._trouble: NotPassedOn | None = None

    async def run(self) -> None:
        """Pass the request on, and its answer back.

        Returns early when the caller hangs up.

        Raises:
            NotPassedOn: there is no answer of the site.
            AnswerBrokenOff: it ended before its end.
        """
        self._task = asyncio.current_task()
        is_whole = False
        try:
            answer = await self._ask()
            if answer is not None:
                await self._hand_back(*answer)
                is_whole = True
        except asyncio.CancelledError:
            if not self._was_ended or self._task is None:
                raise
            self._task.uncancel()
            if self._trouble is not None:
                self._give_up(self._trouble)
        finally:
            self._is_over = True
            if self._watch is not None:
                self._watch.cancel()
            if self._listener is not None:
                self._listener.cancel()
            if self._line is not None:
                if is_whole and self._is_body_sent:
                    self._line.connection.release()
                else:
                    self._line.hang_up()

    async def _ask(self) -> tuple[RawResponseMessage, StreamReader] | None:
        """Send the request, and return the head of the answer; None when the caller has gone."""
        head = self._head
        streams = head.body_length is None or head.body_length > SMALL_BODY_BYTES
        streams = streams or (head.waits_for_continue and head.body_length != 0)
        text = head.text
        if head.body_length and not streams:
            body = await self._small_body()
            if body is None:
                return None
            text += body
        may_repeat = self._scope["method"] in SAFE_METHODS and head.body_length == 0
        if not streams:
            self._watch = asyncio.get_running_loop().call_later(LISTEN_AFTER_SECONDS, self._listen)
        fresh = False
        while True:
            line = self._line = await self._site.open_line(
                is_bodiless=self._scope["method"] == "HEAD", fresh=fresh
            )
            line.transport.write(text)
            if streams:
                self._listener = asyncio.create_task(self._stream_body(line))
            else:
                self._body_is_sent(line)
            try:
                return await self._answer_of(line)
            except TimeoutError:
                raise SiteTooSlow(
                    "the site did not answer in time; it may have done what was asked"
                ) from None
            except ClientConnectionError:
                if fresh or not line.is_reused or not may_repeat:
                    raise SiteBroken(
                        "the site broke the connection; it may have done what was asked"
                    ) from None
                line.hang_up()
                fresh = True
            except HttpProcessingError:
                raise SiteBroken("the site's answer is not HTTP") from None

    async def _answer_of(self, line: Line) -> tuple[RawResponseMessage, StreamReader]:
        while True:
            message, payload = await line.protocol.read()
            if message.code == 100:
                self._go_ahead.set()
            elif not 102 <= message.code <= 199:
                self._has_answer = True
                return message, payload

    async def _hand_back(self, message: RawResponseMessage, payload: StreamReader) -> None:
        start = start_answer(
            self._scope, message.code, message.raw_headers, is_chunked=message.chunked
        )
        if self._listener is not None and self._is_held_back():
            self._listener.cancel()
            # The caller was never told to go on: whatever follows may be the body or not.
            start["headers"].append((b"connection", b"close"))
        await self._send(start)
        is_first = True
        while True:
            try:
                chunk = await payload.readany()
            except (ClientPayloadError, ClientConnectionError, HttpProcessingError) as broken:
                self._give_up(SiteBroken(f"the answer was cut off ({type(broken).__name__})"))
            self._is_over = is_last = payload.at_eof()
            part = {"type": "http.response.body", "body": chunk, "more_body": not is_last}
            if is_first:
                await self._send(part)
            else:
                await self._send_to_slow_caller(part)
            if is_last:
                return
            is_first = False

    async def _send_to_slow_caller(self, part: dict[str, object]) -> None:
        try:
            async with asyncio.timeout(self._site.read_seconds):
                await self._send(part)
        except TimeoutError:
            self._give_up(CallerTooSlow("the caller stopped reading the answer"))

    async def _small_body(self) -> bytes | None:
        parts = []
        try:
            async with asyncio.timeout(self._site.read_seconds):
                while True:
                    message = await self._receive()
                    if message["type"] == "http.disconnect":
                        return None
                    parts.append(message["body"])
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            raise CallerTooSlow("the rest of the body did not come in time") from None

    async def _stream_body(self, line: Line) -> None:
        """Send the body as it comes, then listen for the caller hanging up."""
        if self._head.waits_for_continue:
            await _wait_for_go_ahead(self._go_ahead)
        is_chunked = self._head.body_length is None
        has_more = True
        while has_more:
            try:
                async with asyncio.timeout(self._site.read_seconds):
                    message = await self._receive()
            except TimeoutError:
                return self._end(CallerTooSlow("the rest of the body did not come in time"))
            if message["type"] == "http.disconnect":
                return self._end(None)
            data, has_more = message["body"], message.get("more_body", False)
            if line.protocol.transport is None:
                # The site has hung up; what it said before is being read elsewhere.
                return None
            if data:
                line.transport.write(b"%x\r\n%b\r\n" % (len(data), data) if is_chunked else data)
            if not has_more and is_chunked:
                line.transport.write(b"0\r\n\r\n")
            if line.protocol.writing_paused:
                try:
                    async with asyncio.timeout(self._site.read_seconds):
                        await line.protocol._drain_helper()
                except TimeoutError:
                    return self._end(SiteTooSlow("the site does not take the body in time"))
                except ConnectionError:
                    return None
        self._body_is_sent(line)
        return await self._wait_for_hanging_up()

    def _is_held_back(self) -> bool:
        return not (self._is_body_sent or self._go_ahead.is_set()) and self._head.waits_for_continue

    def _body_is_sent(self, line: Line) -> None:
        self._is_body_sent = True
        line.protocol.read_timeout = self._site.read_seconds
        if not self._has_answer:
            line.protocol.start_timeout()

    def _listen(self) -> None:
        self._listener = asyncio.create_task(self._wait_for_hanging_up())

    async def _wait_for_hanging_up(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._end(None)

    def _end(self, trouble: NotPassedOn | None) -> None:
        """Break off, with an answer to the caller unless it has gone."""
        if not self._is_over and self._task is not None:
            self._is_over = self._was_ended = True
            self._trouble = trouble
            self._task.cancel()

    def _give_up(self, trouble: NotPassedOn) -> NoReturn:
        raise AnswerBrokenOff(trouble.detail) if self._has_answer else trouble


class AnswerBrokenOff(Exception):
    """The caller has the beginning of an answer that will have no end."""


async def _wait_for_go_ahead(go_ahead: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(CONTINUE_SECONDS):
            await go_ahead.wait()
    except TimeoutError:
        # Source: RFC 9110, section 10.1.1: nobody may wait for it indefinitely.
        go_ahead.set()


# Note [What is never sent twice]
# -------------------------------
# A site may close a kept connection at the moment that a request goes out on it. The site has
# then never seen the request, but it cannot be told from a site that read the request and died.
#
# - Before anything is written, `Site.open_line` asks the kernel whether the site has hung up, and
#   takes another connection if so. This is right for every method, since nothing was sent, and
#   leaves the race only the time that the site's goodbye is on its way.
# - In that race, GET, HEAD and OPTIONS without a body go out once more, on a new connection. They
#   are safe by definition (RFC 9110, section 9.2.1). A new connection that breaks is not a race.
# - Anything else is answered 502, which says that it may have been done.
