"""Proxy WebSockets to the upstream, message by message, until either side closes.

Messages keep their kind (text or binary); the subprotocol and the closing code and reason are
passed through. Pings, and extensions such as compression, concern each of the two connections
alone.
"""

import asyncio
import logging
from collections import Counter
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from aiohttp import (
    ClientConnectionError,
    ClientResponseError,
    ClientSession,
    ClientWebSocketResponse,
    ClientWSTimeout,
    DummyCookieJar,
    TraceConfig,
    TraceRequestRedirectParams,
    WSMsgType,
    WSServerHandshakeError,
)
from multidict import CIMultiDict
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from yarl import URL

from api_edge.proxy.errors import (
    BadUpstreamResponse,
    ProxyError,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from api_edge.proxy.request_head import build_request_head, request_target
from api_edge.proxy.upstream import Upstream

logger = logging.getLogger("api_edge")

#: The largest message, as uvicorn's own default for callers.
MAX_MESSAGE_BYTES = 16 * 1024 * 1024

#: An upstream that answers no ping for so long is gone. Source: uvicorn's ws_ping_interval.
PING_SECONDS = 20.0

#: How long the upstream may take for a handshake. Meanwhile a caller that disconnects is not
#: noticed, and holds a slot of the upstream.
HANDSHAKE_SECONDS = 10.0

#: Headers with this prefix are aiohttp's own in the handshake.
HANDSHAKE_HEADERS = b"sec-websocket-"

#: Codes that stand for the lack of a code, and are never sent (RFC 6455, section 7.4.1).
UNSENDABLE = frozenset({1005, 1006, 1015})

#: Closing codes (RFC 6455, section 7.4.1).
NORMAL, GOING_AWAY, INTERNAL_ERROR = 1000, 1001, 1011


_ERRORS = frozenset(status for status in HTTPStatus if status >= 400)


class WebSocketRejected(ProxyError):
    """The WebSocket handshake is rejected, by the proxy or by the upstream."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = HTTPStatus(status)
        super().__init__(detail)


NO_WEBSOCKET = WebSocketRejected(501, "there is no WebSocket at this path")
TOO_MANY = WebSocketRejected(503, "there are too many open WebSockets")


class WebSocketProxy:
    """Proxies the WebSockets of one process: ``max_websockets`` of them, half per caller."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._session: ClientSession | None = None
        self._open: Counter[str] = Counter()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def proxy(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open the WebSocket at the upstream, and relay messages until either side closes."""
        caller = self._upstream.trusted_proxies.client_address(scope)
        limit = self._upstream.limits.max_websockets
        if self._open.total() >= limit or self._open[caller] >= max(1, limit // 2):
            await reject_websocket(scope, receive, send, TOO_MANY)
            return
        self._open[caller] += 1
        try:
            # An upstream without WebSockets handles the handshake as a request, in a thread.
            async with self._upstream.concurrency.acquire((caller,)):
                socket = await self._connect(scope)
        except ProxyError as error:
            logger.warning("WebSocket: %s", error.detail)
            await reject_websocket(scope, receive, send, error)
            return
        else:
            async with socket:
                await _relay(socket, receive, send)
        finally:
            self._open[caller] -= 1
            # Counter keeps names with zero.
            self._open += Counter()

    async def _connect(self, scope: Scope) -> ClientWebSocketResponse:
        handshake = {**scope, "method": "GET", "state": dict(scope.get("state") or {})}
        head = build_request_head(
            handshake,
            request_id=str(uuid4()),
            proxies=self._upstream.trusted_proxies,
            fallback_host=self._upstream.host,
        )
        headers: CIMultiDict[str] = CIMultiDict()
        for line in head.text.split(b"\r\n")[1:-2]:
            name, _, value = line.partition(b": ")
            if not name.startswith(HANDSHAKE_HEADERS):
                headers.add(name.decode("latin-1"), value.decode("latin-1"))
        try:
            async with asyncio.timeout(min(self._upstream.read_seconds, HANDSHAKE_SECONDS)):
                return await self._client_session().ws_connect(
                    URL(
                        f"{self._upstream.origin}{request_target(handshake).decode('latin-1')}",
                        encoded=True,
                    ),
                    headers=headers,
                    protocols=scope.get("subprotocols") or (),
                    heartbeat=PING_SECONDS,
                    max_msg_size=MAX_MESSAGE_BYTES,
                    timeout=ClientWSTimeout(ws_close=PING_SECONDS),
                )
        except WSServerHandshakeError as rejection:
            raise WebSocketRejected(
                rejection.status if rejection.status in _ERRORS else 502,
                f"the upstream refused the WebSocket with the status {rejection.status}",
            ) from None
        except TimeoutError:
            raise UpstreamTimeout("the upstream did not answer the handshake in time") from None
        except (ClientConnectionError, OSError):
            raise UpstreamUnreachable("the upstream cannot be reached; nothing was done") from None
        except (ClientResponseError, ValueError):
            raise BadUpstreamResponse(
                "the upstream's answer to the handshake is not HTTP"
            ) from None

    def _client_session(self) -> ClientSession:
        if self._session is None:
            trace = TraceConfig()
            trace.on_request_redirect.append(_refuse_redirect)
            self._session = ClientSession(
                trace_configs=[trace],
                connector=self._upstream.connector,
                connector_owner=False,
                cookie_jar=DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session


async def _refuse_redirect(_: object, __: object, redirect: TraceRequestRedirectParams) -> None:
    """Refuse a redirect of the handshake: ``ws_connect`` would follow it, to any host."""
    response = redirect.response
    response.close()
    raise WSServerHandshakeError(response.request_info, response.history, status=response.status)


async def _relay(socket: ClientWebSocketResponse, receive: Receive, send: Send) -> None:
    """Relay messages in both directions until either side closes."""
    await receive()
    await send({"type": "websocket.accept", "subprotocol": socket.protocol, "headers": []})
    directions = [_relay_to_upstream(socket, receive), _relay_to_caller(socket, send)]
    tasks: list[asyncio.Task[Any]] = [asyncio.create_task(direction) for direction in directions]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if not socket.closed:
            await socket.close(code=GOING_AWAY)


async def _relay_to_upstream(socket: ClientWebSocketResponse, receive: Receive) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        if message.get("text") is not None:
            await socket.send_str(message["text"])
        else:
            await socket.send_bytes(message["bytes"])
    code = message.get("code", GOING_AWAY)
    reason = (message.get("reason") or "").encode()
    await socket.close(code=GOING_AWAY if code in UNSENDABLE else code, message=reason)


async def _relay_to_caller(socket: ClientWebSocketResponse, send: Send) -> None:
    reason = ""
    while True:
        message = await socket.receive()
        if message.type is WSMsgType.TEXT:
            await send({"type": "websocket.send", "text": message.data})
        elif message.type is WSMsgType.BINARY:
            await send({"type": "websocket.send", "bytes": message.data})
        else:
            if message.type is WSMsgType.CLOSE:
                reason = message.extra or ""
            break
    code = socket.close_code
    if code is None or code == 1006:
        code = INTERNAL_ERROR
    await send(
        {
            "type": "websocket.close",
            "code": NORMAL if code in UNSENDABLE else code,
            "reason": reason,
        }
    )


async def reject_websocket(
    scope: Scope, receive: Receive, send: Send, rejection: ProxyError
) -> None:
    """Reject a handshake with a problem document; close it where the server cannot send one."""
    await receive()
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    request_id = str(uuid4())
    answer = JSONResponse(
        {
            "type": "about:blank",
            "title": "No WebSocket",
            "status": rejection.status_code,
            "detail": rejection.detail,
            "requestId": request_id,
        },
        rejection.status_code,
        {**(rejection.headers or {}), "X-Request-Id": request_id},
        media_type="application/problem+json",
    )
    # Starlette's responses can answer a handshake.
    await answer(scope, receive, send)
