"""Whose word is taken for who the caller is: the proxies in front of the door."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.types import Scope

from shared_domain.addresses import caller_network

#: What stands for a peer on a unix socket, which has no address.
UNIX = "unix"

#: The history keeps request ids as UUIDs, with or without the dashes.
REQUEST_ID = re.compile(rb"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")

#: Verdicts on peers that are kept; beyond that the one not used for longest is forgotten.
MOST_VERDICTS = 4_096


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
        names = [name for part in text.split(",") if (name := part.strip())]
        try:
            networks = tuple(ip_network(name) for name in names if name != UNIX)
        except ValueError as mistake:
            raise ValueError(
                f"must hold addresses and networks such as 10.0.0.0/8, or unix: {mistake}"
            ) from None
        return cls(networks=networks, unix=UNIX in names)

    def __bool__(self) -> bool:
        return self.unix or bool(self.networks)

    def trusts(self, scope: Scope) -> bool:
        """Return whether the request came from one of them."""
        if not self:
            return False
        if scope.get("client") is None:
            return self.unix
        return self.trusts_address(scope["client"][0])

    def client_address(self, scope: Scope) -> str:
        """Return the address that limits count by: the peer's, or the one trusted proxies tell.

        An IPv6 caller is its /64 network: one subscriber has all of that.
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
        """Return the id that a trusted proxy gave the request, if it is one we can keep."""
        if not self.trusts(scope):
            return None
        given: list[bytes] = [value for name, value in scope["headers"] if name == b"x-request-id"]
        if len(given) == 1 and REQUEST_ID.fullmatch(given[0]):
            return given[0].decode("ascii")
        return None

    @cached_property
    def trusts_address(self) -> Callable[[str], bool]:
        """Tells of an address whether it is one of them; remembers ``MOST_VERDICTS``."""
        return lru_cache(maxsize=MOST_VERDICTS)(self._judge)

    def _judge(self, address: str) -> bool:
        try:
            peer = ip_address(address)
        except ValueError:
            return not address and self.unix
        return any(peer in network for network in self.networks)


#: Without proxies in front, nobody's word is taken.
NO_PROXIES = TrustedProxies()
