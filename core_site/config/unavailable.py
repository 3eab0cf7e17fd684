"""Deadlines of requests to Django, and the error pages while PostgreSQL is unavailable."""

import logging
import sys
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from core_site.database import is_transient
from core_site.postgresql.middleware import leaves_doubt
from core_site.problem_details import (
    answer_unavailable,
    answer_unexpected,
    is_api_call,
    skip_django_log,
)
from core_site.request_ids import get_request_id
from shared_domain import deadline

logger = logging.getLogger(__name__)

#: How long a page for staff may take as a whole; the edge waits no longer either.
STAFF_SECONDS = 60.0


class CallDeadline:
    """Middleware that sets the deadline of each request (``shared_domain.deadline``).

    It is the first middleware, since others query the database, too. The connection enforces the
    deadline (``core_site/postgresql/connection.py``).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seconds = settings.CALL_SECONDS if is_api_call(request) else STAFF_SECONDS
        with deadline.within(seconds):
            return self._get_response(request)


def answer_server_error(request: HttpRequest) -> HttpResponse:
    """Return the response for an exception that no view handled: 503 when PostgreSQL is away.

    Django's ``handler500``, also for exceptions in middleware: sessions and logins read the
    database before any view.
    """
    problem = sys.exc_info()[1]
    request_id = get_request_id(request)
    is_api = is_api_call(request)
    if not isinstance(problem, Exception) or not is_transient(problem):
        # Django logs it as an error.
        if is_api:
            return answer_unexpected(request)
        answer = _server_error_page(request_id)
        answer["X-Request-Id"] = request_id
        return answer
    logger.warning("request %s: the database: %s", request_id, type(problem).__name__)
    if is_api:
        return answer_unavailable(request, problem)
    page = "outcome_unknown" if leaves_doubt(request.method, problem) else "unavailable"
    answer = HttpResponse(
        render_to_string(f"public_pages/{page}.html", request=request), status=503
    )
    answer["Retry-After"] = "1"
    answer["X-Request-Id"] = request_id
    skip_django_log(answer)
    return answer


def _server_error_page(request_id: str) -> HttpResponse:
    # Without context processors: one of them may be what failed.
    return HttpResponse(render_to_string("500.html", {"request_id": request_id}), status=500)
