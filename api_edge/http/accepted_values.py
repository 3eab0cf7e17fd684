"""Reads the lists that a request sends, such as Accept, Accept-Encoding and If-None-Match."""

from starlette.requests import Request


def accepts(request: Request, header: str, value: str) -> bool:
    """Return whether a list of accepted values names this one, with a quality above 0."""
    for accepted in _list_values(request, header):
        name, _, parameters = accepted.partition(";")
        if name.strip().lower() == value:
            quality = parameters.replace(" ", "").lower().removeprefix("q=")
            return quality.strip("0.") != "" or not quality
    return False


def has_version(request: Request, etag: str) -> bool:
    """Return whether If-None-Match names this entity tag, or ``*`` (RFC 9110, 13.1.2)."""
    named = _list_values(request, "if-none-match")
    # Weak and strong tags are compared alike (8.8.3.2).
    return any(tag.strip().removeprefix("W/") in ("*", etag.removeprefix("W/")) for tag in named)


def _list_values(request: Request, header: str) -> list[str]:
    """Return the members of a header that is a list, in however many lines (RFC 9110, 5.6.1)."""
    return ",".join(request.headers.getlist(header)).split(",")
