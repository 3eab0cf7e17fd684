"""Middleware by which the outcome of a request's commits is resolved if an answer is lost."""

from collections.abc import Callable
from typing import cast

from django.db import connection
from django.http import HttpRequest, HttpResponse

from core_site.postgresql.commits import CommitCheckingWrapper, OutcomeUnknown
from core_site.postgresql.pool import READS


def _wrapper() -> CommitCheckingWrapper:
    """Return the thread's database wrapper, which is that of this package."""
    return cast(CommitCheckingWrapper, connection)


def leaves_doubt(method: str | None, problem: Exception) -> bool:
    """Return whether a request that failed with a database error may have stored something.

    A write may if a commit's outcome is unknown, or if it has committed an earlier transaction. A
    read is repeated without harm, whatever it stores beside, such as a session.
    """
    is_possible = isinstance(problem, OutcomeUnknown) or _wrapper().has_stored
    return method not in READS and is_possible


class CommitOutcomeMiddleware:
    """Makes every COMMIT of a request insert an idempotency record (``commits``)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wrapper = _wrapper()
        wrapper.settles_commits, wrapper.has_stored = True, False
        try:
            return self._get_response(request)
        finally:
            wrapper.settles_commits = False
