"""The reverse proxy as ASGI applications: a fallback for unrouted paths, and a bypass to it."""

import logging
from collections.abc import Iterable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from api_edge.http.dialects import OCTO_PREFIX
from api_edge.http.exception_handlers import handle_http_exception
from api_edge.proxy.errors import ProxyError, html_error_page
from api_edge.proxy.forwarding import ForwardedRequest, TruncatedResponse
from api_edge.proxy.upstream import Upstream
from api_edge.proxy.websockets import NO_WEBSOCKET, WebSocketProxy, reject_websocket
from api_edge.request_state import request_state

logger = logging.getLogger("api_edge")

#: What the edge serves about itself; ``PORTICO_EDGE_PREFIX`` stands before them.
EDGE_ONLY_PATHS = ("/docs", "/redoc", "/openapi.json", "/health")


class ReverseProxy:
    """Forwards requests and WebSockets to the upstream; the package lists what is changed.

    ``edge_prefix`` is the path prefix of the edge's own documentation and health.
    """

    def __init__(self, upstream: Upstream, *, edge_prefix: str = "") -> None:
        self._upstream = upstream
        self._websockets = WebSocketProxy(upstream)
        self._edge_only = (OCTO_PREFIX, *(f"{edge_prefix}{path}" for path in EDGE_ONLY_PATHS))
        self._edge_only_prefixes = tuple(f"{path}/" for path in self._edge_only)

    def is_edge_only(self, path: str) -> bool:
        """Return whether a path belongs to the edge and is never forwarded to the upstream."""
        return path in self._edge_only or path.startswith(self._edge_only_prefixes)

    async def close(self) -> None:
        """Close the pooled connections to the upstream."""
        await self._websockets.close()
        await self._upstream.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            # An upstream without WebSockets would run the view, whatever the endpoint's stage.
            is_endpoint = scope["app"].state.rollout.has_endpoint(scope["path"])
            if is_endpoint or self.is_edge_only(scope["path"]):
                await reject_websocket(scope, receive, send, NO_WEBSOCKET)
            else:
                await self._websockets.proxy(scope, receive, send)
            return
        if self.is_edge_only(scope["path"]):
            raise HTTPException(404)
        try:
            await ForwardedRequest(self._upstream, scope, receive, send).run()
        except TruncatedResponse as error:
            # The server closes a connection whose response has no end: so the caller can tell.
            logger.warning("request %s: %s", request_state(scope)["request_id"], error)
        except ProxyError as error:
            logger.warning("request %s: %s", request_state(scope)["request_id"], error.detail)
            request = Request(scope)
            answer = html_error_page(request, error) or await handle_http_exception(request, error)
            await answer(scope, receive, send)


class UnroutedPathBypass:
    """Middleware that forwards requests at once whose path no route can match.

    Trying every route costs as much as forwarding. Requests whose first path segment is that of a
    route go to the routes, which fall back to ``ReverseProxy`` when none matches.
    """

    def __init__(
        self, app: ASGIApp, *, routes: Iterable[BaseRoute], reverse_proxy: ReverseProxy
    ) -> None:
        self._app = app
        self._reverse_proxy = reverse_proxy
        self._first_segments = {getattr(route, "path", "/").split("/", 2)[1] for route in routes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if scope["type"] == "http" and path[1:].partition("/")[0] not in self._first_segments:
            await self._reverse_proxy(scope, receive, send)
        else:
            await self._app(scope, receive, send)
