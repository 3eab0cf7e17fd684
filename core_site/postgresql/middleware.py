"""Middleware that resolves the outcome of a request's commits."""

from collections.abc import Callable
from typing import cast

from django.db import connection
from django.http import HttpRequest, HttpResponse

from core_site.postgresql.commits import CommitCheckingWrapper, OutcomeUnknown
from core_site.postgresql.pool import READS


def _wrapper() -> CommitCheckingWrapper:
    """Return the thread's connection, which is of this package's backend."""
    return cast(CommitCheckingWrapper, connection)


def leaves_doubt(method: str | None, problem: Exception) -> bool:
    """Return whether a request that the database failed may have stored something.

    A write of several transactions has, when one of the later ones fails.
    """
    return isinstance(problem, OutcomeUnknown) or (method not in READS and _wrapper().has_stored)


class CommitOutcomeMiddleware:
    """Has COMMIT carry an idempotency record in every request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wrapper = _wrapper()
        wrapper.settles_commits, wrapper.has_stored = True, False
        try:
            return self._get_response(request)
        finally:
            wrapper.settles_commits = False
