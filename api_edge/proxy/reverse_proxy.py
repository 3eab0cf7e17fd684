"""The ASGI applications that stand between the routes of the edge and the site."""

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
from api_edge.proxy.trusted_proxies import TrustedProxies
from api_edge.proxy.upstream import Upstream
from api_edge.proxy.websockets import NO_WEBSOCKET, WebSockets, reject_websocket

logger = logging.getLogger("api_edge")

#: What the edge serves about itself; ``PORTICO_EDGE_PREFIX`` stands before them.
ABOUT_THE_EDGE = ("/docs", "/redoc", "/openapi.json", "/health")


class ReverseProxy:
    """Hands a request on to the site and its answer back; the package says what is changed.

    ``edge_prefix`` is what stands before the edge's own documentation and health.
    """

    def __init__(self, site: Upstream, *, proxies: TrustedProxies, edge_prefix: str = "") -> None:
        self._site = site
        self._proxies = proxies
        self._websockets = WebSockets(site, proxies)
        self._owned = (OCTO_PREFIX, *(f"{edge_prefix}{path}" for path in ABOUT_THE_EDGE))
        self._owned_below = tuple(f"{path}/" for path in self._owned)

    def is_edge_only(self, path: str) -> bool:
        """Return whether the site is never asked for a path, whatever it says it has."""
        return path in self._owned or path.startswith(self._owned_below)

    async def close(self) -> None:
        """Close the connections to the site that are kept."""
        await self._websockets.close()
        await self._site.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            # A site without WebSockets would run its view, whatever the endpoint's stage is.
            is_endpoint = scope["app"].state.rollout.has_endpoint(scope["path"])
            if is_endpoint or self.is_edge_only(scope["path"]):
                await reject_websocket(scope, receive, send, NO_WEBSOCKET)
            else:
                await self._websockets.pass_on(scope, receive, send)
            return
        if self.is_edge_only(scope["path"]):
            raise HTTPException(404)
        try:
            await ForwardedRequest(self._site, self._proxies, scope, receive, send).run()
        except TruncatedResponse as trouble:
            # The server closes a connection whose answer has no end: so the caller can tell.
            logger.warning("request %s: %s", scope["state"]["request_id"], trouble)
        except ProxyError as trouble:
            logger.warning("request %s: %s", scope["state"]["request_id"], trouble.detail)
            request = Request(scope)
            answer = html_error_page(request, trouble) or await handle_http_exception(
                request, trouble
            )
            await answer(scope, receive, send)


class UnroutedPathBypass:
    """Takes what no route can fit past all of them: trying each costs as much as the passing on.

    What could fit one, by the first part of its path, is left to the routes; they leave it to
    ``ReverseProxy`` as well when none does.
    """

    def __init__(
        self, app: ASGIApp, *, routes: Iterable[BaseRoute], reverse_proxy: ReverseProxy
    ) -> None:
        self._app = app
        self._reverse_proxy = reverse_proxy
        self._first_parts = {getattr(route, "path", "/").split("/", 2)[1] for route in routes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if scope["type"] == "http" and path[1:].partition("/")[0] not in self._first_parts:
            await self._reverse_proxy(scope, receive, send)
        else:
            await self._app(scope, receive, send)
