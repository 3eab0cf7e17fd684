"""The id of a request, which every answer carries and every error repeats."""

from uuid import UUID, uuid4

from django.http import HttpRequest


def get_request_id(request: HttpRequest) -> str:
    """Return the id that the edge gave the request, or a new one when it has none."""
    try:
        return str(UUID(request.META.get("HTTP_X_REQUEST_ID", "")))
    except ValueError:
        made = str(uuid4())
        request.META["HTTP_X_REQUEST_ID"] = made
        return made
