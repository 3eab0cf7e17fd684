"""The middleware by which a request's commits are settled."""

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse


class SettledCommits:
    """Has COMMIT carry an idempotency record in every request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        connection.settles_commits = True
        try:
            return self._get_response(request)
        finally:
            connection.settles_commits = False
