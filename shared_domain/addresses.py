"""Network addresses of callers, as both halves count them for their limits."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

#: Addresses whose network is remembered.
MOST_ADDRESSES = 4_096


@lru_cache(maxsize=MOST_ADDRESSES)
def caller_network(address: str) -> str:
    """Return the network by which limits count an address; any other text cut to 64 characters.

    An IPv6 network of 64 bits usually belongs to one subscriber (RFC 6177).
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(IPv6Network((int(parsed) >> 64 << 64, 64)))
        parsed = parsed.ipv4_mapped
    return str(parsed)


def is_in_networks(address: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Return whether an address is in one of the networks.

    A socket for both versions of IP tells a caller's 192.0.2.1 as ::ffff:192.0.2.1.

    Raises:
        ValueError: it is no address.
    """
    parsed = ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return any(parsed in network or (mapped or parsed) in network for network in networks)
