"""Build the request line and the headers that are sent to the upstream.

Headers are passed through unchanged, except hop-by-hop headers (RFC 9110, section 7.6.1) and those
that identify the caller, such as ``X-Forwarded-For``, which the proxy sets itself.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from starlette.types import Scope

from api_edge.proxy.errors import AmbiguousRequest
from api_edge.proxy.trusted_proxies import TrustedProxies
from api_edge.request_state import request_state
from shared_domain.environment import UNIX
from shared_domain.rollout import wire

#: Source: RFC 9110, section 7.6.1, and RFC 7230 for the older ones.
HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
    b"transfer-encoding upgrade http2-settings".split()
)

#: Set by the proxy alone: what a caller sends in them is dropped.
SET_BY_PROXY = frozenset(
    {
        b"x-request-id",
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"x-forwarded-host",
        *(name.encode() for name in wire.EDGE_ONLY_HEADERS),
    }
)

SHADOW, RELEASE, EFFECTS, DRY_RUN = (
    name.encode()
    for name in (
        wire.SHADOW_HEADER, wire.RELEASE_HEADER, wire.EFFECTS_HEADER, wire.DRY_RUN_HEADER
    )
)  # fmt: skip

#: Read by the edge and not sent to the upstream: see ``rollout/on_demand.py``.
PROXY_ONLY = frozenset({wire.COMPARE_HEADER.encode()})

#: Other headers than ``x-forwarded-…`` that upstreams believe about the caller.
CLIENT_HEADERS = frozenset({b"forwarded", b"x-real-ip"})

#: From a trusted peer, such as the edge, gunicorn takes the path from these
#: (its setting ``forwarder_headers``).
GUNICORN_PATHS = frozenset({b"script_name", b"path_info"})

#: Routing and framing headers, which ``Connection`` cannot declare hop-by-hop.
NEVER_HOP_BY_HOP = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect"})

INSPECTED = (
    NEVER_HOP_BY_HOP
    | {name for name in SET_BY_PROXY if name.startswith(b"x-forwarded-")}
    | {b"connection", b"cookie"}
)

PASS, DROP, FROM_TRUSTED_PROXY, INSPECT = range(4)

#: Actions by header name are cached, since callers use the same few names. Longer names are
#: classified each time, so that the cache is bounded in bytes as well.
MAX_CACHED_NAMES = 2_000
MAX_CACHED_NAME_BYTES = 64


@dataclass(slots=True)
class RequestHead:
    """The encoded request line and headers, and the length of the body that follows them."""

    text: bytes
    #: None when the body has no declared length and is sent in chunks.
    body_length: int | None


def build_request_head(
    scope: Scope, *, request_id: str, proxies: TrustedProxies, fallback_host: bytes
) -> RequestHead:
    """Return the request head for the upstream.

    ``scope["state"]`` adds headers for Django: ``is_shadow`` marks a request that the edge makes
    itself to compare, ``release_token`` asks for Django's release, ``effects_question`` for the
    rows that a compared write writes, and ``dry_run_question`` for a dry run.

    ``fallback_host`` is the Host of HTTP/1.0 callers that send none.

    Raises:
        AmbiguousRequest: two programs could read the request differently.
    """
    is_from_proxy = proxies.trusts(scope)
    lines: list[bytes] = []
    cookies: list[bytes] = []
    forwarded: dict[bytes, list[bytes]] = {}
    nominated: Collection[bytes] = ()
    host: bytes | None = None
    length: int | None = 0
    for name, value in scope["headers"]:
        action = _cached_action(name) if len(name) <= MAX_CACHED_NAME_BYTES else _classify(name)
        if action == PASS:
            lines.append(b"%b: %b\r\n" % (name, value))
        elif action == INSPECT:
            if name == b"host":
                if host is not None:
                    raise AmbiguousRequest("the header Host was sent more than once")
                host = value
            elif name == b"cookie":
                cookies.append(value)
            elif name == b"content-length":
                if length != 0 or not value.isdigit():
                    raise AmbiguousRequest("the length of the body is not clear")
                length = int(value)
                lines.append(b"content-length: %d\r\n" % length)
            elif name == b"transfer-encoding":
                if value.strip().lower() != b"chunked" or length != 0:
                    raise AmbiguousRequest("the body must be sent plain, or with chunked only")
                length = None
                lines.append(b"transfer-encoding: chunked\r\n")
            elif name == b"expect":
                # The edge itself answers "100 Continue", since it buffers the body first. It has
                # refused every other expectation.
                continue
            elif name == b"connection":
                nominated = {*nominated, *_nominated_headers(value)}
            else:
                forwarded.setdefault(name, []).append(value)
        elif action == FROM_TRUSTED_PROXY and is_from_proxy:
            lines.append(b"%b: %b\r\n" % (name, value))
    if host is None and scope["http_version"] != "1.0":
        raise AmbiguousRequest("the header Host is missing")
    if cookies:
        # Source: RFC 9113, section 8.2.3: HTTP/2 splits them, HTTP/1.1 sends one.
        lines.append(b"cookie: %b\r\n" % b"; ".join(cookies))
    if nominated:
        lines = [line for line in lines if line[: line.index(b":")] not in nominated]
    host = fallback_host if host is None else host
    state = request_state(scope)
    if state.get("is_shadow", False):
        lines.append(b"%b: 1\r\n" % SHADOW)
    if "release_token" in state:
        lines.append(b"%b: %b\r\n" % (RELEASE, state["release_token"]))
    if "dry_run_question" in state:
        lines.append(b"%b: %b\r\n" % (DRY_RUN, state["dry_run_question"]))
    if "effects_question" in state:
        lines.append(b"%b: %b\r\n" % (EFFECTS, state["effects_question"]))
    text = b"%b %b HTTP/1.1\r\nhost: %b\r\n%b%bx-request-id: %b\r\n\r\n" % (
        scope["method"].encode("ascii"),
        request_target(scope),
        host,
        b"".join(lines),
        _forwarded_headers(scope, host, forwarded if is_from_proxy else {}),
        request_id.encode("ascii"),
    )
    return RequestHead(text, length)


def request_target(scope: Scope) -> bytes:
    """Return the request target, path and query, exactly as the caller sent it."""
    # Kept by strict_http only: an ASGI scope loses a lone "?" at the end.
    target: bytes | None = request_state(scope).get("target")
    if target is None:
        target = scope["raw_path"]
        if scope["query_string"]:
            target = b"%b?%b" % (target, scope["query_string"])
    return target


def _classify(name: bytes) -> int:
    # WSGI gives X_Real_Ip and X-Real-Ip to the application under the same name.
    plain = name.replace(b"_", b"-")
    is_reserved = (
        plain in INSPECTED | SET_BY_PROXY | HOP_BY_HOP | PROXY_ONLY or name in GUNICORN_PATHS
    )
    is_client_header = plain in CLIENT_HEADERS or plain.startswith(b"x-forwarded-")
    if name in INSPECTED:
        action = INSPECT
    elif is_reserved or (is_client_header and plain != name):
        action = DROP
    else:
        action = FROM_TRUSTED_PROXY if is_client_header else PASS
    return action


_cached_action = lru_cache(maxsize=MAX_CACHED_NAMES)(_classify)


def _nominated_headers(value: bytes) -> Iterable[bytes]:
    tokens = value.lower()
    if tokens in {b"keep-alive", b"close"}:
        return ()
    return {part.strip() for part in tokens.split(b",")} - NEVER_HOP_BY_HOP


def _forwarded_headers(scope: Scope, host: bytes, from_proxy: dict[bytes, list[bytes]]) -> bytes:
    client = scope.get("client")
    peer = client[0].encode("ascii") if client and client[0] else UNIX.encode()
    scheme, forwarded_host = scope["scheme"].encode("ascii"), host
    if from_proxy:
        peer = b", ".join([*from_proxy.get(b"x-forwarded-for", ()), peer])
        # A proxy that appends to the list has written the last value.
        proto = _last(from_proxy.get(b"x-forwarded-proto"))
        scheme = proto if proto in {b"http", b"https"} else scheme
        forwarded_host = _last(from_proxy.get(b"x-forwarded-host")) or host
    return b"x-forwarded-for: %b\r\nx-forwarded-proto: %b\r\nx-forwarded-host: %b\r\n" % (
        peer,
        scheme,
        forwarded_host,
    )


def _last(values: list[bytes] | None) -> bytes:
    return values[-1].rpartition(b",")[2].strip() if values else b""
