"""What callers and staff are told while PostgreSQL is away, and how long they wait for it."""

import logging
import sys
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

from core_site.database import is_transient
from core_site.partner_api.problems import answer_unavailable, answer_unexpected
from core_site.postgresql.middleware import leaves_doubt
from core_site.request_ids import request_id_of
from shared_domain import deadline

logger = logging.getLogger(__name__)

#: How long a page for staff may take as a whole; the front door waits no longer either.
STAFF_SECONDS = 60.0


class CallDeadline:
    """The middleware that gives each call its time; it stands first, before anything waits.

    Source of what it bounds: ``core_site/postgresql/base.py``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_api = request.path.startswith(tuple(settings.ENDPOINT_PREFIXES))
        with deadline.within(settings.CALL_SECONDS if is_api else STAFF_SECONDS):
            return self._get_response(request)


def answer_server_error(request: HttpRequest) -> HttpResponse:
    """Answer an exception that no view has answered; Django calls it while it handles it.

    It covers the middleware as well: sessions and logins read the database before any view.
    """
    problem = sys.exc_info()[1]
    request_id = request_id_of(request)
    is_api = request.path.startswith(tuple(settings.ENDPOINT_PREFIXES))
    if problem is None or not is_transient(problem):
        # Django logs it as an error.
        answer = answer_unexpected(request_id) if is_api else server_error(request)
        answer["X-Request-Id"] = request_id
        return answer
    logger.warning("request %s: the database: %s", request_id, type(problem).__name__)
    if is_api:
        answer = answer_unavailable(request, request_id, problem)
    else:
        page = "outcome_unknown" if leaves_doubt(request.method, problem) else "unavailable"
        answer = HttpResponse(render_to_string(f"portico/{page}.html", request=request), status=503)
        answer["Retry-After"] = "1"
    answer["X-Request-Id"] = request_id
    # Django would log it once more, with a traceback.
    answer._has_been_logged = True
    return answer
