"""The audit trail (django-pghistory): database triggers write it, for changes by either half."""

from typing import Any

import pghistory
from django.http import HttpRequest
from pghistory.middleware import HistoryMiddleware

from core_site.request_ids import get_request_id


def every_change() -> tuple[pghistory.Tracker, ...]:
    """Return the trackers that record every insert, update and delete of a table."""
    return (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())


class HistoryOfRequests(HistoryMiddleware):
    """Middleware that stamps every version a request writes with the request's id and the user.

    By the id the edge finds out whether another write interfered with a compared one.
    """

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().get_context(request) | {"request_id": get_request_id(request)}
