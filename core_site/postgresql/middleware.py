"""The middleware by which a request's commits are settled."""

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse

from core_site.postgresql.commits import OutcomeUnknown
from core_site.postgresql.pool import READS


def leaves_doubt(method: str | None, problem: Exception) -> bool:
    """Return whether a request that the database failed may have stored something.

    A write of several transactions has, when one of the later ones fails.
    """
    return isinstance(problem, OutcomeUnknown) or (method not in READS and connection.has_stored)


class CommitOutcomeMiddleware:
    """Has COMMIT carry an idempotency record in every request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        connection.settles_commits, connection.has_stored = True, False
        try:
            return self._get_response(request)
        finally:
            connection.settles_commits = False
