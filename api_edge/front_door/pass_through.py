"""Hands a request on to the site and its answer back, byte for byte, while they flow."""

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from api_edge.front_door.exchange import AnswerBrokenOff, Exchange
from api_edge.front_door.site import Site
from api_edge.front_door.trouble import NotPassedOn, page_for_a_person
from api_edge.front_door.trusted_proxies import TrustedProxies
from api_edge.front_door.websockets import refuse_websocket

logger = logging.getLogger("api_edge")

#: What the edge serves itself: the site is never asked for it.
EDGE_OWNS = ("/octo", "/docs", "/redoc", "/openapi.json", "/health")
_EDGE_OWNS_BELOW = tuple(f"{path}/" for path in EDGE_OWNS)


class PassThrough:
    """The ASGI application for everything that no route of the edge fits."""

    def __init__(self, site: Site, *, proxies: TrustedProxies) -> None:
        self._site = site
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await refuse_websocket(scope, receive, send)
            return
        path: str = scope["path"]
        if path in EDGE_OWNS or path.startswith(_EDGE_OWNS_BELOW):
            raise HTTPException(404)
        try:
            await Exchange(self._site, self._proxies, scope, receive, send).run()
        except AnswerBrokenOff as trouble:
            # The server closes a connection whose answer has no end: so the caller can tell.
            logger.warning("request %s: %s", scope["state"]["request_id"], trouble)
        except NotPassedOn as trouble:
            logger.warning("request %s: %s", scope["state"]["request_id"], trouble.detail)
            page = page_for_a_person(Request(scope), trouble)
            if page is None:
                raise
            await page(scope, receive, send)
