"""Exception handlers: every error as a response in the dialect of the request's path.

OCTO's ``{error, errorMessage}`` below ``/octo``, RFC 9457 problem details everywhere else.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from psycopg import Error
from psycopg.errors import ReadOnlySqlTransaction
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from api_edge.http.dialects import is_octo
from api_edge.http.validation_messages import (
    ErrorDetails,
    describe,
    field_path,
    known_field_paths,
)
from api_edge.octo.problems import (
    BAD_REQUEST,
    INTERNAL_SERVER_ERROR,
    INVALID_BOOKING_UUID,
    UNAVAILABLE,
    OctoError,
    octo_error_response,
)
from api_edge.octo.refusals import fields_at_fault, octo_refusal
from api_edge.postgresql.commit_outcome import OutcomeUnknown
from api_edge.postgresql.pool import PoolBusy, is_transient
from api_edge.request_state import request_state
from api_edge.v1.problems import find_fingerprints, problem_response
from api_edge.v1.refusals import v1_refusal
from api_edge.v1.validation_errors import RequestMalformed, list_field_errors
from shared_domain import postgres
from shared_domain.bookings import BookingNotFound
from shared_domain.catalog import ProductNotFound
from shared_domain.idempotency import CallStillRunning
from shared_domain.refusals import Refused
from shared_domain.weather import WeatherUnavailable

logger = logging.getLogger("api_edge")

Headers = Mapping[str, str]

#: Source: RFC 6750, section 3.
BEARER_CHALLENGE = {"WWW-Authenticate": "Bearer"}

#: Source: OCTO, section 1: its own clients give up when asked to wait longer than 2 seconds.
RETRY_AFTER = {"Retry-After": "1"}

#: The longest wait that OCTO's clients are asked for, by the same source.
MOST_OCTO_RETRY_SECONDS = 2

#: What OCTO calls a status that is not the request's fault. Source: OCTO, section 2.
OCTO_CODES = {
    HTTPStatus.TOO_MANY_REQUESTS: "TOO_MANY_REQUESTS",
    HTTPStatus.SERVICE_UNAVAILABLE: UNAVAILABLE.code,
}

#: An id in a path of OCTO's that cannot be one is an unknown id, not a malformed request.
UNKNOWN_IDS_IN_PATHS: Mapping[str, Callable[[str], Refused]] = {
    "uuid": BookingNotFound,
    "id": ProductNotFound,
}


async def handle_refusal(request: Request, refusal: Refused) -> Response:
    """Answer a refusal of the domain with its status and message in the dialect of the path."""
    if not is_octo(request.scope["path"]):
        problem = v1_refusal(refusal)
        return problem_response(
            request,
            problem.status,
            problem.message,
            kind=type(refusal),
            field=problem.field,
            headers=_refusal_headers(refusal, problem.status),
            fingerprints=find_fingerprints(refusal),
        )
    error, message, echo = octo_refusal(refusal)
    if error is INVALID_BOOKING_UUID:
        # As it was sent, not as it was parsed (OCTO, section 2).
        echo = request.path_params.get("uuid", echo)
    return octo_error_response(
        request,
        error,
        message,
        echo=echo,
        kind=type(refusal),
        fields=fields_at_fault(refusal),
        headers=_refusal_headers(refusal, error.status),
    )


def _refusal_headers(refusal: Refused, status: int) -> Headers | None:
    if isinstance(refusal, CallStillRunning):
        return RETRY_AFTER
    if isinstance(refusal, WeatherUnavailable):
        return {"Retry-After": str(refusal.retry_after_seconds)}
    return BEARER_CHALLENGE if status == HTTPStatus.UNAUTHORIZED else None


async def handle_validation_error(request: Request, invalid: RequestValidationError) -> Response:
    """Answer a request whose body, path or query does not match the endpoint's signature.

    Status 400 in OCTO, 422 in ``/v1``; the message names the first errors by their fields.
    """
    errors: list[ErrorDetails] = list(invalid.errors())
    if errors[0]["type"] == "json_invalid":
        message = f"the body is not JSON: the mistake is at character {errors[0]['loc'][1]}"
        return _error_response(request, BAD_REQUEST, message, fields=["body"])
    in_path = [error for error in errors if error["loc"][0] == "path"]
    # The body's shape is judged before any id (OCTO, section 2).
    errors = [error for error in errors if error not in in_path] or errors
    if not is_octo(request.scope["path"]):
        return problem_response(
            request,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            describe(errors),
            kind=RequestMalformed,
            field=field_path(errors[0]),
            errors=list_field_errors(errors),
            fields=known_field_paths(errors),
        )
    if errors == in_path:
        name, value = field_path(in_path[0]), str(in_path[0]["input"])
        return await handle_refusal(request, UNKNOWN_IDS_IN_PATHS[name](value))
    at_fault: Any = {"kind": RequestMalformed, "fields": known_field_paths(errors)}
    uuids = [error["input"] for error in errors if error["loc"] == ("body", "uuid")]
    if len(errors) == 1 and uuids and isinstance(uuids[0], str) and uuids[0]:
        # One code for every bad booking reference (OCTO, section 8).
        return octo_error_response(
            request, INVALID_BOOKING_UUID, describe(errors), echo=uuids[0], **at_fault
        )
    return octo_error_response(request, BAD_REQUEST, describe(errors), **at_fault)


async def handle_http_exception(request: Request, exception: HTTPException) -> Response:
    """Answer a request for an unknown path or method, an unreadable body, or a proxy error."""
    path, method = request.scope["path"], request.scope["method"]
    headers = dict(exception.headers or {})
    if exception.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_allowed_methods(request))
    messages = {
        HTTPStatus.NOT_FOUND: f"there is nothing at {path}; GET {request.app.openapi_url} "
        "lists what there is",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{method} is not possible at {path}; "
        f"possible: {headers.get('Allow')}",
        HTTPStatus.BAD_REQUEST: _say_why_unreadable(exception.__cause__),
    }
    status = HTTPStatus(exception.status_code)
    is_ours = not _is_raised_by_framework(exception)
    message = exception.detail if is_ours else messages.get(status, status.phrase)
    error = OctoError(OCTO_CODES.get(status, "BAD_REQUEST"), status)
    if "Retry-After" in headers:
        headers["Retry-After"] = str(_retry_seconds(request, int(headers["Retry-After"])))
    return _error_response(request, error, message, headers=headers)


async def handle_database_error(request: Request, failure: Error) -> Response:
    """Answer 503 with Retry-After to a transient error: PostgreSQL is away, too slow or too busy.

    Raises:
        Error: the given one, if it is not transient, or if a read tried to write in its dry run.
    """
    # A dry run of a read is READ ONLY: an endpoint that writes in it is at fault itself.
    is_endpoints_fault = isinstance(failure, ReadOnlySqlTransaction) and (
        "dry_run_transaction" in request_state(request.scope)
    )
    if is_endpoints_fault or not is_transient(failure):
        raise failure
    # An outage of the server is not charged to the endpoint's error budget.
    is_away = failure.sqlstate is None or postgres.is_server_away(failure.sqlstate)
    request_state(request.scope)["database_unavailable"] = is_away
    logger.warning(
        "request %s: %s", request_state(request.scope)["request_id"], type(failure).__qualname__
    )
    message, seconds = postgres.NOTHING_DONE, 1
    if isinstance(failure, OutcomeUnknown):
        message = postgres.OUTCOME_UNKNOWN
    elif isinstance(failure, PoolBusy):
        seconds = _retry_seconds(request, failure.retry_after_seconds)
        message = f"too many calls at once; nothing was done; try again in {seconds} s"
    return _error_response(request, UNAVAILABLE, message, headers={"Retry-After": str(seconds)})


def handle_unexpected_error(request: Request) -> Response:
    """Answer 500 for an exception without a handler; the message contains the request's id."""
    request_id = request_state(request.scope)["request_id"]
    message = f"an unexpected error; please report it with the id {request_id}"
    return _error_response(request, INTERNAL_SERVER_ERROR, message)


def _say_why_unreadable(cause: BaseException | None) -> str:
    """Return why FastAPI could not read a body, by the exception that it met."""
    match cause:
        case UnicodeDecodeError():
            return f"the body must be JSON in UTF-8: the mistake is at byte {cause.start}"
        case RecursionError():
            return "the body cannot be read as JSON: it is nested too deep"
        case ValueError():
            # Python's limit of 4,300 digits; other mistakes in JSON are a JSONDecodeError.
            return "the body cannot be read as JSON: a number in it has too many digits"
    return "the body cannot be read as JSON"


def _retry_seconds(request: Request, seconds: int) -> int:
    return min(seconds, MOST_OCTO_RETRY_SECONDS) if is_octo(request.scope["path"]) else seconds


def _allowed_methods(request: Request) -> list[str]:
    """Return every method of the path; the framework's ``Allow`` names those of one route only."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    at_path = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    methods = {method for route in at_path for method in route.methods or ()}
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def _is_raised_by_framework(exception: HTTPException) -> bool:
    """Return whether FastAPI or Starlette raised it, with its own text."""
    return type(exception) is HTTPException or type(exception).__module__.startswith(
        ("fastapi", "starlette")
    )


def _error_response(
    request: Request,
    error: OctoError,
    message: str,
    *,
    fields: Sequence[str] = (),
    headers: Headers | None = None,
) -> Response:
    if is_octo(request.scope["path"]):
        return octo_error_response(request, error, message, fields=fields, headers=headers)
    return problem_response(request, error.status, message, fields=fields, headers=headers)
