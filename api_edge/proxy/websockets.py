"""WebSockets are the site's: they are passed on message by message, both ways, until either ends.

What a message holds, its kind (text or binary), the subprotocol and the code and reason of closing
are handed on. Pings are answered, and sent, by each side of the door by itself; extensions such as
compression are negotiated with each side by itself.
"""

import asyncio
import logging
from collections import Counter
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from aiohttp import (
    ClientConnectionError,
    ClientSession,
    ClientWebSocketResponse,
    ClientWSTimeout,
    DummyCookieJar,
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
from api_edge.proxy.trusted_proxies import TrustedProxies
from api_edge.proxy.upstream import Upstream

logger = logging.getLogger("api_edge")

#: The largest message, as uvicorn's own default for callers.
LARGEST_MESSAGE_BYTES = 16 * 1024 * 1024

#: A site that answers no ping for so long is gone. Source: uvicorn's ws_ping_interval.
PING_SECONDS = 20.0

#: How long the site may take for a handshake. The server tells of a caller who has gone only
#: afterwards, and meanwhile it has a thread of the site.
HANDSHAKE_SECONDS = 10.0

#: What aiohttp says in the handshake itself.
OF_THE_HANDSHAKE = b"sec-websocket-"

#: Codes that stand for the lack of a code, and are never sent (RFC 6455, section 7.4.1).
UNSENDABLE = frozenset({1005, 1006, 1015})

#: Normal closure, and that the door cannot go on (RFC 6455, section 7.4.1).
NORMAL, GOING_AWAY, INTERNAL_ERROR = 1000, 1001, 1011


_ERRORS = frozenset(status for status in HTTPStatus if status >= 400)


class WebSocketRejected(ProxyError):
    """The handshake is refused before the site hears of it."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = HTTPStatus(status)
        super().__init__(detail)


NO_WEBSOCKET = WebSocketRejected(501, "there is no WebSocket at this path")
TOO_MANY = WebSocketRejected(503, "there are too many open WebSockets")


class WebSockets:
    """Those of one process, in a bounded number: half of them for one caller at most."""

    def __init__(self, site: Upstream, proxies: TrustedProxies) -> None:
        self._site = site
        self._proxies = proxies
        self._session: ClientSession | None = None
        self._open: Counter[str] = Counter()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open the same WebSocket at the site, and hand on what either side says."""
        caller = self._proxies.client_address(scope)
        most = self._site.limits.max_websockets
        if self._open.total() >= most or self._open[caller] >= max(1, most // 2):
            await reject_websocket(scope, receive, send, TOO_MANY)
            return
        self._open[caller] += 1
        try:
            # A site without WebSockets answers the handshake as any request, in one of its threads.
            async with self._site.threads.one((caller,)):
                upstream = await self._connect(scope)
        except ProxyError as trouble:
            logger.warning("WebSocket: %s", trouble.detail)
            await reject_websocket(scope, receive, send, trouble)
            return
        else:
            async with upstream:
                await _converse(upstream, receive, send)
        finally:
            self._open[caller] -= 1
            # Counter keeps names with zero.
            self._open += Counter()

    async def _connect(self, scope: Scope) -> ClientWebSocketResponse:
        asked = {**scope, "method": "GET", "state": dict(scope.get("state") or {})}
        head = build_request_head(
            asked, request_id=str(uuid4()), proxies=self._proxies, fallback_host=self._site.host
        )
        headers: CIMultiDict[str] = CIMultiDict()
        for line in head.text.split(b"\r\n")[1:-2]:
            name, _, value = line.partition(b": ")
            if not name.startswith(OF_THE_HANDSHAKE):
                headers.add(name.decode("latin-1"), value.decode("latin-1"))
        try:
            async with asyncio.timeout(min(self._site.read_seconds, HANDSHAKE_SECONDS)):
                return await self._client().ws_connect(
                    URL(
                        f"{self._site.origin}{request_target(asked).decode('latin-1')}",
                        encoded=True,
                    ),
                    headers=headers,
                    protocols=scope.get("subprotocols") or (),
                    heartbeat=PING_SECONDS,
                    max_msg_size=LARGEST_MESSAGE_BYTES,
                    timeout=ClientWSTimeout(ws_close=PING_SECONDS),
                )
        except WSServerHandshakeError as refusal:
            raise WebSocketRejected(
                refusal.status if refusal.status in _ERRORS else 502,
                f"the site refused the WebSocket with the status {refusal.status}",
            ) from None
        except TimeoutError:
            raise UpstreamTimeout("the site did not answer the handshake in time") from None
        except (ClientConnectionError, OSError):
            raise UpstreamUnreachable("the site cannot be reached; nothing was done") from None
        except ValueError:
            raise BadUpstreamResponse("the site's answer to the handshake is not HTTP") from None

    def _client(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession(
                connector=self._site.connector(),
                connector_owner=False,
                cookie_jar=DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session


async def _converse(upstream: ClientWebSocketResponse, receive: Receive, send: Send) -> None:
    """Hand on messages in both directions until either side closes."""
    await receive()
    await send({"type": "websocket.accept", "subprotocol": upstream.protocol, "headers": []})
    directions = [_to_site(upstream, receive), _to_caller(upstream, send)]
    tasks: list[asyncio.Task[Any]] = [asyncio.create_task(one) for one in directions]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if not upstream.closed:
            await upstream.close(code=GOING_AWAY)


async def _to_site(upstream: ClientWebSocketResponse, receive: Receive) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        if message.get("text") is not None:
            await upstream.send_str(message["text"])
        else:
            await upstream.send_bytes(message["bytes"])
    code = message.get("code", GOING_AWAY)
    reason = (message.get("reason") or "").encode()
    await upstream.close(code=GOING_AWAY if code in UNSENDABLE else code, message=reason)


async def _to_caller(upstream: ClientWebSocketResponse, send: Send) -> None:
    reason = ""
    while True:
        message = await upstream.receive()
        if message.type is WSMsgType.TEXT:
            await send({"type": "websocket.send", "text": message.data})
        elif message.type is WSMsgType.BINARY:
            await send({"type": "websocket.send", "bytes": message.data})
        else:
            if message.type is WSMsgType.CLOSE:
                reason = message.extra or ""
            break
    code = upstream.close_code
    if code is None or code == 1006:
        code = INTERNAL_ERROR
    await send(
        {
            "type": "websocket.close",
            "code": NORMAL if code in UNSENDABLE else code,
            "reason": reason,
        }
    )


async def reject_websocket(scope: Scope, receive: Receive, send: Send, refusal: ProxyError) -> None:
    """Answer the handshake with a problem, or with what the server makes of a refusal."""
    await receive()
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    request_id = str(uuid4())
    answer = JSONResponse(
        {
            "type": "about:blank",
            "title": "No WebSocket",
            "status": refusal.status_code,
            "detail": refusal.detail,
            "requestId": request_id,
        },
        refusal.status_code,
        {**(refusal.headers or {}), "X-Request-Id": request_id},
        media_type="application/problem+json",
    )
    # Starlette's responses know how to answer a handshake.
    await answer(scope, receive, send)
