"""Limit the connections of callers: how many are open, per address too, and how slow they may be.

At the limit, the connection that has been idle for longest is closed for a new one; when none is
idle, the new one is refused. A connection is idle while no request of it is being answered, also
while the head of a request is incomplete. Trusted proxies and unix sockets have no limit per
address, since they forward requests of many callers.
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

#: A reached limit is logged once in this time, not once for each connection.
LOG_INTERVAL_SECONDS = 10.0


class ClientConnection(Protocol):
    """A caller's connection as ``ConnectionLimiter`` uses it; see ``StrictHttpProtocol``."""

    client: tuple[str, int] | None

    def close_idle(self) -> None:
        """Close the connection, on which no request is being answered."""

    def check_rate(self, now: float) -> None:
        """Close the connection if its caller is slower than the limits allow."""


class ConnectionLimiter:
    """The open connections of this process, closed when there are too many or one is too slow."""

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
        self._max = limits.connections_within(descriptors)
        self._max_per_address = max(1, min(limits.max_connections_per_address, self._max // 2))
        self._open: dict[ClientConnection, str | None] = {}
        #: Ordered by when they became idle.
        self._idle: dict[ClientConnection, None] = {}
        #: Holds only addresses that have a connection; of each, by when they were idle last.
        self._by_address: dict[str, dict[ClientConnection, None]] = {}
        self._logged_at = -LOG_INTERVAL_SECONDS
        self._timer: asyncio.TimerHandle | None = None

    def admit(self, connection: ClientConnection) -> bool:
        """Register a new connection, and return whether there is room for it."""
        address = self._address(connection)
        siblings = self._by_address.get(address, {}) if address is not None else {}
        if len(siblings) >= self._max_per_address:
            self._log(f"{self._max_per_address} connections of one address")
            if not self._evict(
                next((sibling for sibling in siblings if sibling in self._idle), None)
            ):
                return False
        if len(self._open) >= self._max:
            self._log(f"{self._max} connections")
            if not self._evict(next(iter(self._idle), None)):
                return False
        self._open[connection] = address
        self._idle[connection] = None
        if address is not None:
            self._by_address.setdefault(address, {})[connection] = None
        if self._timer is None:
            self._schedule_check()
        return True

    def remove(self, connection: ClientConnection) -> None:
        """Unregister a connection that is closed or no longer HTTP; a second call does nothing."""
        address = self._open.pop(connection, None)
        self._idle.pop(connection, None)
        if address is not None:
            siblings = self._by_address[address]
            siblings.pop(connection, None)
            if not siblings:
                del self._by_address[address]

    def mark_busy(self, connection: ClientConnection) -> None:
        self._idle.pop(connection, None)

    def mark_idle(self, connection: ClientConnection) -> None:
        if connection not in self._open:
            return
        self._idle[connection] = None
        address = self._open[connection]
        if address is not None:
            siblings = self._by_address[address]
            del siblings[connection]
            siblings[connection] = None

    def _address(self, connection: ClientConnection) -> str | None:
        peer = connection.client[0] if connection.client else ""
        return caller_network(peer) if peer and not self._proxies.trusts_address(peer) else None

    def _evict(self, idle: ClientConnection | None) -> bool:
        if idle is None:
            return False
        self.remove(idle)
        idle.close_idle()
        return True

    def _log(self, reached: str) -> None:
        if self._clock() - self._logged_at >= LOG_INTERVAL_SECONDS:
            self._logged_at = self._clock()
            logger.warning("the limit of %s is reached: the oldest idle ones are closed", reached)

    def _schedule_check(self) -> None:
        loop = asyncio.get_running_loop()
        seconds = min(1.0, self.limits.grace_seconds / 4)
        self._timer = loop.call_later(seconds, self._check_rates)

    def _check_rates(self) -> None:
        self._timer = None
        now = self._clock()
        for connection in list(self._open):
            connection.check_rate(now)
        if self._open:
            self._schedule_check()


class TransferRate:
    """How fast a caller sends a body or reads a response, against the slowest rate allowed."""

    __slots__ = ("_bytes", "_checked_at", "_limits", "_seconds")

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._checked_at = now
        self._seconds = 0.0
        self._bytes = 0

    def record(self, length: int) -> None:
        self._bytes += length

    def is_too_slow(
        self, now: float, *, is_waiting: bool, within_seconds: float = float("inf")
    ) -> bool:
        """Return whether the caller is too slow; only time spent waiting for it counts."""
        if is_waiting:
            self._seconds += now - self._checked_at
        self._checked_at = now
        allowed = self._limits.grace_seconds + self._bytes / self._limits.min_bytes_per_second
        return self._seconds > min(allowed, within_seconds)
