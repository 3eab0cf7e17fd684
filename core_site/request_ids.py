"""The id of a request, which every answer carries and every error repeats."""

from uuid import UUID, uuid4

from django.http import HttpRequest


def request_id_of(request: HttpRequest) -> str:
    """Return the id that the front door gave the request; one of our own when it came without."""
    try:
        return str(UUID(request.META.get("HTTP_X_REQUEST_ID", "")))
    except ValueError:
        made = str(uuid4())
        request.META["HTTP_X_REQUEST_ID"] = made
        return made
