"""The HTTP client of webhooks: sends POST requests to public addresses only.

The address is checked when its socket is made, which covers a name that resolves to another address
by then (DNS rebinding), and an unusual notation of an address. It follows no redirect, uses no
proxy, cookie or credential of the environment, and reads a bounded part of the response.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import AsyncResolver

from shared_domain.webhooks import (
    ANSWER_BYTES,
    AttemptProblem,
    is_loopback_address,
    is_public_address,
)

#: How long an attempt may take in all, and until there is a connection.
ATTEMPT_SECONDS, CONNECT_SECONDS = 15.0, 5.0

DNS_CACHE_SECONDS = 10

#: Headers of an answer, each and all.
MOST_HEADER_BYTES = 8_190

USER_AGENT = "Portico-Webhooks/1"


#: aiohttp combines the errors of a name's addresses to one text, in which this is searched for.
_NOT_PUBLIC = "is no address of the public internet"


class ForbiddenAddress(OSError):
    """The address is not one of the public internet, so no connection is made."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} {_NOT_PUBLIC}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The outcome of an attempt; ``text`` is the beginning of the endpoint's response body."""

    status: int | None
    problem: AttemptProblem
    duration_ms: int
    text: str = ""
    retry_after: timedelta | None = None


class WebhookClient:
    """A client with a pool of persistent connections, for one event loop."""

    def __init__(
        self,
        *,
        allows_loopback: bool = False,
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
        attempt_seconds: float = ATTEMPT_SECONDS,
    ) -> None:
        self._allows_loopback = allows_loopback
        self._resolver = resolver
        self._tls = tls
        self._timeout = aiohttp.ClientTimeout(total=attempt_seconds, sock_connect=CONNECT_SECONDS)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "WebhookClient":
        connector = aiohttp.TCPConnector(
            # The queue bounds how many attempts there are at once.
            limit=0,
            keepalive_timeout=15,
            resolver=self._resolver or AsyncResolver(),
            use_dns_cache=DNS_CACHE_SECONDS > 0,
            ttl_dns_cache=DNS_CACHE_SECONDS or None,
            ssl=self._tls or ssl.create_default_context(),
            socket_factory=self._make_socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            max_line_size=MOST_HEADER_BYTES,
            max_field_size=MOST_HEADER_BYTES,
            skip_auto_headers=["Accept-Encoding"],
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a body, and return the outcome; nothing that the other side can cause is raised."""
        began = time.monotonic()
        try:
            status, text, retry_after = await self._post(url, body, headers)
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            return Answer(
                status=None, problem=_classify(problem), duration_ms=_milliseconds_since(began)
            )
        return Answer(
            status=status,
            problem=_status_problem(status),
            duration_ms=_milliseconds_since(began),
            text=text,
            retry_after=retry_after,
        )

    async def _post(
        self, url: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, str, timedelta | None]:
        if self._session is None:
            raise RuntimeError("use the client in `async with`")
        sent = self._session.post(
            url,
            data=body,
            headers={"Content-Type": "application/json", **headers},
            allow_redirects=False,
        )
        async with sent as answer:
            start = await _read_start(answer)
            retry_after = parse_retry_after(answer.headers.get("Retry-After"), now=_now())
            return answer.status, _readable(start), retry_after

    def _make_socket(self, address: Any) -> socket.socket:
        family, kind, protocol, _, target = address
        host = str(target[0])
        is_allowed = is_public_address(host) or (
            self._allows_loopback and is_loopback_address(host)
        )
        if not is_allowed:
            raise ForbiddenAddress(host)
        return socket.socket(family, kind, protocol)


async def _read_start(answer: aiohttp.ClientResponse) -> bytes:
    """Return the first ``ANSWER_BYTES`` of a body; what comes after that is not waited for.

    One that breaks off, or does not end in time, is returned as far as it came: the status says
    already whether the message was accepted, and to send it again would repeat it.
    """
    start = b""
    try:
        while len(start) < ANSWER_BYTES and (
            part := await answer.content.read(ANSWER_BYTES - len(start))
        ):
            start += part
    except (aiohttp.ClientError, OSError):
        answer.close()
    if not answer.content.at_eof():
        answer.close()
    return start


def parse_retry_after(text: str | None, *, now: datetime) -> timedelta | None:
    """Return the pause in a Retry-After header (RFC 9110, section 10.2.3), or None."""
    if not text:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # The latter for a year of many digits.
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(moment - now, timedelta(0))


def _classify(problem: Exception) -> AttemptProblem:
    match problem:
        case asyncio.TimeoutError():
            return AttemptProblem.TIMEOUT
        case aiohttp.ClientConnectorDNSError():
            return AttemptProblem.NAME_UNKNOWN
        case aiohttp.ClientSSLError():
            return AttemptProblem.TLS
        case OSError() if _NOT_PUBLIC in f"{problem} {getattr(problem, 'os_error', '')}":
            return AttemptProblem.ADDRESS_FORBIDDEN
        case aiohttp.ClientOSError() | aiohttp.ServerDisconnectedError() | OSError():
            return AttemptProblem.CONNECTION
    return AttemptProblem.PROTOCOL


def _status_problem(status: int) -> AttemptProblem:
    if 200 <= status < 300:
        return AttemptProblem.NONE
    return AttemptProblem.REDIRECT if 300 <= status < 400 else AttemptProblem.STATUS


def _readable(start: bytes) -> str:
    """Return bytes as a text that PostgreSQL takes: without NUL."""
    return start.decode("utf-8", "replace").replace("\0", "�")


def _milliseconds_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _now() -> datetime:
    return datetime.now(UTC)
