"""What the edge is told by its environment."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from starlette.requests import Request

from api_edge.proxy.limits import DEFAULT_LIMITS, Limits
from api_edge.proxy.trusted_proxies import NO_PROXIES, TrustedProxies
from shared_domain import postgres

T = TypeVar("T")


class InvalidSettings(ValueError):
    """A setting is missing or malformed; the message says which one and what would be right.

    Raised before anything is opened, so that a process with wrong settings never starts half.
    """


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How this process reaches its database and how the outside reaches this process."""

    #: The edge's own restricted role, as a libpq address.
    database_url: str
    #: Where PostgreSQL itself is, when ``database_url`` leads through PgBouncer in transaction
    #: mode, where nothing may outlast a transaction. Only LISTEN goes here, by the same login.
    direct_database_url: str | None = None
    #: The address that callers use, without a trailing slash.
    public_url: str = "http://127.0.0.1:8000"
    #: Connections that one process keeps at most. A request holds one only while it is in SQL.
    pool_size: int = 10
    #: How long a request waits for a free connection before it is told to come back later.
    pool_wait_seconds: float = 2.0
    #: How long a call may take in all: for connections, locks, statements, and a silent server.
    call_seconds: float = 10.0
    #: The longest time that a statement may run, and that it may wait for a row lock.
    statement_seconds: float = 8.0
    lock_wait_seconds: float = 5.0
    #: How long a looked-up API key is believed when no word of its change has come through.
    key_cache_seconds: float = 30.0
    #: The site, which gets all that the edge does not serve itself: http://host:port or
    #: unix:///path/of/socket. Without one, there is nothing behind the edge.
    django_url: str | None = None
    #: How long the site may take to accept a connection, and to send or take the next bytes.
    site_connect_seconds: float = 5.0
    site_read_seconds: float = 60.0
    #: How long a write may wait for its rehearsal on the edge.
    rehearsal_seconds: float = 0.25
    #: Shared with the site: hashes what is compared, and lets ``rollout replay`` ask for it.
    parity_key: str | None = None
    #: The proxies in front of the edge, whose word on the caller is taken.
    trusted_proxies: TrustedProxies = NO_PROXIES
    #: Below these paths every address is an endpoint that can move between site and edge.
    endpoint_prefixes: tuple[str, ...] = ("/v1/",)
    #: Stands before the edge's own documentation and health, where the site has its own.
    edge_prefix: str = ""
    #: The shop's own way to name a caller, instead of Portico's keys: see ``moving/callers.py``.
    identify_caller: Callable[[Request], Any] | None = None
    #: Whether what the site answers from is not in ``database_url``: then nothing can be rolled
    #: back there, and only the answers of reads are compared.
    has_foreign_database: bool = False
    #: How much callers may take of this process and of the site.
    limits: Limits = DEFAULT_LIMITS

    @property
    def is_pooled(self) -> bool:
        """Whether each transaction may run in another session: nothing may be left in one."""
        return self.direct_database_url is not None

    @property
    def listening_url(self) -> str:
        """The address at which a session stays: that of PostgreSQL itself."""
        if self.direct_database_url is None:
            return self.database_url
        address, direct = map(conninfo_to_dict, (self.database_url, self.direct_database_url))
        return make_conninfo(**postgres.direct_parts(address, direct))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings.

        Raises:
            InvalidSettings: a value is missing or malformed.
        """
        return cls(
            database_url=_database_url(environment),
            direct_database_url=_read(
                environment, "PORTICO_DIRECT_DATABASE_URL", _direct_address, cls.direct_database_url
            ),
            public_url=_read(environment, "PORTICO_PUBLIC_URL", _web_address, cls.public_url),
            pool_size=_read(environment, "PORTICO_EDGE_POOL_SIZE", _whole_number, cls.pool_size),
            pool_wait_seconds=_read(
                environment, "PORTICO_EDGE_POOL_WAIT_SECONDS", _seconds, cls.pool_wait_seconds
            ),
            call_seconds=_read(environment, "PORTICO_CALL_SECONDS", _seconds, cls.call_seconds),
            statement_seconds=_read(
                environment, "PORTICO_EDGE_STATEMENT_SECONDS", _seconds, cls.statement_seconds
            ),
            lock_wait_seconds=_read(
                environment, "PORTICO_EDGE_LOCK_WAIT_SECONDS", _seconds, cls.lock_wait_seconds
            ),
            key_cache_seconds=_read(
                environment, "PORTICO_KEY_CACHE_SECONDS", _seconds, cls.key_cache_seconds
            ),
            django_url=_read(environment, "DJANGO_URL", _site_address, cls.django_url),
            site_connect_seconds=_read(
                environment, "PORTICO_SITE_CONNECT_SECONDS", _seconds, cls.site_connect_seconds
            ),
            site_read_seconds=_read(
                environment, "PORTICO_SITE_READ_SECONDS", _seconds, cls.site_read_seconds
            ),
            rehearsal_seconds=_read(
                environment, "PORTICO_REHEARSAL_SECONDS", _seconds, cls.rehearsal_seconds
            ),
            parity_key=environment.get("PORTICO_PARITY_KEY") or None,
            trusted_proxies=_read(
                environment, "PORTICO_TRUSTED_PROXIES", TrustedProxies.parse, cls.trusted_proxies
            ),
            endpoint_prefixes=_read(
                environment, "PORTICO_ENDPOINT_PREFIXES", _prefixes, cls.endpoint_prefixes
            ),
            edge_prefix=_read(environment, "PORTICO_EDGE_PREFIX", _prefix, cls.edge_prefix),
            identify_caller=_read(
                environment, "PORTICO_IDENTIFY_CALLER", _function, cls.identify_caller
            ),
            has_foreign_database=_read(
                environment, "PORTICO_FOREIGN_DATABASE", _yes_or_no, cls.has_foreign_database
            ),
            limits=_limits(environment),
        )


def _database_url(environment: Mapping[str, str]) -> str:
    name = "EDGE_DATABASE_URL" if environment.get("EDGE_DATABASE_URL") else "DATABASE_URL"
    address = environment.get(name, "")
    if not address:
        raise InvalidSettings(
            "EDGE_DATABASE_URL (or DATABASE_URL) is not set: give it the address of the database, "
            "such as postgresql://user:password@host/portico"
        )
    # The address is never repeated in a message: it may hold a password.
    if not address.startswith(("postgresql://", "postgres://")):
        raise InvalidSettings(f"{name} must start with postgresql://")
    try:
        conninfo_to_dict(address)
    except ProgrammingError:
        raise InvalidSettings(
            f"{name} is not a database address that libpq understands; "
            "it looks like postgresql://user:password@host/portico"
        ) from None
    return address


def _limits(environment: Mapping[str, str]) -> Limits:
    values = {
        field: _read(environment, name, parse, getattr(Limits, field))
        for field, (name, parse) in LIMITS.items()
    }
    limits = Limits(**values)
    if flaw := limits.find_conflict():
        raise InvalidSettings(flaw)
    return limits


def _direct_address(text: str) -> str | None:
    try:
        conninfo_to_dict(text)
    except ProgrammingError:
        text = ""
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("must look like postgresql://host:5432")
    return text


def _read(environment: Mapping[str, str], name: str, parse: Callable[[str], T], default: T) -> T:
    text = environment.get(name, "")
    if not text:
        return default
    try:
        return parse(text)
    except ValueError as mistake:
        # An address may hold a password.
        given = "malformed" if name.endswith("DATABASE_URL") else repr(text)
        raise InvalidSettings(f"{name} is {given}, but {mistake}") from None


def _prefixes(text: str) -> tuple[str, ...]:
    return tuple(f"{_prefix(part.strip())}/" for part in text.split(","))


def _prefix(text: str) -> str:
    prefix = text.rstrip("/")
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", prefix):
        raise ValueError("must be a path such as /api, of letters, digits and . _ ~ -")
    return prefix


def _yes_or_no(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError("must be yes or no")
    return text == "yes"


def _function(text: str) -> Callable[[Request], Any]:
    module, _, name = text.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError):
        found = None
    if not callable(found):
        raise ValueError("must name a function that can be imported, as package.module:function")
    named: Callable[[Request], Any] = found
    return named


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 4 and int(text) > 0):
        raise ValueError("must be a whole number from 1 to 9999")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise ValueError("must be a number of seconds above 0 and at most 3600")
    return seconds


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 7):
        raise ValueError("must be a whole number from 0 to 9999999")
    return int(text)


def _share(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= 100):
        raise ValueError("must be a share in per cent, from 1 to 100")
    return int(text)


def _folder(text: str) -> Path:
    folder = Path(text)
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise ValueError("must be a folder that this process can write to")
    return folder


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be a web address such as https://api.example.com")
    return text.rstrip("/")


def _site_address(text: str) -> str | None:
    mistake = ValueError("must be http://host:port or unix:///path/of/socket")
    parts = urlsplit(text)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise mistake
    if parts.scheme == "unix":
        if parts.netloc or not parts.path.startswith("/"):
            raise mistake
    elif parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
        raise mistake
    return text


#: The settings of ``Limits``. ``WEB_CONCURRENCY`` is gunicorn's own, and set by ``EdgeWorker``.
LIMITS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "upstream_threads": ("PORTICO_SITE_THREADS", _count),
    "edge_processes": ("WEB_CONCURRENCY", _whole_number),
    "caller_share_percent": ("PORTICO_SITE_SHARE_PERCENT", _share),
    "write_share_percent": ("PORTICO_SITE_WRITES_PERCENT", _share),
    "upstream_wait_seconds": ("PORTICO_SITE_WAIT_SECONDS", _seconds),
    "max_waiting_requests": ("PORTICO_SITE_MOST_WAITING", _count),
    "max_body_megabytes": ("PORTICO_LARGEST_BODY_MEGABYTES", _count),
    "max_read_ahead_megabytes": ("PORTICO_LARGEST_LEAD_MEGABYTES", _whole_number),
    "spool_megabytes": ("PORTICO_SPOOL_MEGABYTES", _count),
    "spool_folder": ("PORTICO_SPOOL_FOLDER", _folder),
    "calls_per_second_per_key": ("PORTICO_KEY_CALLS_PER_SECOND", _count),
    "calls_per_second_per_address": ("PORTICO_ADDRESS_CALLS_PER_SECOND", _count),
    "max_connections": ("PORTICO_MOST_CONNECTIONS", _count),
    "max_connections_per_address": ("PORTICO_MOST_CONNECTIONS_OF_ADDRESS", _count),
    "max_websockets": ("PORTICO_MOST_WEBSOCKETS", _whole_number),
    "stream_seconds": ("PORTICO_SITE_STREAM_SECONDS", _seconds),
    "head_seconds": ("PORTICO_HEAD_SECONDS", _seconds),
    "grace_seconds": ("PORTICO_GRACE_SECONDS", _seconds),
    "min_bytes_per_second": ("PORTICO_SLOWEST_BYTES_PER_SECOND", _whole_number),
    "body_seconds": ("PORTICO_BODY_SECONDS", _seconds),
}
