"""What the audit trail records; database triggers write it, whichever half changed the row."""

from typing import Any

import pghistory
from django.http import HttpRequest
from pghistory.middleware import HistoryMiddleware

from core_site.request_ids import get_request_id


def every_change() -> tuple[pghistory.Tracker, ...]:
    """Return the trackers of a table whose every insert, update and delete is kept."""
    return (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())


class HistoryOfRequests(HistoryMiddleware):
    """Middleware that stamps every row a request changes with the request's id.

    The edge finds out by it whether another write crossed a compared one.
    """

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().get_context(request) | {"request_id": get_request_id(request)}
