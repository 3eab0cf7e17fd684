"""The status and the headers of the site's answer, as the caller gets them."""

import re
from collections.abc import Iterable

from starlette.types import Message, Scope

from api_edge.proxy.errors import BadUpstreamResponse
from api_edge.proxy.request_head import EFFECTS, HOP_BY_HOP, RELEASE

#: Every answer of the door bears a request id of its own.
DROPPED = HOP_BY_HOP | {b"x-request-id", RELEASE, EFFECTS}

#: A server that cannot be told to leave out its own would send them twice.
OF_THE_SERVER = frozenset({b"date", b"server"})

#: Source: RFC 9110, section 5.5. What stands in no header, and would let a value end it.
FORBIDDEN = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

#: Answers that have no body whatever their headers say.
BODILESS = frozenset({204, 304})


def start_response(
    scope: Scope, status: int, headers: Iterable[tuple[bytes, bytes]], *, is_chunked: bool
) -> Message:
    """Return the start of the answer to the caller.

    Django's release goes to ``scope["state"]["django_release"]``, the rows that it has written to
    ``scope["state"]["django_effects"]``.

    Raises:
        BadUpstreamResponse: it is not an answer that can be handed on.
    """
    # Source: RFC 9110, section 15: a status beyond 599 is invalid, and may be taken for any error.
    if not 200 <= status <= 599:
        raise BadUpstreamResponse(f"the site answered with the status {status}")
    dropped = DROPPED
    # Empty: the site has answered, and says no release.
    scope["state"]["django_release"] = ""
    extra_response_headers: list[tuple[bytes, bytes]] | None = scope["state"].get(
        "extra_response_headers"
    )
    if extra_response_headers is None:
        dropped |= OF_THE_SERVER
    else:
        extra_response_headers.clear()
    if is_chunked or status in BODILESS:
        # Of two ways to tell the length, "chunked" counts (RFC 9112, section 6.3).
        dropped |= {b"content-length"}
    kept: list[tuple[bytes, bytes]] = []
    for name, value in headers:
        lower = name.lower()
        if lower not in dropped:
            kept.append((lower, value))
        elif lower == b"transfer-encoding" and value.strip().lower() != b"chunked":
            # Another coding stays on the body, and the caller would not be told of it.
            raise BadUpstreamResponse(
                "the site answered with a Transfer-Encoding other than chunked"
            )
        elif lower == RELEASE:
            scope["state"]["django_release"] = value.decode("latin-1")
        elif lower == EFFECTS:
            scope["state"]["django_effects"] = value
        elif lower == b"connection":
            nominated = {part.strip() for part in value.lower().split(b",")}
            if nominated - {b"keep-alive", b"close"}:
                dropped |= nominated - {b"content-length", b"set-cookie"}
                kept = [(name, value) for name, value in kept if name not in dropped]
    if FORBIDDEN.search(b"".join([value for _, value in kept])):
        raise BadUpstreamResponse("the site answered with a header that holds control characters")
    return {"type": "http.response.start", "status": status, "headers": kept}
