"""The request line and the headers that the site is sent.

Everything goes on as it came, except what belongs to one connection only (RFC 9110, section
7.6.1) and what says who the caller is: that the door says itself.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from starlette.types import Scope

from api_edge.proxy.errors import AmbiguousRequest
from api_edge.proxy.trusted_proxies import UNIX, TrustedProxies
from shared_domain.rollout import wire

#: Source: RFC 9110, section 7.6.1, and RFC 7230 for the older ones.
HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"http2-settings",
    }
)

#: The door says these itself, whoever asks.
OWN = frozenset(
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

#: For the door, and nobody behind it: see ``moving/at_once.py``.
FOR_THE_DOOR = frozenset({wire.COMPARE_HEADER.encode()})

#: What sites believe about the caller, besides ``x-forwarded-…``.
ABOUT_THE_CALLER = frozenset({b"forwarded", b"x-real-ip"})

#: From a peer that it trusts, such as the door, gunicorn takes the path from these
#: (its setting ``forwarder_headers``).
PATHS_OF_GUNICORN = frozenset({b"script_name", b"path_info"})

#: They say where a message goes and where it ends: ``Connection`` cannot take them off.
NEVER_TAKEN_OFF = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect"})

READ_HERE = (
    NEVER_TAKEN_OFF
    | {name for name in OWN if name.startswith(b"x-forwarded-")}
    | {b"connection", b"cookie"}
)

PASS, DROP, FROM_PROXIES, LOOK = range(4)

#: Verdicts on names that are kept: callers use the same few over and over. Longer names are
#: judged each time, so that what is kept is small in bytes as well.
MOST_VERDICTS = 2_000
LONGEST_KEPT_NAME = 64


@dataclass(slots=True)
class RequestHead:
    """``text`` is sent as it is; the rest is how the body travels."""

    text: bytes
    #: None when the body has no declared length: it travels in chunks.
    body_length: int | None


def build_request_head(
    scope: Scope, *, request_id: str, proxies: TrustedProxies, fallback_host: bytes
) -> RequestHead:
    """Return the head for the site.

    A request that the door makes itself, to compare, says so (``scope["state"]["is_shadow"]``). A
    call of an endpoint asks for the site's release (``scope["state"]["release_token"]``), and a
    compared write for the rows that it writes (``scope["state"]["effects_question"]``). A dry run
    of the site bears its question (``scope["state"]["dry_run_question"]``).

    ``fallback_host`` is used for callers that need send no Host, which HTTP/1.0 allows.

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
        verdict = _verdict(name) if len(name) <= LONGEST_KEPT_NAME else _judge(name)
        if verdict == PASS:
            lines.append(b"%b: %b\r\n" % (name, value))
        elif verdict == LOOK:
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
                # The door itself says "100 Continue": it takes the body in before the site hears
                # of the request. Other expectations are the site's to judge.
                if value.lower() != b"100-continue":
                    lines.append(b"expect: %b\r\n" % value)
            elif name == b"connection":
                nominated = {*nominated, *_tokens(value)}
            else:
                forwarded.setdefault(name, []).append(value)
        elif verdict == FROM_PROXIES and is_from_proxy:
            lines.append(b"%b: %b\r\n" % (name, value))
    if host is None and scope["http_version"] != "1.0":
        raise AmbiguousRequest("the header Host is missing")
    if cookies:
        # Source: RFC 9113, section 8.2.3: HTTP/2 splits them, HTTP/1.1 sends one.
        lines.append(b"cookie: %b\r\n" % b"; ".join(cookies))
    if nominated:
        lines = [line for line in lines if line[: line.index(b":")] not in nominated]
    host = fallback_host if host is None else host
    if scope["state"].get("is_shadow", False):
        lines.append(b"%b: 1\r\n" % SHADOW)
    release_token: bytes | None = scope["state"].get("release_token")
    if release_token is not None:
        lines.append(b"%b: %b\r\n" % (RELEASE, release_token))
    dry_run_question: bytes | None = scope["state"].get("dry_run_question")
    if dry_run_question is not None:
        lines.append(b"%b: %b\r\n" % (DRY_RUN, dry_run_question))
    effects_question: bytes | None = scope["state"].get("effects_question")
    if effects_question is not None:
        lines.append(b"%b: %b\r\n" % (EFFECTS, effects_question))
    text = b"%b %b HTTP/1.1\r\nhost: %b\r\n%b%bx-request-id: %b\r\n\r\n" % (
        scope["method"].encode("ascii"),
        request_target(scope),
        host,
        b"".join(lines),
        _who_calls(scope, host, forwarded if is_from_proxy else {}),
        request_id.encode("ascii"),
    )
    return RequestHead(text, length)


def request_target(scope: Scope) -> bytes:
    """Return the path and query exactly as they were sent."""
    # Only strict_http keeps it: in an ASGI scope a lone "?" at the end is lost.
    target: bytes | None = scope["state"].get("target")
    if target is None:
        target = scope["raw_path"]
        if scope["query_string"]:
            target = b"%b?%b" % (target, scope["query_string"])
    return target


def _judge(name: bytes) -> int:
    # Servers hand X_Real_Ip and X-Real-Ip to the application under the same name.
    plain = name.replace(b"_", b"-")
    is_ours = plain in READ_HERE | OWN | HOP_BY_HOP | FOR_THE_DOOR or name in PATHS_OF_GUNICORN
    is_about_the_caller = plain in ABOUT_THE_CALLER or plain.startswith(b"x-forwarded-")
    if name in READ_HERE:
        verdict = LOOK
    elif is_ours or (is_about_the_caller and plain != name):
        verdict = DROP
    else:
        verdict = FROM_PROXIES if is_about_the_caller else PASS
    return verdict


_verdict = lru_cache(maxsize=MOST_VERDICTS)(_judge)


def _tokens(value: bytes) -> Iterable[bytes]:
    tokens = value.lower()
    if tokens in {b"keep-alive", b"close"}:
        return ()
    return {part.strip() for part in tokens.split(b",")} - NEVER_TAKEN_OFF


def _who_calls(scope: Scope, host: bytes, from_proxy: dict[bytes, list[bytes]]) -> bytes:
    client = scope.get("client")
    peer = client[0].encode("ascii") if client and client[0] else UNIX.encode()
    scheme, asked_host = scope["scheme"].encode("ascii"), host
    if from_proxy:
        peer = b", ".join([*from_proxy.get(b"x-forwarded-for", ()), peer])
        # A proxy that adds to a list has written the last one.
        given = _last(from_proxy.get(b"x-forwarded-proto"))
        scheme = given if given in {b"http", b"https"} else scheme
        asked_host = _last(from_proxy.get(b"x-forwarded-host")) or host
    return b"x-forwarded-for: %b\r\nx-forwarded-proto: %b\r\nx-forwarded-host: %b\r\n" % (
        peer,
        scheme,
        asked_host,
    )


def _last(values: list[bytes] | None) -> bytes:
    return values[-1].rpartition(b",")[2].strip() if values else b""
