"""The upstream's status and response headers, as the caller receives them."""

import re
from collections.abc import Iterable

from starlette.types import Message, Scope

from api_edge.proxy.errors import BadUpstreamResponse
from api_edge.proxy.request_head import EFFECTS, HOP_BY_HOP, RELEASE
from api_edge.request_state import ToldError, request_state
from shared_domain.rollout.wire import PROBLEM_HEADER, unpack_problem

PROBLEM = PROBLEM_HEADER.encode()

#: Each response of the edge carries a request id of its own.
DROPPED = HOP_BY_HOP | {b"x-request-id", RELEASE, EFFECTS, PROBLEM}

#: Dropped where the ASGI server adds its own and cannot be told to leave them out.
SET_BY_SERVER = frozenset({b"date", b"server"})

#: Control characters, with which a value could end its header. Source: RFC 9110, section 5.5.
FORBIDDEN = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

#: Statuses of responses without a body, whatever their headers say.
BODILESS = frozenset({204, 304})


def start_response(
    scope: Scope, status: int, headers: Iterable[tuple[bytes, bytes]], *, is_chunked: bool
) -> Message:
    """Return the ASGI message that starts the response to the caller.

    Django's release is set as ``scope["state"]["django_release"]``, the rows that it has written as
    ``scope["state"]["django_effects"]``, and the problem of its error response as
    ``scope["state"]["error_told"]``.

    Raises:
        BadUpstreamResponse: its status or its headers cannot be sent on.
    """
    # Source: RFC 9110, section 15: a status beyond 599 is invalid, and may be taken for any error.
    if not 200 <= status <= 599:
        raise BadUpstreamResponse(f"the upstream answered with the status {status}")
    dropped = DROPPED
    state = request_state(scope)
    # Empty: the upstream has answered, without a release.
    state["django_release"] = ""
    if "extra_response_headers" in state:
        state["extra_response_headers"].clear()
    else:
        dropped |= SET_BY_SERVER
    if is_chunked or status in BODILESS:
        # Beside Content-Length, "chunked" counts (RFC 9112, section 6.3).
        dropped |= {b"content-length"}
    kept: list[tuple[bytes, bytes]] = []
    for name, value in headers:
        lower = name.lower()
        if lower not in dropped:
            kept.append((lower, value))
        elif lower == b"transfer-encoding" and value.strip().lower() != b"chunked":
            # The body would keep that coding, and the caller would not be told of it.
            raise BadUpstreamResponse(
                "the upstream answered with a Transfer-Encoding other than chunked"
            )
        elif lower == RELEASE:
            state["django_release"] = value.decode("latin-1")
        elif lower == EFFECTS:
            state["django_effects"] = value
        elif lower == PROBLEM:
            if problem := unpack_problem(value.decode("latin-1")):
                reason, fields = problem
                code = f"urn:portico:problem:{reason}" if reason else "about:blank"
                state["error_told"] = ToldError(status, code, reason, fields)
        elif lower == b"connection":
            nominated = {part.strip() for part in value.lower().split(b",")}
            if nominated - {b"keep-alive", b"close"}:
                dropped |= nominated - {b"content-length", b"set-cookie"}
                kept = [(name, value) for name, value in kept if name not in dropped]
    if FORBIDDEN.search(b"".join([value for _, value in kept])):
        raise BadUpstreamResponse(
            "the upstream answered with a header that holds control characters"
        )
    return {"type": "http.response.start", "status": status, "headers": kept}


def is_event_stream(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether a response is server-sent events, which may pause (WHATWG HTML, 9.2)."""
    return any(
        name == b"content-type" and value.lower().startswith(b"text/event-stream")
        for name, value in headers
    )
