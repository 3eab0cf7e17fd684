"""Why a request could not be passed on, and how the caller hears of it."""

from html import escape
from http import HTTPStatus
from math import ceil

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

PAGE = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title></head>
<body>
<h1>{title}</h1>
<p>{message}.</p>
<p>Request <code>{request_id}</code></p>
</body>
</html>
"""


class ProxyError(HTTPException):
    """The door answers instead of the site; ``api_edge.http.exception_handlers`` finds the dialect.

    ::

        ProxyError
         ├── AmbiguousRequest     400: two programs could read it differently
         ├── CallerTimeout        408: the rest of the body did not come in time
         ├── BodyTooLarge         413: longer than the proxy accepts
         ├── TooManyRequests      429: of one key or address (``api_edge/http/rate_limit.py``)
         ├── UpstreamUnreachable  502: nothing listens there; nothing was sent
         ├── BadUpstreamResponse  502: the connection broke, or the answer is not HTTP
         ├── UpstreamBusy         503: no thread of it, or no room for the body, is free
         └── UpstreamTimeout      504
    """

    status: HTTPStatus

    def __init__(self, message: str) -> None:
        super().__init__(self.status, message, self.headers_of_answer())

    @classmethod
    def headers_of_answer(cls) -> dict[str, str] | None:
        return None


class _Final(ProxyError):
    @classmethod
    def headers_of_answer(cls) -> dict[str, str]:
        # Whatever follows on the connection may be a body nobody has read.
        return {"Connection": "close"}


class AmbiguousRequest(_Final):
    status = HTTPStatus.BAD_REQUEST


class CallerTimeout(_Final):
    status = HTTPStatus.REQUEST_TIMEOUT


class BodyTooLarge(_Final):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class TooManyRequests(ProxyError):
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, message: str, *, wait_seconds: float) -> None:
        super().__init__(message)
        self.headers = {"Retry-After": str(max(1, ceil(wait_seconds)))}


class UpstreamBusy(ProxyError):
    status = HTTPStatus.SERVICE_UNAVAILABLE

    @classmethod
    def headers_of_answer(cls) -> dict[str, str]:
        # Source: OCTO, section 1: its own clients give up when asked to wait longer than 2 seconds.
        return {"Retry-After": "1"}


class UpstreamUnreachable(ProxyError):
    status = HTTPStatus.BAD_GATEWAY


class BadUpstreamResponse(ProxyError):
    status = HTTPStatus.BAD_GATEWAY


class UpstreamTimeout(ProxyError):
    status = HTTPStatus.GATEWAY_TIMEOUT


def html_error_page(request: Request, trouble: ProxyError) -> HTMLResponse | None:
    """Return a page when a browser asks for one, None when a program asks."""
    if "text/html" not in request.headers.get("accept", ""):
        return None
    return HTMLResponse(
        PAGE.format(
            title=trouble.status.phrase,
            message=escape(trouble.detail[:1].upper() + trouble.detail[1:]),
            request_id=escape(request.scope["state"]["request_id"]),
        ),
        trouble.status_code,
        trouble.headers,
    )
