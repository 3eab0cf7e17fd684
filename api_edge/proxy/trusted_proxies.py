"""Trusted proxies: load balancers before the edge whose ``X-Forwarded-…`` headers are believed."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import IPv4Network, IPv6Network

from starlette.types import Scope

from shared_domain.addresses import caller_network, is_in_networks
from shared_domain.environment import UNIX, parse_networks

#: The audit trail stores request ids as UUIDs, with or without the dashes.
REQUEST_ID = re.compile(rb"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")

#: Peers whose trust is cached; the least recently used one is dropped.
MAX_CACHED_ADDRESSES = 4_096


@dataclass(frozen=True)
class TrustedProxies:
    """The addresses from which ``X-Forwarded-…`` and ``X-Request-Id`` are believed."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    unix: bool = False

    @classmethod
    def parse(cls, text: str) -> "TrustedProxies":
        """Read ``10.0.0.0/8, 192.0.2.7, unix``.

        Raises:
            ValueError: a part is neither an address, nor a network, nor ``unix``.
        """
        networks = parse_networks(text)
        return cls(networks=networks, unix=UNIX in map(str.strip, text.split(",")))

    def __bool__(self) -> bool:
        return self.unix or bool(self.networks)

    def trusts(self, scope: Scope) -> bool:
        """Return whether the request came from a trusted proxy."""
        if not self:
            return False
        if scope.get("client") is None:
            return self.unix
        return self.trusts_address(scope["client"][0])

    def client_address(self, scope: Scope) -> str:
        """Return the caller's address, by which limits count, behind trusted proxies too.

        That is the last address in ``X-Forwarded-For`` that is no trusted proxy's. An IPv6 caller
        is its /64 network, since one subscriber has all of that.
        """
        client = scope.get("client")
        peer: str = client[0] if client else UNIX
        if not self.trusts(scope):
            return caller_network(peer)
        hops = b",".join([v for name, v in scope["headers"] if name == b"x-forwarded-for"])
        for hop in reversed(hops.decode("latin-1").split(",")):
            address = hop.strip()[:64]
            if not address or not self.trusts_address(address):
                return caller_network(address or peer)
        return caller_network(peer)

    def request_id(self, scope: Scope) -> str | None:
        """Return the ``X-Request-Id`` of a trusted proxy if it is a UUID, else None."""
        if not self.trusts(scope):
            return None
        ids: list[bytes] = [value for name, value in scope["headers"] if name == b"x-request-id"]
        if len(ids) == 1 and REQUEST_ID.fullmatch(ids[0]):
            return ids[0].decode("ascii")
        return None

    @cached_property
    def trusts_address(self) -> Callable[[str], bool]:
        """A cached function that returns whether an address is trusted."""
        return lru_cache(maxsize=MAX_CACHED_ADDRESSES)(self._is_in_networks)

    def _is_in_networks(self, address: str) -> bool:
        try:
            return is_in_networks(address, self.networks)
        except ValueError:
            return not address and self.unix


#: No proxy is trusted.
NO_PROXIES = TrustedProxies()
