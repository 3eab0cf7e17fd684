"""Reads the lists that a request sends, such as Accept, Accept-Encoding and If-None-Match."""

import re

from starlette.requests import Request

#: A weight as it may be written, such as ``0.5`` (RFC 9110, section 12.4.2).
_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.ASCII)


def accepts(request: Request, header: str, value: str) -> bool:
    """Return whether a list of accepted values names this one, with a quality above 0."""
    return find_quality(request, header, value) > 0


def find_quality(request: Request, header: str, value: str) -> float:
    """Return the quality that a list of accepted values gives this one, 0 for one it lacks.

    One that is named without a weight, or with one that cannot be read, has 1.
    """
    for accepted in _list_values(request, header):
        name, *parameters = (part.strip().lower() for part in accepted.split(";"))
        if name == value:
            written = (_WEIGHT.fullmatch(parameter.replace(" ", "")) for parameter in parameters)
            return next((float(weight[1]) for weight in written if weight), 1.0)
    return 0.0


def has_version(request: Request, etag: str) -> bool:
    """Return whether If-None-Match names this entity tag, or ``*`` (RFC 9110, 13.1.2)."""
    named = _list_values(request, "if-none-match")
    # Weak and strong tags are compared alike (8.8.3.2).
    return any(tag.strip().removeprefix("W/") in ("*", etag.removeprefix("W/")) for tag in named)


def _list_values(request: Request, header: str) -> list[str]:
    """Return the members of a header that is a list, in however many lines (RFC 9110, 5.6.1)."""
    return ",".join(request.headers.getlist(header)).split(",")
