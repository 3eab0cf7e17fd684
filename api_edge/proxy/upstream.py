"""The kept connections to the site.

They are aiohttp's: its pool, its connecting, its response parser and its flow control. Only its
``ClientSession`` is left out: it writes its own request line and headers, and sends idempotent
requests twice by itself. See Note [What is never sent twice] in ``reverse_proxy.py``.
"""

import asyncio
import select
from contextlib import suppress
from dataclasses import dataclass
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

#: Idle connections are kept this long. Sites close theirs earlier or later; both are noticed.
KEPT_SECONDS = 60.0

#: The most that may wait unread, in either direction, before the sender is told to pause.
WINDOW_BYTES = 64 * 1024

#: Headers that the site may send: generous, but not without end.
LONGEST_FIELD, MOST_FIELDS = 128 * 1024, 1_000


@dataclass(frozen=True, slots=True)
class UpstreamConnection:
    """A connection to the site for one request."""

    connection: Connection
    protocol: ResponseHandler
    transport: asyncio.Transport
    #: The site may have closed it at this very moment.
    is_reused: bool

    def abort(self) -> None:
        """End it so that the site cannot take what it has for the whole request."""
        if self.protocol.transport is not None:
            # A plain close looks like the end of the input; a reset is an error in every server.
            with suppress(OSError):
                self.transport.get_extra_info("socket").setsockopt(
                    SOL_SOCKET, SO_LINGER, pack("ii", 1, 0)
                )
            self.transport.abort()
        self.connection.close()


class Upstream:
    """Where ``DJANGO_URL`` says: ``http://host:port`` or ``unix:///path/of/socket``."""

    def __init__(
        self, url: str, *, connect_seconds: float, read_seconds: float, limits: Limits
    ) -> None:
        parts = urlsplit(url)
        self._socket_path = parts.path if parts.scheme == "unix" else None
        self._origin = URL("http://localhost" if self._socket_path else url)
        #: What the site is called where the caller has no name for it.
        self.host = self._origin.authority.encode("ascii")
        self.read_seconds = read_seconds
        self.limits = limits
        self.threads = UpstreamConcurrency(limits)
        self.space = SpoolQuota(limits)
        self._time_outs = ClientTimeout(sock_connect=connect_seconds)
        self._connector: BaseConnector | None = None
        self._address: ClientRequest | None = None
        self._used: WeakSet[ResponseHandler] = WeakSet()
        self._arrivals = select.poll()

    async def acquire(self, *, is_bodiless: bool, fresh: bool = False) -> UpstreamConnection:
        """Return a connection that was alive a moment ago; ``fresh`` ones were never used before.

        Raises:
            UpstreamUnreachable: nobody listens there.
            UpstreamTimeout: it did not take the connection in time.
        """
        connector, address = self._prepared()
        while True:
            try:
                connection = await connector.connect(address, [], self._time_outs)
            except TimeoutError:
                raise UpstreamTimeout("the site does not take connections in time") from None
            except (ClientConnectionError, OSError):
                raise UpstreamUnreachable("the site cannot be reached; nothing was done") from None
            protocol = connection.protocol
            if protocol is None or protocol.transport is None:
                connection.close()
                continue
            line = UpstreamConnection(
                connection, protocol, protocol.transport, protocol in self._used
            )
            if line.is_reused and (fresh or self._is_stale(line)):
                connection.close()
                continue
            self._used.add(protocol)
            protocol.set_response_params(
                skip_payload=is_bodiless,
                read_until_eof=True,
                auto_decompress=False,
                read_timeout=None,
                read_bufsize=WINDOW_BYTES,
                max_line_size=LONGEST_FIELD,
                max_field_size=LONGEST_FIELD,
                max_headers=MOST_FIELDS,
            )
            return line

    @property
    def origin(self) -> str:
        return str(self._origin).rstrip("/")

    def connector(self) -> BaseConnector:
        """Return what connects to the site; made on first use, when there is an event loop."""
        return self._prepared()[0]

    async def close(self) -> None:
        """Close the kept connections."""
        if self._connector is not None:
            await self._connector.close()
            self._connector = None

    def _prepared(self) -> tuple[BaseConnector, ClientRequest]:
        if self._connector is None or self._address is None:
            self._connector, self._address = self._prepare()
        return self._connector, self._address

    def _prepare(self) -> tuple[BaseConnector, ClientRequest]:
        # limit=0: how much the site does at once is the site's decision.
        if self._socket_path:
            connector: BaseConnector = UnixConnector(
                self._socket_path, keepalive_timeout=KEPT_SECONDS, limit=0
            )
        else:
            connector = TCPConnector(keepalive_timeout=KEPT_SECONDS, limit=0)
        # It only tells the connector where to go.
        return connector, ClientRequest("GET", self._origin, loop=asyncio.get_running_loop())

    def _is_stale(self, line: UpstreamConnection) -> bool:
        """Return whether the site has closed the connection, or said something unasked.

        Either can be waiting in the kernel, unseen by the event loop. What an idle connection
        brings must never be taken for the answer to the next request.
        """
        if line.protocol.should_close:
            return True
        descriptor = line.transport.get_extra_info("socket").fileno()
        self._arrivals.register(descriptor, select.POLLIN | select.POLLHUP)
        try:
            return bool(self._arrivals.poll(0))
        finally:
            self._arrivals.unregister(descriptor)
