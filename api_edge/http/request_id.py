"""What happens to every request, whatever it asks."""

import logging
from uuid import uuid4

from psycopg import Error
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api_edge.http.dialects import is_octo
from api_edge.http.exception_handlers import handle_database_error, handle_unexpected_error
from api_edge.postgresql.pool import is_transient
from api_edge.proxy.trusted_proxies import TrustedProxies
from shared_domain import deadline
from shared_domain.tracebacks import format_without_values

logger = logging.getLogger("api_edge")


class DeadlineMiddleware:
    """Gives each call that the edge answers its time; what is done afterwards has its own.

    Source of what it bounds: ``api_edge/postgresql/pool.py``.
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


class RequestIdMiddleware:
    """Gives each request an id, and each answer too, even when something breaks.

    - ``X-Request-Id`` is our own, so that ids in the history are unique; an id from outside is
      believed only when a configured proxy sends it.
    - Under ``/octo``, a path with a trailing slash is answered as the one without.
    - An exception that nobody expected becomes an answer in the caller's dialect. Its place is
      logged, its message is not: PostgreSQL's messages repeat what guests have written.
    """

    def __init__(self, app: ASGIApp, proxies: TrustedProxies) -> None:
        self.app = app
        self.proxies = proxies

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
        is_answering = False

        async def send_with_id(message: Message) -> None:
            nonlocal is_answering
            if message["type"] == "http.response.start":
                is_answering = True
                message["headers"].append(header)
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except ClientDisconnect:
            # Nobody is left to answer; what was half sent is forgotten.
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
                # Of the front door's own: what the routes raise is answered further in.
                answer = await handle_database_error(request, unexpected)
            else:
                answer = handle_unexpected_error(request)
            await answer(scope, receive, send_with_id)
