"""The upstream server (Django) and its pool of keep-alive connections.

Pool, connecting, response parser and flow control are aiohttp's. Its ``ClientSession`` is not used
for requests: it writes its own request line and headers, and retries idempotent requests by
itself. See Note [What is never sent twice] in ``forwarding.py``.
"""

import asyncio
import select
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from socket import SO_LINGER, SOL_SOCKET
from struct import pack
from urllib.parse import urlsplit
from weakref import WeakSet

from aiohttp import (
    BaseConnector,
    ClientConnectionError,
    ClientRequest,
    ClientTimeout,
    TCPConnector,
    UnixConnector,
)
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from yarl import URL

from api_edge.proxy.concurrency_limit import UpstreamConcurrency
from api_edge.proxy.errors import UpstreamTimeout, UpstreamUnreachable
from api_edge.proxy.limits import Limits
from api_edge.proxy.spool import SpoolQuota
from api_edge.proxy.trusted_proxies import TrustedProxies

#: How long idle connections stay in the pool. One that the upstream closes earlier is noticed.
KEEPALIVE_SECONDS = 60.0

#: The most that may wait unread, in either direction, before the sender is told to pause.
WINDOW_BYTES = 64 * 1024

#: The longest response header, and the most headers of one response.
MAX_FIELD_BYTES, MAX_FIELDS = 128 * 1024, 1_000


@dataclass(frozen=True, slots=True)
class UpstreamConnection:
    """A connection to the upstream, taken from the pool for one request."""

    pooled: Connection
    protocol: ResponseHandler
    transport: asyncio.Transport
    #: It was used before, so that the upstream may be closing it at this very moment.
    is_reused: bool

    def abort(self) -> None:
        """Reset the connection, so that the upstream cannot take a partial request for a whole."""
        if self.protocol.transport is not None:
            # A plain close looks like the end of the input; a reset is an error in every server.
            with suppress(OSError):
                self.transport.get_extra_info("socket").setsockopt(
                    SOL_SOCKET, SO_LINGER, pack("ii", 1, 0)
                )
            self.transport.abort()
        self.pooled.close()


class Upstream:
    """The server at ``DJANGO_URL``: ``http://host:port`` or ``unix:///path/of/socket``."""

    def __init__(
        self,
        url: str,
        *,
        connect_seconds: float,
        read_seconds: float,
        limits: Limits,
        trusted_proxies: TrustedProxies,
    ) -> None:
        """``trusted_proxies`` are the peers whose ``X-Forwarded-…`` headers name the caller."""
        parts = urlsplit(url)
        self._socket_path = parts.path if parts.scheme == "unix" else None
        self._origin = URL("http://localhost" if self._socket_path else url)
        #: The header Host for callers that send none, which HTTP/1.0 allows.
        self.host = self._origin.authority.encode("ascii")
        self.read_seconds = read_seconds
        self.limits = limits
        self.trusted_proxies = trusted_proxies
        self.concurrency = UpstreamConcurrency(limits)
        self.spool_quota = SpoolQuota(limits)
        self._timeouts = ClientTimeout(sock_connect=connect_seconds)
        self._used: WeakSet[ResponseHandler] = WeakSet()
        self._poll = select.poll()

    async def acquire(self, *, is_bodiless: bool, is_new: bool = False) -> UpstreamConnection:
        """Take a live connection from the pool, or open one; always open one when ``is_new``.

        Raises:
            UpstreamUnreachable: nothing accepts connections there.
            UpstreamTimeout: it did not accept the connection in time.
        """
        while True:
            try:
                pooled = await self.connector.connect(self._address, [], self._timeouts)
            except TimeoutError:
                raise UpstreamTimeout("the upstream does not take connections in time") from None
            except (ClientConnectionError, OSError):
                raise UpstreamUnreachable(
                    "the upstream cannot be reached; nothing was done"
                ) from None
            protocol = pooled.protocol
            if protocol is None or protocol.transport is None:
                pooled.close()
                continue
            connection = UpstreamConnection(
                pooled, protocol, protocol.transport, protocol in self._used
            )
            if connection.is_reused and (is_new or self._is_stale(connection)):
                pooled.close()
                continue
            self._used.add(protocol)
            protocol.set_response_params(
                skip_payload=is_bodiless,
                read_until_eof=True,
                auto_decompress=False,
                read_timeout=None,
                read_bufsize=WINDOW_BYTES,
                max_line_size=MAX_FIELD_BYTES,
                max_field_size=MAX_FIELD_BYTES,
                max_headers=MAX_FIELDS,
            )
            return connection

    @property
    def origin(self) -> str:
        return str(self._origin).rstrip("/")

    @cached_property
    def connector(self) -> BaseConnector:
        """aiohttp's connection pool, made on first use, when an event loop runs."""
        # limit=0: ``concurrency`` decides how many requests run at once.
        if self._socket_path:
            return UnixConnector(self._socket_path, keepalive_timeout=KEEPALIVE_SECONDS, limit=0)
        return TCPConnector(keepalive_timeout=KEEPALIVE_SECONDS, limit=0)

    @cached_property
    def _address(self) -> ClientRequest:
        """A request that is never sent: it only tells the connector where to connect."""
        return ClientRequest("GET", self._origin, loop=asyncio.get_running_loop())

    async def close(self) -> None:
        """Close every pooled connection."""
        if (connector := vars(self).pop("connector", None)) is not None:
            await connector.close()

    def _is_stale(self, connection: UpstreamConnection) -> bool:
        """Return whether the upstream has closed an idle connection or sent data on it.

        Either can wait in the kernel, unseen by the event loop. Data from an idle connection must
        never be taken for the response to the next request.
        """
        if connection.protocol.should_close:
            return True
        descriptor = connection.transport.get_extra_info("socket").fileno()
        self._poll.register(descriptor, select.POLLIN | select.POLLHUP)
        try:
            return bool(self._poll.poll(0))
        finally:
            self._poll.unregister(descriptor)
