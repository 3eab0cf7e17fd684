"""The audit trail (django-pghistory): database triggers write it, for changes by either half."""

from typing import Any

import pghistory
from django.http import HttpRequest
from pghistory.middleware import HistoryMiddleware

from core_site.config.logs import hide_secret_in_path
from core_site.request_ids import get_request_id


def every_change() -> tuple[pghistory.Tracker, ...]:
    """Return the trackers that record every insert, update and delete of a table."""
    return (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())


class HistoryOfRequests(HistoryMiddleware):
    """Middleware that stamps every version a request writes with its id, user and path.

    By the id the edge finds out whether another write interfered with a compared one. A path that
    gives access without a password is cut: what is in the history stays there.
    """

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().get_context(request) | {
            "url": hide_secret_in_path(request.path),
            "request_id": get_request_id(request),
        }
