"""The open connections of this process: how many, of whom, and whether they get on.

When there are too many, the one that has been idle for longest is closed for the new one; when none
is idle, the new one is turned away. Idle is a connection without a request that has begun to be
answered, so an unfinished head is idle too. Addresses of trusted proxies, and unix sockets, have no
limit of their own: what they pass on comes from many.
"""

import asyncio
import logging
import resource
import time
from collections.abc import Callable
from typing import Protocol

from api_edge.proxy.limits import Limits
from api_edge.proxy.trusted_proxies import TrustedProxies
from shared_domain.addresses import caller_network

logger = logging.getLogger("api_edge")

#: A flood is logged this often, not once for each connection.
LOG_SECONDS = 10.0


#: What a process asks the system for; more than its connections and spools ever need.
MOST_DESCRIPTORS = 16_384


class ClientConnection(Protocol):
    """A connection as its limits see it."""

    client: tuple[str, int] | None

    def close_idle(self) -> None:
        """Close it now: it answers nothing at the moment."""

    def check_rate(self, now: float) -> None:
        """End it if its caller is slower than the limits allow."""


class ConnectionLimiter:
    def __init__(
        self,
        limits: Limits,
        proxies: TrustedProxies,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits
        self._proxies = proxies
        self._clock = clock
        descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._most = limits.connections_within(descriptors)
        self._most_of_address = max(1, min(limits.max_connections_per_address, self._most // 2))
        self._open: dict[ClientConnection, str | None] = {}
        #: In the order in which they became idle.
        self._idle: dict[ClientConnection, None] = {}
        #: Only addresses that have a connection are in it.
        self._by_address: dict[str, dict[ClientConnection, None]] = {}
        self._logged_at = -LOG_SECONDS
        self._check: asyncio.TimerHandle | None = None

    def admit(self, connection: ClientConnection) -> bool:
        """Take a new connection in, and return whether there is room for it."""
        address = self._address(connection)
        siblings = self._by_address.get(address, {}) if address is not None else {}
        if len(siblings) >= self._most_of_address:
            self._log(f"{self._most_of_address} connections of one address")
            if not self._make_room(next((one for one in siblings if one in self._idle), None)):
                return False
        if len(self._open) >= self._most:
            self._log(f"{self._most} connections")
            if not self._make_room(next(iter(self._idle), None)):
                return False
        self._open[connection] = address
        self._idle[connection] = None
        if address is not None:
            self._by_address.setdefault(address, {})[connection] = None
        if self._check is None:
            self._check_later()
        return True

    def forget(self, connection: ClientConnection) -> None:
        """Take note that a connection is closed, or no longer HTTP; doing so twice does nothing."""
        address = self._open.pop(connection, None)
        self._idle.pop(connection, None)
        if address is not None:
            siblings = self._by_address[address]
            siblings.pop(connection, None)
            if not siblings:
                del self._by_address[address]

    def is_busy(self, connection: ClientConnection) -> None:
        self._idle.pop(connection, None)

    def is_idle(self, connection: ClientConnection) -> None:
        if connection in self._open:
            self._idle[connection] = None

    def _address(self, connection: ClientConnection) -> str | None:
        peer = connection.client[0] if connection.client else ""
        return caller_network(peer) if peer and not self._proxies.trusts_address(peer) else None

    def _make_room(self, idle: ClientConnection | None) -> bool:
        if idle is None:
            return False
        self.forget(idle)
        idle.close_idle()
        return True

    def _log(self, reached: str) -> None:
        if self._clock() - self._logged_at >= LOG_SECONDS:
            self._logged_at = self._clock()
            logger.warning("the limit of %s is reached: the oldest idle ones are closed", reached)

    def _check_later(self) -> None:
        loop = asyncio.get_running_loop()
        seconds = min(1.0, self.limits.grace_seconds / 4)
        self._check = loop.call_later(seconds, self._check_all)

    def _check_all(self) -> None:
        self._check = None
        now = self._clock()
        for connection in list(self._open):
            connection.check_rate(now)
        if self._open:
            self._check_later()


def raise_descriptor_limit() -> None:
    """Let this process have as many file descriptors as it may, up to ``MOST_DESCRIPTORS``."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class TransferRate:
    """How far a caller has come with what it sends, or with what it reads."""

    __slots__ = ("_bytes", "_limits", "_looked_at", "_seconds")

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._looked_at = now
        self._seconds = 0.0
        self._bytes = 0

    def record(self, length: int) -> None:
        self._bytes += length

    def is_too_slow(self, now: float, *, is_waiting: bool, within: float = float("inf")) -> bool:
        """Return whether it is too slow; time in which we were not waiting for it is left out."""
        if is_waiting:
            self._seconds += now - self._looked_at
        self._looked_at = now
        allowed = self._limits.grace_seconds + self._bytes / self._limits.min_bytes_per_second
        return self._seconds > min(allowed, within)
