"""The exception handler of REST framework: every error as RFC 9457 problem details."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse
from django.views.defaults import page_not_found
from rest_framework.exceptions import APIException, MethodNotAllowed

from core_site.database import is_transient
from core_site.partner_api.refusals import api_refusal
from core_site.postgresql.middleware import leaves_doubt
from core_site.request_ids import get_request_id
from shared_domain import postgres
from shared_domain.refusals import Refused, problem_name
from shared_domain.tracebacks import format_without_values

logger = logging.getLogger(__name__)

#: Flaws that are named in the sentence, and flaws that are listed; a body may hold thousands.
MOST_FLAWS_NAMED = 5
MOST_FLAWS_LISTED = 20


@dataclass(frozen=True, slots=True)
class FieldError:
    """A validation error: the field, the rule that it breaks, the type that was sent, a message."""

    field: str
    rule: str
    given: str
    message: str


class RequestMalformed(APIException):
    """The body or the query string fails validation (422), with every error in it."""

    status_code = 422

    def __init__(self, flaws: Sequence[FieldError]) -> None:
        named = [f"{flaw.field or 'the body'} {flaw.message}" for flaw in flaws[:MOST_FLAWS_NAMED]]
        left_out = len(flaws) - len(named)
        super().__init__("; ".join(named) + (f"; and {left_out} more" if left_out else ""))
        self.flaws = flaws


class UnreadableBody(APIException):
    """The body cannot be parsed: it is not JSON (400, 415) or too long (413)."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status_code = status


def answer_problem(problem: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Return the response to an exception of a view; REST framework's exception handler."""
    request_id = context["view"].request_id
    match problem:
        case Refused():
            status, message, field = api_refusal(problem)
            answer = _problem(status, message, request_id, kind=problem, field=field)
            if status == HTTPStatus.UNAUTHORIZED:
                answer["WWW-Authenticate"] = "Bearer"
            return answer
        case RequestMalformed():
            return _problem(
                problem.status_code,
                str(problem.detail),
                request_id,
                kind=problem,
                field=problem.flaws[0].field,
                errors=[asdict(flaw) for flaw in problem.flaws[:MOST_FLAWS_LISTED]],
            )
        case MethodNotAllowed():
            return _method_not_allowed(context["request"], context["view"], request_id)
        case APIException():
            return _problem(problem.status_code, str(problem.detail), request_id)
        case Http404():
            return _nothing_here(context["request"].path, request_id)
        case PermissionDenied():
            return _problem(HTTPStatus.FORBIDDEN, HTTPStatus.FORBIDDEN.phrase, request_id)
        case Error() if is_transient(problem):
            logger.warning("request %s: the database: %s", request_id, type(problem).__name__)
            return answer_unavailable(context["request"], request_id, problem)
    # Its place is logged, its message is not: PostgreSQL's repeat what people have written.
    logger.error(
        "request %s:\n%s",
        request_id,
        format_without_values(problem),
    )
    return answer_unexpected(request_id)


def answer_unexpected(request_id: str) -> HttpResponse:
    """Return 500 for an unexpected exception."""
    message = f"an unexpected error; please report it with the id {request_id}"
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, message, request_id)


def answer_unavailable(request: Any, request_id: str, problem: Exception) -> HttpResponse:
    """Return 503 with Retry-After while PostgreSQL is unreachable or too slow."""
    is_unknown = leaves_doubt(request.method, problem)
    message = postgres.OUTCOME_UNKNOWN if is_unknown else postgres.NOTHING_DONE
    answer = _problem(HTTPStatus.SERVICE_UNAVAILABLE, message, request_id)
    answer["Retry-After"] = "1"
    # It was logged with the trouble's name; Django would log it once more, as an error.
    skip_django_log(answer)
    return answer


def skip_django_log(answer: HttpResponse) -> None:
    """Keep Django from logging an answer as an error, with a traceback."""
    answer._has_been_logged = True  # type: ignore[attr-defined]  # django.utils.log.log_response


def answer_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 404: problem details below the endpoint prefixes, Django's page elsewhere."""
    if not request.path.startswith(tuple(settings.ENDPOINT_PREFIXES)):
        return page_not_found(request, exception)
    request_id = get_request_id(request)
    answer = _nothing_here(request.path, request_id)
    answer["X-Request-Id"] = request_id
    return answer


def _nothing_here(path: str, request_id: str) -> HttpResponse:
    message = f"there is nothing at {path}; GET /openapi.json lists what there is"
    return _problem(HTTPStatus.NOT_FOUND, message, request_id)


def _method_not_allowed(request: Any, view: Any, request_id: str) -> HttpResponse:
    possible = ", ".join(method for method in view.allowed_methods if method != "OPTIONS")
    message = f"{request.method} is not possible at {request.path}; possible: {possible}"
    answer = _problem(HTTPStatus.METHOD_NOT_ALLOWED, message, request_id)
    answer["Allow"] = possible
    return answer


def _problem(
    status: int,
    message: str,
    request_id: str,
    *,
    kind: Exception | None = None,
    field: str | None = None,
    errors: Sequence[Mapping[str, str]] = (),
) -> HttpResponse:
    name = problem_name(type(kind)) if kind else ""
    body: dict[str, object] = {
        "type": f"urn:portico:problem:{name}" if kind else "about:blank",
        "title": name.replace("-", " ").capitalize() if kind else HTTPStatus(status).phrase,
        "status": int(status),
        "detail": message,
    }
    if field:
        body["field"] = field
    if errors:
        body["errors"] = errors
    body["requestId"] = request_id
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(text, status=status, content_type="application/problem+json")
