"""Parsers of the environment variables that both halves read, and names that have changed."""

import re
import warnings
from collections.abc import MutableMapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit, urlunsplit

#: Names a trusted proxy on a unix socket, which has no address.
UNIX = "unix"

#: Variables that the last release read by other names, with those of today. This release is the
#: last that takes the old ones.
FORMER_NAMES = {
    "PORTICO_REHEARSAL_SECONDS": "PORTICO_DRY_RUN_SECONDS",
    "PORTICO_SITE_CONNECT_SECONDS": "PORTICO_DJANGO_CONNECT_SECONDS",
    "PORTICO_SITE_MOST_WAITING": "PORTICO_DJANGO_MOST_WAITING",
    "PORTICO_SITE_PASSWORD": "PORTICO_DJANGO_PASSWORD",
    "PORTICO_SITE_READ_SECONDS": "PORTICO_DJANGO_READ_SECONDS",
    "PORTICO_SITE_SHARE_PERCENT": "PORTICO_DJANGO_SHARE_PERCENT",
    "PORTICO_SITE_STREAM_SECONDS": "PORTICO_DJANGO_STREAM_SECONDS",
    "PORTICO_SITE_THREADS": "PORTICO_DJANGO_THREADS",
    "PORTICO_SITE_WAIT_SECONDS": "PORTICO_DJANGO_WAIT_SECONDS",
    "PORTICO_SITE_WRITES_PERCENT": "PORTICO_DJANGO_WRITES_PERCENT",
}


def adopt_former_names(variables: MutableMapping[str, str]) -> None:
    """Set each variable of which only the former name is set, and warn that the name has changed.

    The value is not shown: it may be a password. A process that is started by this one finds
    today's name.
    """
    for former, name in FORMER_NAMES.items():
        if (text := variables.get(former)) and not variables.get(name):
            variables[name] = text
            warnings.warn(
                f"the environment variable {former} is called {name} now; the next release no "
                "longer reads the old name",
                FutureWarning,
                stacklevel=3,
            )


_DEFAULT_PORTS = {"http": 80, "https": 443}


def parse_web_address(text: str) -> str:
    """Return an address such as ``https://api.example.com``, as browsers write it in ``Origin``.

    Scheme and host are in small letters, the scheme's own port is left out (RFC 6454, 6.2), and so
    is a slash at the end.

    Raises:
        ValueError: it is no address of http or https, or has a query or fragment.
    """
    malformed = ValueError("must be a web address such as https://api.example.com")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise malformed from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.query or parts.fragment:
        raise malformed
    if any(character.isspace() for character in text):
        raise malformed
    account, at, _ = parts.netloc.rpartition("@")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown_port = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    place = f"{account}{at}{host}{shown_port}"
    return urlunsplit((parts.scheme, place, parts.path, "", "")).rstrip("/")


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
