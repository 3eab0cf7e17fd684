"""Parsers of the environment variables that both halves read."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

#: Names a trusted proxy on a unix socket, which has no address.
UNIX = "unix"


def parse_web_address(text: str) -> str:
    """Return an address such as ``https://api.example.com``, without a slash at its end.

    Raises:
        ValueError: it is no address of http or https, or has a query or fragment.
    """
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be a web address such as https://api.example.com")
    return text.rstrip("/")


def parse_path_prefix(text: str) -> str:
    """Return a path such as ``/api``, without a slash at its end; ``/`` is an empty text.

    Raises:
        ValueError: it holds other signs.
    """
    prefix = text.rstrip("/")
    if prefix and not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", prefix):
        raise ValueError("must be a path such as /api, of letters, digits and . _ ~ -")
    return prefix


def parse_path_prefixes(text: str) -> tuple[str, ...]:
    """Return paths that were separated by commas, each with a slash at its end.

    Raises:
        ValueError: one of them is empty, or no path.
    """
    prefixes = [parse_path_prefix(part.strip()) for part in text.split(",")]
    if "" in prefixes:
        raise ValueError("must be paths such as /api, separated by commas")
    return tuple(f"{prefix}/" for prefix in prefixes)


def parse_networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the addresses and networks of ``10.0.0.0/8, 192.0.2.7, unix``, without ``unix``.

    Raises:
        ValueError: a part is neither an address, nor a network, nor ``unix``.
    """
    names = [name for part in text.split(",") if (name := part.strip())]
    try:
        return tuple(ip_network(name) for name in names if name != UNIX)
    except ValueError as error:
        raise ValueError(
            f"must hold addresses and networks such as 10.0.0.0/8, or unix: {error}"
        ) from None
