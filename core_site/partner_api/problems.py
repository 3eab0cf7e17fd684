"""The exception handler of REST framework: every error as RFC 9457 problem details."""

import logging
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django.db import Error
from django.http import HttpResponse
from rest_framework.exceptions import APIException, ErrorDetail, MethodNotAllowed, ValidationError

from core_site.database import is_transient
from core_site.partner_api.idempotent_calls import fingerprints, replayed_response
from core_site.partner_api.negotiation import CompressedBody
from core_site.partner_api.refusals import api_exception
from core_site.problem_details import answer_unavailable, answer_unexpected, problem_response
from core_site.request_ids import get_request_id
from shared_domain.idempotency import CallStillRunning, Replayed
from shared_domain.refusals import Refused, problem_name
from shared_domain.tracebacks import format_without_values

logger = logging.getLogger(__name__)

#: A body may hold thousands of errors, and a name that the caller made up may be as long as a body.
MOST_ERRORS_LISTED = 20
LONGEST_NAME = 64


def answer_problem(problem: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Return the response to an exception of a view: the setting ``EXCEPTION_HANDLER``."""
    request = context["request"]
    match problem:
        case Refused():
            exception, field = api_exception(problem)
            name, status = problem_name(type(problem)), exception.status_code
            answer = problem_response(
                request,
                status,
                str(exception.detail),
                name=name,
                field=field,
                fingerprints=fingerprints(problem),
            )
            if status == 401:
                answer["WWW-Authenticate"] = "Bearer"
            if isinstance(problem, CallStillRunning):
                answer["Retry-After"] = "1"
            return answer
        case Replayed():
            return replayed_response(request, problem.answer)
        case ValidationError():
            errors = list(islice(_field_errors(problem.detail), MOST_ERRORS_LISTED))
            words = " ".join(f"{error['field'] or 'body'}: {error['message']}" for error in errors)
            options: dict[str, Any] = {"name": "request-malformed", "field": errors[0]["field"]}
            return problem_response(request, 422, words, **options, errors=errors)
        case APIException():
            answer = problem_response(request, problem.status_code, str(problem.detail))
            if isinstance(problem, MethodNotAllowed):
                answer["Allow"] = ", ".join(context["view"].allowed_methods)
            if isinstance(problem, CompressedBody):
                answer["Accept-Encoding"] = "identity"
            return answer
        case Error() if is_transient(problem):
            name = type(problem).__name__
            logger.warning("request %s: the database: %s", get_request_id(request), name)
            return answer_unavailable(request, problem)
    # Its place is logged, its message is not: PostgreSQL's repeat what people have written.
    logger.error("request %s:\n%s", get_request_id(request), format_without_values(problem))
    return answer_unexpected(request)


def _field_errors(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    """Yield the first error of each field, in their order; a nested field by its path."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _field_errors(inner, f"{field}.{name}" if field else str(name))
    elif isinstance(detail, list) and not isinstance(detail[0], ErrorDetail):
        for inner in detail:
            yield from _field_errors(inner, field)
    else:
        first = detail[0] if isinstance(detail, list) else detail
        shown = field if len(field) <= LONGEST_NAME else f"{field[:LONGEST_NAME]}…"
        yield {"field": shown, "rule": first.code, "message": str(first)}
