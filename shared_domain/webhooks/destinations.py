"""Where webhooks may be sent: URLs of https, and addresses of the public internet.

A URL is checked when it is stored, an address when a connection is opened: only then is it known
to which one a name leads (``core_site/webhooks/sending/client.py``).
"""

import re
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

from shared_domain.webhooks.errors import InvalidUrl, UrlProblem

LONGEST_URL = 2_000

#: A name of the DNS, with the underscores that some have. Source: RFC 1035, section 2.3.4, for its
#: lengths; RFC 1123, section 2.1.
_LONGEST_NAME = 253
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")

#: Names that never lead to the public internet. Source: RFC 6761, 6762, 8375, 9476.
_LOCAL_NAMES = ("localhost", "local", "internal", "home.arpa", "test", "invalid", "onion", "alt")

#: The only addresses of IPv6 that are given to hosts of the internet; any other block may be
#: routed here by a translator of IPv4. Source: RFC 4291, section 2.5.4; IANA's registry of it.
_GLOBAL_UNICAST = ip_network("2000::/3")

#: Beside what ``is_global`` of the standard library says, which differs between its versions.
_FORBIDDEN: tuple[IPv4Network | IPv6Network, ...] = tuple(
    map(
        ip_network,
        (
            # "This" network, private use, shared by carriers, loopback, link-local.
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.168.0.0/16"),
            # Protocol assignments, documentation, 6to4 relays, benchmarks.
            *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15"),
            *("198.51.100.0/24", "203.0.113.0/24"),
            # Azure's services for its own machines: a public address, but of the host.
            "168.63.129.16/32",
            # Multicast, reserved, broadcast.
            *("224.0.0.0/4", "240.0.0.0/4"),
            # Teredo and protocol assignments, documentation, 6to4, what the 6bone gave back.
            *("2001::/23", "2001:db8::/32", "3fff::/20", "2002::/16", "3ffe::/16"),
        ),
    )
)


def is_public_address(text: str) -> bool:
    """Return whether an IP address belongs to one host of the public internet.

    An address of IPv6 that carries one of IPv4 (mapped) is judged by the latter; those that a
    gateway translates or that are tunnels are not public, whatever they carry.
    """
    try:
        address: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return not any(address in network for network in _FORBIDDEN)


def is_loopback_address(text: str) -> bool:
    """Return whether an IP address is this machine itself: 127.0.0.0/8 or ::1."""
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False


def validated_url(text: str, *, allows_loopback: bool = False) -> str:
    """Return the URL of an endpoint.

    ``allows_loopback`` is for development: http and names and addresses of this machine are then
    taken as well.

    Raises:
        InvalidUrl
    """
    if len(text) > LONGEST_URL:
        raise InvalidUrl(UrlProblem.TOO_LONG)
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise InvalidUrl(UrlProblem.MALFORMED)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidUrl(UrlProblem.MALFORMED) from None
    if parts.username is not None or parts.password is not None:
        raise InvalidUrl(UrlProblem.HAS_USER)
    if not host or port == 0 or parts.netloc.endswith(":"):
        raise InvalidUrl(UrlProblem.MALFORMED)
    if "#" in text:
        raise InvalidUrl(UrlProblem.HAS_FRAGMENT)
    is_here = host == "localhost" or is_loopback_address(host)
    if allows_loopback and is_here and parts.scheme in {"http", "https"}:
        return text
    if parts.scheme != "https":
        raise InvalidUrl(UrlProblem.NOT_HTTPS)
    _check_host(host)
    return text


def _check_host(host: str) -> None:
    if ":" in host:
        # A zone belongs to this machine's interfaces.
        is_public = "%" not in host and is_public_address(host)
    elif _ends_in_a_number(host):
        # What is no dotted quad, 2130706433 or 0x7f.1, is read as an address all the same by some.
        is_public = is_public_address(host)
    else:
        name = host.removesuffix(".")
        is_local = any(name == local or name.endswith(f".{local}") for local in _LOCAL_NAMES)
        is_public = "." in name and _can_resolve(name) and not is_local
    if not is_public:
        raise InvalidUrl(UrlProblem.NOT_PUBLIC)


def _can_resolve(name: str) -> bool:
    """Return whether a host name could exist in DNS; other characters are a typing mistake."""
    return len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) is not None


def _ends_in_a_number(host: str) -> bool:
    """Return whether a host is an IPv4 address in any notation (WHATWG URL, "ends in a number")."""
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdigit() or last.lower().startswith("0x")
