"""The id of a request, which is in the header of every response and in every error."""

from uuid import UUID, uuid4

from django.http import HttpRequest


def get_request_id(request: HttpRequest) -> str:
    """Return the request's id in ``X-Request-Id``, or a new one, which the request then keeps."""
    try:
        return str(UUID(request.META.get("HTTP_X_REQUEST_ID", "")))
    except ValueError:
        made = str(uuid4())
        request.META["HTTP_X_REQUEST_ID"] = made
        return made
