"""Middleware around every request: its id in logs and responses, and its deadline."""

import logging
from uuid import uuid4

from psycopg import Error
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api_edge.http.dialects import is_octo
from api_edge.http.exception_handlers import handle_database_error, handle_unexpected_error
from api_edge.postgresql.pool import is_transient
from api_edge.proxy.trusted_proxies import TrustedProxies
from api_edge.request_state import request_state
from shared_domain import deadline
from shared_domain.tracebacks import format_without_values

logger = logging.getLogger("api_edge")


class DeadlineMiddleware:
    """Sets the deadline of each request that the edge answers; background work has its own.

    Connections of ``api_edge/postgresql/pool.py`` wait for PostgreSQL only until then.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            with deadline.within(self.seconds):
                await self.app(scope, receive, send)
        else:
            await self.app(scope, receive, send)


#: Sent with a partner's answers unless an endpoint sets them itself. Most answers are one partner's
#: and some hold a guest's name; without the first a cache may keep a 404 (RFC 9110, section 15.1).
PARTNER_HEADERS = {
    b"cache-control": b"private, no-cache",
    b"x-content-type-options": b"nosniff",
}


class RequestIdMiddleware:
    """Gives each request an id, and sets X-Request-Id on each response, also on errors.

    - The id is generated here, so that ids in the history are unique; one from outside is used
      only when a trusted proxy sends it.
    - Under ``/octo``, a path with a trailing slash is answered as the one without.
    - Below ``partner_prefixes`` a response gets ``PARTNER_HEADERS``, whichever half gave it.
    - Each response to a partner's key is counted (``usage``).
    - An unhandled exception becomes a response in the dialect of the path. Its place is logged,
      its message is not: PostgreSQL's messages repeat what guests have written.
    """

    def __init__(
        self, app: ASGIApp, proxies: TrustedProxies, partner_prefixes: tuple[str, ...] = ()
    ) -> None:
        self.app = app
        self.proxies = proxies
        self.partner_prefixes = partner_prefixes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        path = scope["path"]
        if path[-1:] == "/" and is_octo(path):
            scope["path"] = path[:-1]
        request_id = self.proxies.request_id(scope) or str(uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        header = (b"x-request-id", request_id.encode())
        is_partners = path.startswith(self.partner_prefixes)
        is_answering = False

        async def send_with_id(message: Message) -> None:
            nonlocal is_answering
            if message["type"] == "http.response.start":
                is_answering = True
                message["headers"].append(header)
                if is_partners:
                    sent = {name for name, _ in message["headers"]}
                    message["headers"] += (
                        default for default in PARTNER_HEADERS.items() if default[0] not in sent
                    )
                if (key := request_state(scope).get("counted_key")) is not None:
                    scope["app"].state.usage.record(key, scope, message["status"])
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except ClientDisconnect:
            # The client has disconnected; the rest of the response is dropped.
            return
        except Exception as unexpected:
            logger.error(
                "request %s: %s %s:\n%s",
                request_id,
                scope["method"],
                getattr(scope.get("route"), "path", "?"),
                format_without_values(unexpected),
            )
            if is_answering:
                # The server closes a connection whose answer has no end. Given the exception, it
                # would log its text as well.
                return
            request = Request(scope)
            if isinstance(unexpected, Error) and is_transient(unexpected):
                # Raised by a middleware: the exception handlers answer what the routes raise.
                answer = await handle_database_error(request, unexpected)
            else:
                answer = handle_unexpected_error(request)
            await answer(scope, receive, send_with_id)
