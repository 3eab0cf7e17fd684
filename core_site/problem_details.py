"""Errors below the API's prefixes as RFC 9457 problem details, also those of Django itself."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import bad_request, page_not_found
from rest_framework.request import Request

from core_site.postgresql.middleware import leaves_doubt
from core_site.request_ids import get_request_id
from shared_domain import postgres
from shared_domain.rollout.wire import MADE_UP_NAME, PROBLEM_HEADER, pack_problem

#: The code of an error about a field that the serializer does not know.
UNEXPECTED_FIELD = "unexpected"
#: The code of an error about a member of the body, or a parameter, that was sent more than once.
SENT_TWICE = "sent_twice"


def problem_response(
    request: HttpRequest | Request,
    status: int,
    message: str,
    *,
    name: str = "",
    field: str = "",
    errors: Sequence[Mapping[str, str]] = (),
    fingerprints: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return a problem response; ``name`` or else the status determines ``type`` and ``title``."""
    body: dict[str, object] = {
        "type": f"urn:portico:problem:{name}" if name else "about:blank",
        "title": name.replace("-", " ").capitalize() if name else HTTPStatus(status).phrase,
        "status": int(status),
        "detail": message,
    }
    body |= {"field": field} if field else {}
    body |= {"errors": errors} if errors else {}
    body |= {"fingerprints": fingerprints} if fingerprints else {}
    body["requestId"] = request_id = get_request_id(request)
    response = JsonResponse(body, status=status, content_type="application/problem+json")
    response["X-Request-Id"] = request_id
    response[PROBLEM_HEADER] = pack_problem(name, _fields_at_fault(field, errors))
    return response


def _fields_at_fault(field: str, errors: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the names of fields for the edge's list of refusals, without any made-up one."""
    if not errors:
        return [field]
    return [
        MADE_UP_NAME
        if error["rule"] == UNEXPECTED_FIELD or (error["rule"] == SENT_TWICE and error["field"])
        else error["field"] or "body"
        for error in errors
    ]


def answer_unexpected(request: HttpRequest | Request) -> HttpResponse:
    """Return 500 for an unexpected exception."""
    message = f"an unexpected error; please report it with the id {get_request_id(request)}"
    return problem_response(request, HTTPStatus.INTERNAL_SERVER_ERROR, message)


def answer_unavailable(request: HttpRequest | Request, problem: Exception) -> HttpResponse:
    """Return 503 with Retry-After while PostgreSQL is unreachable or too slow."""
    is_unknown = leaves_doubt(request.method, problem)
    message = postgres.OUTCOME_UNKNOWN if is_unknown else postgres.NOTHING_DONE
    response = problem_response(request, HTTPStatus.SERVICE_UNAVAILABLE, message)
    response["Retry-After"] = "1"
    skip_django_log(response)
    return response


def skip_django_log(response: HttpResponse) -> None:
    """Keep Django from logging a response as an error, with a traceback."""
    response._has_been_logged = True  # type: ignore[attr-defined]  # django.utils.log.log_response


def answer_bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 400 for what Django itself refuses, such as a Host that is not one of its own."""
    if not is_api_call(request):
        page = "400_form.html" if request.method == "POST" else "400.html"
        return bad_request(request, exception, page)
    is_host = isinstance(exception, DisallowedHost)
    message = (
        "the header Host must be one of this site's names"
        if is_host
        else "the request's head cannot be understood"
    )
    field = "Host" if is_host else ""
    return problem_response(request, HTTPStatus.BAD_REQUEST, message, field=field)


def answer_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 404: problem details below the endpoint prefixes, Django's page elsewhere."""
    if not is_api_call(request):
        return page_not_found(request, exception)
    message = f"there is nothing at {request.path}; GET /openapi.json lists what there is"
    return problem_response(request, HTTPStatus.NOT_FOUND, message)


def is_api_call(request: HttpRequest) -> bool:
    """Return whether a request's path is below a prefix of endpoints, or is such a prefix."""
    return f"{request.path}/".startswith(tuple(settings.ENDPOINT_PREFIXES))
