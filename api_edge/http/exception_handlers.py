"""Every error as an answer, in the dialect of the path that was asked for.

``/octo`` speaks OCTO's ``{error, errorMessage}``; everything else speaks RFC 9457 problem details.
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from psycopg import Error
from psycopg.errors import ReadOnlySqlTransaction
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route

from api_edge.http.validation_messages import ErrorDetails, describe, field_path
from api_edge.postgresql.commit_outcome import OutcomeUnknown
from api_edge.postgresql.pool import is_transient
from api_edge.problems import (
    BAD_REQUEST,
    INTERNAL_SERVER_ERROR,
    INVALID_BOOKING_UUID,
    INVALID_PRODUCT_ID,
    OCTO,
    UNAVAILABLE,
    V1,
    OctoError,
    problem_title,
    problem_type,
)
from api_edge.v1.validation_errors import RequestMalformed, list_field_errors
from shared_domain import postgres
from shared_domain.refusals import Refused

logger = logging.getLogger("api_edge")

Headers = Mapping[str, str]

#: Source: RFC 6750, section 3.
BEARER_CHALLENGE = {"WWW-Authenticate": "Bearer"}

#: Source: OCTO, section 1: its own clients give up when asked to wait longer than 2 seconds.
RETRY_AFTER = {"Retry-After": "1"}

#: What OCTO calls a status that is not the request's fault. Source: OCTO, section 2.
OCTO_CODES = {
    HTTPStatus.TOO_MANY_REQUESTS: "TOO_MANY_REQUESTS",
    HTTPStatus.SERVICE_UNAVAILABLE: UNAVAILABLE.code,
}

ENVIRONMENTS = frozenset({"test", "live"})

#: An id in a path that cannot be one is an unknown id, not a malformed request.
PATH_ID_ERRORS: Mapping[str, OctoError] = {"uuid": INVALID_BOOKING_UUID, "id": INVALID_PRODUCT_ID}


async def handle_refusal(request: Request, refusal: Refused) -> Response:
    """The domain turned the request down."""
    if not _speaks_octo(request):
        status = V1[type(refusal)]
        return _problem(
            request,
            status,
            str(refusal),
            kind=type(refusal),
            field=refusal.field,
            headers=BEARER_CHALLENGE if status == HTTPStatus.UNAUTHORIZED else None,
        )
    error = OCTO[type(refusal)]
    return _octo(
        request,
        error,
        str(refusal),
        echo=refusal.value,
        headers=BEARER_CHALLENGE if error.status == HTTPStatus.UNAUTHORIZED else None,
    )


async def handle_validation_error(request: Request, wrong: RequestValidationError) -> Response:
    """The body, the path or the query is not what the endpoint's signature says."""
    flaws: list[ErrorDetails] = list(wrong.errors())
    if flaws[0]["type"] == "json_invalid":
        message = f"the body is not JSON: the mistake is at character {flaws[0]['loc'][1]}"
        return _answer(request, BAD_REQUEST, message)
    in_path = [flaw for flaw in flaws if flaw["loc"][0] == "path"]
    # The body's shape is judged before any id (OCTO, section 2).
    flaws = [flaw for flaw in flaws if flaw not in in_path] or flaws
    if flaws == in_path and _speaks_octo(request):
        name, value = field_path(in_path[0]), str(in_path[0]["input"])
        error = PATH_ID_ERRORS[name]
        return _octo(request, error, f"{error.echoes} is unknown here", echo=value)
    malformed = [flaw["input"] for flaw in flaws if flaw["loc"] == ("body", "uuid")]
    if len(flaws) == 1 and malformed and isinstance(malformed[0], str) and malformed[0]:
        # One code for every bad booking reference (OCTO, section 8).
        return _octo(request, INVALID_BOOKING_UUID, describe(flaws), echo=malformed[0])
    if not _speaks_octo(request):
        return _problem(
            request,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            describe(flaws),
            kind=RequestMalformed,
            field=field_path(flaws[0]),
            errors=list_field_errors(flaws),
        )
    return _octo(request, BAD_REQUEST, describe(flaws))


async def handle_http_exception(request: Request, problem: HTTPException) -> Response:
    """The path or method does not exist, or the body could not be read."""
    path, method = request.scope["path"], request.scope["method"]
    headers = dict(problem.headers or {})
    if problem.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods_at(request))
    messages = {
        HTTPStatus.NOT_FOUND: f"there is nothing at {path}; GET {request.app.openapi_url} "
        "lists what there is",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{method} is not possible at {path}; "
        f"possible: {headers.get('Allow')}",
        HTTPStatus.BAD_REQUEST: "the body cannot be read as JSON",
    }
    status = HTTPStatus(problem.status_code)
    message = messages.get(status, status.phrase) if _is_stock(problem) else problem.detail
    error = OctoError(OCTO_CODES.get(status, "BAD_REQUEST"), status)
    return _answer(request, error, message, headers=headers)


async def handle_database_error(request: Request, trouble: Error) -> Response:
    """PostgreSQL cannot be reached, or has no time: the same request may work in a moment.

    Raises:
        Error: the given one, when it says that a statement is wrong.
    """
    # A read that is tried runs READ ONLY: there, the endpoint is at fault that writes.
    is_endpoints_fault = isinstance(trouble, ReadOnlySqlTransaction) and (
        "dry_run_transaction" in request.scope["state"]
    )
    if is_endpoints_fault or not is_transient(trouble):
        raise trouble
    # Nobody's fault but the server's; what is counted against an endpoint leaves it out.
    is_away = trouble.sqlstate is None or postgres.is_server_away(trouble.sqlstate)
    request.scope["state"]["database_unavailable"] = is_away
    logger.warning(
        "request %s: %s", request.scope["state"]["request_id"], type(trouble).__qualname__
    )
    message = (
        postgres.OUTCOME_UNKNOWN if isinstance(trouble, OutcomeUnknown) else postgres.NOTHING_DONE
    )
    return _answer(request, UNAVAILABLE, message, headers=RETRY_AFTER)


def handle_unexpected_error(request: Request) -> Response:
    """Something broke that should not have."""
    request_id = request.scope["state"]["request_id"]
    message = f"an unexpected error; please report it with the id {request_id}"
    return _answer(request, INTERNAL_SERVER_ERROR, message)


def _methods_at(request: Request) -> list[str]:
    """Return every method that the path has: the framework names those of one route only."""
    routes = [it for it in request.app.routes if isinstance(it, Route)]
    at_path = [it for it in routes if it.matches(request.scope)[0] is not Match.NONE]
    methods = {method for route in at_path for method in route.methods or ()}
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def _is_stock(problem: HTTPException) -> bool:
    """Return whether the framework raised it, without words of ours."""
    return type(problem) is HTTPException or type(problem).__module__.startswith(
        ("fastapi", "starlette")
    )


def _speaks_octo(request: Request) -> bool:
    path: str = request.scope["path"]
    return path.startswith("/octo/") or path == "/octo"


def _answer(
    request: Request, error: OctoError, message: str, *, headers: Headers | None = None
) -> Response:
    if _speaks_octo(request):
        return _octo(request, error, message, headers=headers)
    return _problem(request, error.status, message, headers=headers)


def _octo(
    request: Request,
    error: OctoError,
    message: str,
    *,
    echo: str | None = None,
    headers: Headers | None = None,
) -> Response:
    body = {"error": error.code, "errorMessage": message}
    if error.echoes is not None and echo:
        body[error.echoes] = echo
    body["requestId"] = request.scope["state"]["request_id"]
    environment = request.headers.get("octo-env", "").strip().lower()
    if environment in ENVIRONMENTS:
        headers = {**(headers or {}), "Octo-Env": environment}
    return JSONResponse(body, error.status, headers)


def _problem(
    request: Request,
    status: int,
    message: str,
    *,
    kind: type[Exception] | None = None,
    field: str | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Headers | None = None,
) -> Response:
    body: dict[str, object] = {
        "type": problem_type(kind) if kind else "about:blank",
        "title": problem_title(kind) if kind else HTTPStatus(status).phrase,
        "status": int(status),
        "detail": message,
    }
    if field:
        body["field"] = field
    if errors:
        body["errors"] = errors
    body["requestId"] = request.scope["state"]["request_id"]
    return JSONResponse(body, status, headers, media_type="application/problem+json")
