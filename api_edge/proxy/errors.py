"""Proxy errors: why a request was not forwarded, with their statuses and the HTML error page."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from types import MappingProxyType
from typing import ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api_edge.http.dialects import is_octo
from api_edge.request_state import request_state
from shared_domain.plain_page import render_plain_page


class ProxyError(HTTPException):
    """The proxy answers in place of the upstream, in the dialect of ``http/exception_handlers.py``.

    ::

        ProxyError
         ├── AmbiguousRequest     400: two programs could read it differently
         ├── CallerTimeout        408: the rest of the body did not come in time
         ├── BodyTooLarge         413: longer than the proxy accepts
         ├── TooManyRequests      429: of one key or address (``api_edge/http/rate_limit.py``)
         ├── UpstreamUnreachable  502: nothing listens there; nothing was sent
         ├── BadUpstreamResponse  502: the connection broke, or the answer is not HTTP
         ├── UpstreamBusy         503: no thread of it is free, or there is no room for the body
         └── UpstreamTimeout      504
    """

    status: HTTPStatus
    response_headers: ClassVar[Mapping[str, str] | None] = None

    def __init__(self, message: str) -> None:
        super().__init__(self.status, message, self.response_headers)


class _ClosesConnection(ProxyError):
    # What follows on the connection may be the unread rest of a body.
    response_headers = MappingProxyType({"Connection": "close"})


class AmbiguousRequest(_ClosesConnection):
    status = HTTPStatus.BAD_REQUEST


class CallerTimeout(_ClosesConnection):
    status = HTTPStatus.REQUEST_TIMEOUT


class BodyTooLarge(_ClosesConnection):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class TooManyRequests(ProxyError):
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, message: str, *, wait_seconds: float) -> None:
        super().__init__(message)
        self.headers = {"Retry-After": str(max(1, ceil(wait_seconds)))}


class UpstreamBusy(ProxyError):
    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, message: str, *, wait_seconds: int = 1) -> None:
        super().__init__(message)
        self.headers = {"Retry-After": str(wait_seconds)}


class UpstreamUnreachable(ProxyError):
    status = HTTPStatus.BAD_GATEWAY


class BadUpstreamResponse(ProxyError):
    status = HTTPStatus.BAD_GATEWAY


class UpstreamTimeout(ProxyError):
    status = HTTPStatus.GATEWAY_TIMEOUT


#: Titles of the pages of temporary errors; others have the phrase of their status.
_TITLES: Mapping[HTTPStatus, str] = MappingProxyType(
    {
        HTTPStatus.TOO_MANY_REQUESTS: "Too many requests",
        HTTPStatus.BAD_GATEWAY: "Portico does not answer",
        HTTPStatus.SERVICE_UNAVAILABLE: "Portico is busy",
        HTTPStatus.GATEWAY_TIMEOUT: "The answer took too long",
    }
)

#: What a page says where the upstream may have done what was asked.
_LOOK_FIRST = "It may have been done all the same: if you were saving, look first if it is there."

#: What the page says; programs read the proxy's own words, about an upstream. An error that is not
#: here says its detail.
_SENTENCES: Mapping[type[ProxyError], str] = MappingProxyType(
    {
        UpstreamUnreachable: "Portico cannot be reached at present. Nothing was done.",
        BadUpstreamResponse: f"The answer did not arrive whole. {_LOOK_FIRST}",
        UpstreamBusy: "Too much is asked of Portico at present. Nothing was done.",
        UpstreamTimeout: f"The answer did not come in time. {_LOOK_FIRST}",
    }
)


def html_error_page(request: Request, error: ProxyError) -> HTMLResponse | None:
    """Return an HTML error page for a browser (``Accept: text/html``), None for other clients."""
    if "text/html" not in request.headers.get("accept", ""):
        return None
    detail = f"{error.detail[:1].upper()}{error.detail[1:]}."
    return HTMLResponse(
        render_plain_page(
            _TITLES.get(error.status, error.status.phrase),
            _SENTENCES.get(type(error), detail),
            request_state(request.scope)["request_id"],
            is_temporary=error.status in _TITLES,
        ),
        error.status_code,
        error.headers,
    )


class RequestRejected(Exception):
    """The request is rejected before any application sees it."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


def error_body(rejection: RequestRejected, url: bytes, request_id: str) -> tuple[bytes, bytes]:
    """Return body and Content-Type of a rejection, in the dialect of the requested URL."""
    if is_octo(url.decode("latin-1")):
        octo = {"error": "BAD_REQUEST", "errorMessage": str(rejection), "requestId": request_id}
        return json.dumps(octo).encode(), b"application/json"
    problem = {
        "type": "about:blank",
        "title": rejection.status.phrase,
        "status": int(rejection.status),
        "detail": str(rejection),
        "requestId": request_id,
    }
    return json.dumps(problem).encode(), b"application/problem+json"
