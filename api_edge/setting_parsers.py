"""Parsers of the edge's environment variables, for ``BeforeValidator``.

A value that is no text has been given in code, and is returned as it is. Each raises ``ValueError``
with what the text must be.
"""

from importlib import import_module
from urllib.parse import urlsplit

from api_edge.proxy.trusted_proxies import TrustedProxies
from shared_domain import environment


def parse_upstream_address(value: object) -> object:
    """Return the address of Django, ``http://host:port`` or ``unix:///path``; None for none."""
    if value is None:
        return None
    mistake = ValueError("must be http://host:port or unix:///path/of/socket")
    try:
        parts = urlsplit(str(value))
        _ = parts.port
    except ValueError:
        raise mistake from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise mistake
    if parts.scheme == "unix":
        if parts.netloc or not parts.path.startswith("/"):
            raise mistake
    elif parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
        raise mistake
    return value


def parse_optional_address(value: object) -> object:
    """Return a web address without a slash at its end; None for none."""
    return environment.parse_web_address(value) if isinstance(value, str) else value


def parse_trusted_proxies(value: object) -> object:
    """Return the proxies of a text such as ``10.0.0.0/8, unix``."""
    return TrustedProxies.parse(value) if isinstance(value, str) else value


def parse_path_prefixes(value: object) -> object:
    """Return the paths of a text such as ``/v1/, /api/``."""
    return environment.parse_path_prefixes(value) if isinstance(value, str) else value


def import_function(value: object) -> object:
    """Return the function that a text such as ``package.module:function`` names."""
    if not isinstance(value, str):
        return value
    module, _, name = value.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError):
        found = None
    if not callable(found):
        raise ValueError("must name a function that can be imported, as package.module:function")
    return found


def parse_yes_or_no(value: object) -> object:
    """Return whether a text is ``yes`` rather than ``no``."""
    if isinstance(value, str) and value not in {"yes", "no"}:
        raise ValueError("must be yes or no")
    return value == "yes" if isinstance(value, str) else value
