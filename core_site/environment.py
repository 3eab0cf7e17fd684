"""Every environment variable that Django reads, with its default; read with django-environ.

``env("PORTICO_CALL_SECONDS")`` returns a parsed value. A variable that the edge reads too has the
same default and description in ``api_edge.settings``.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from shared_domain.environment import (
    adopt_former_names,
    parse_networks,
    parse_path_prefix,
    parse_path_prefixes,
    parse_web_address,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """The declaration of an environment variable.

    ``parse`` converts the text to a value, or raises ``ValueError`` with what the text must be.
    ``default`` is a text, too. The value of a variable that ``is_secret`` is never printed.
    """

    name: str
    description: str
    parse: Callable[[str], Any] = str
    default: str | None = None
    is_required: bool = False
    is_secret: bool = False


class Environment(environ.Env):
    """The values of environment variables by name.

    Names of the last release are taken, with a warning (``FORMER_NAMES`` in the shared module).
    """

    def __init__(self, variables: Mapping[str, Variable]) -> None:
        adopt_former_names(os.environ)
        super().__init__(**{name: variable.parse for name, variable in variables.items()})
        self._variables = variables
        self.ENVIRON = _Texts()
        self.escape_proxy = True

    def __call__(self, name: str) -> Any:
        """Return the value of a variable, None where it is unset and has no default.

        Raises:
            ImproperlyConfigured: it is malformed, or unset although it is required.
        """
        variable = self._variables[name]
        if variable.is_required and name not in self:
            raise ImproperlyConfigured(
                f"the environment variable {name} is not set; ./deploy/up sets it for you"
            )
        try:
            return self.get_value(name, default=variable.default, parse_default=True)
        except ValueError as mistake:
            text = "malformed" if variable.is_secret else repr(self.get_value(name, cast=str))
            raise ImproperlyConfigured(f"{name} is {text}, but {mistake}") from None


class _Texts(Mapping[str, str]):
    """The environment as django-environ reads it.

    An empty value counts as unset, as it does at the edge. A secret that begins with ``$`` is not
    the name of another variable.
    """

    def __getitem__(self, name: str) -> str:
        if text := os.environ[name]:
            return text.replace("$", r"\$")
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(os.environ)

    def __len__(self) -> int:
        return len(os.environ)


def whole_number(first: int, last: int, unit: str = "") -> Callable[[str], int]:
    """Return a parser of whole numbers from ``first`` to ``last``, both included."""

    def parse(text: str) -> int:
        if text.isascii() and text.isdigit() and first <= int(text) <= last:
            return int(text)
        raise ValueError(f"must be a whole number{unit} from {first} to {last}")

    return parse


def _parse_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise ValueError("must be a number of seconds above 0 and at most 3600")
    return seconds


def _parse_yes_or_no(text: str) -> bool:
    if text not in {"yes", "no"}:
        raise ValueError("must be yes or no")
    return text == "yes"


def _parse_switch(text: str) -> bool:
    if text not in {"0", "1"}:
        raise ValueError("must be 0 or 1")
    return text == "1"


#: As Django compares them: without scheme and port; ``.example.com`` and ``*`` are patterns.
_HOST = re.compile(r"\*|\[[0-9A-Fa-f:.]+\]|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")


def _parse_hosts(text: str) -> list[str]:
    hosts = [host for part in text.split(",") if (host := part.strip())]
    if not hosts or not all(map(_HOST.fullmatch, hosts)):
        raise ValueError("must be names of hosts such as shop.example.com, separated by commas")
    return hosts


def _parse_sender(text: str) -> str:
    _, address = parseaddr(text)
    name, _, domain = address.rpartition("@")
    if not name or not domain or not text.isprintable():
        raise ValueError("must be an e-mail address such as Shop <tickets@example.com>")
    return text


def _parse_font(text: str) -> Path:
    font = Path(text)
    if not (font.suffix.lower() in {".ttf", ".otf"} and font.is_file()):
        raise ValueError("must be the path of a file *.ttf or *.otf")
    return font


_DECLARED = (
    Variable(
        name="DATABASE_URL",
        is_required=True,
        is_secret=True,
        description="The libpq address of the database, such as "
        "postgresql://user:password@host/portico: Django's login, which the edge and deploy/up "
        "take where they are given none of their own.",
    ),
    Variable(
        name="OWNER_DATABASE_URL",
        is_secret=True,
        description="The same address with the login that owns the tables, for `manage.py "
        "migrate`, `grant_roles`, `load_demo` and `flush`. Unset: DATABASE_URL is the owner's.",
    ),
    Variable(
        name="PORTICO_DIRECT_DATABASE_URL",
        is_secret=True,
        description="The address of PostgreSQL itself where the database's address leads through "
        "PgBouncer in transaction mode. LISTEN, the worker and commands go there, by the same "
        "login.",
    ),
    Variable(
        name="PORTICO_DJANGO_PASSWORD",
        is_secret=True,
        description="The password that `manage.py grant_roles` gives to Django's login.",
    ),
    Variable(
        name="PORTICO_EDGE_PASSWORD",
        is_secret=True,
        description="The password that `manage.py grant_roles` gives to the edge's login.",
    ),
    Variable(
        name="PORTICO_SECRET_KEY",
        is_required=True,
        is_secret=True,
        description="Django's SECRET_KEY.",
    ),
    Variable(
        name="PORTICO_PUBLIC_URL",
        parse=parse_web_address,
        default="http://127.0.0.1:8000",
        description="The address that callers use.",
    ),
    Variable(
        name="PORTICO_ALLOWED_HOSTS",
        parse=_parse_hosts,
        description="Django's ALLOWED_HOSTS, separated by commas. Unset: this machine and the host "
        "of PORTICO_PUBLIC_URL.",
    ),
    Variable(
        name="PORTICO_TRUSTED_PROXIES",
        parse=parse_networks,
        default="",
        description="The proxies in front of the edge whose word on the caller is taken: "
        "addresses and networks, or unix, separated by commas.",
    ),
    Variable(
        name="PORTICO_EDGE_PREFIX",
        parse=parse_path_prefix,
        default="",
        description="Stands before the edge's own documentation and health checks, where Django "
        "has its own.",
    ),
    Variable(
        name="PORTICO_ENDPOINT_PREFIXES",
        parse=parse_path_prefixes,
        default="/v1/",
        description="Below these paths, separated by commas, every address is an endpoint that "
        "can move between Django and the edge.",
    ),
    Variable(
        name="PORTICO_CALL_SECONDS",
        parse=_parse_seconds,
        default="10",
        description="How long a call may take in all: for connections, locks, statements, and a "
        "silent server.",
    ),
    Variable(
        name="PORTICO_PARITY_KEY",
        is_secret=True,
        description="Shared by Django and the edge: hashes what is compared, and lets `rollout "
        "replay` ask for a comparison.",
    ),
    Variable(
        name="PORTICO_WEBHOOK_KEY",
        is_secret=True,
        description="Shared by Django and the edge: the signing secrets of webhook endpoints are "
        "derived from it, and headers of notifications encrypted with it. To replace it, write the "
        "new one before the old, separated by a comma; an endpoint changes to the new one when its "
        "secret is rotated, a subscription when its headers are sent again.",
    ),
    Variable(
        name="PORTICO_WEBHOOKS_ALLOW_LOOPBACK",
        parse=_parse_yes_or_no,
        default="no",
        description="Whether webhooks may go to this machine, over http as well; for development.",
    ),
    Variable(
        name="PORTICO_WEATHER_URL",
        parse=parse_web_address,
        description="The address of a weather provider that speaks Open-Meteo's formats, such as "
        "https://api.open-meteo.com. Unset: there are no forecasts.",
    ),
    Variable(
        name="PORTICO_WEATHER_GEOCODING_URL",
        parse=parse_web_address,
        description="The address of the same provider's search for cities, such as "
        "https://geocoding-api.open-meteo.com. Unset: that of PORTICO_WEATHER_URL.",
    ),
    Variable(
        name="PORTICO_WEATHER_KEY",
        is_secret=True,
        description="The key of the weather provider's paying customers.",
    ),
    Variable(
        name="PORTICO_WEATHER_SECONDS",
        parse=_parse_seconds,
        default="3",
        description="How long a call to the weather provider may take in all.",
    ),
    Variable(
        name="PORTICO_REPLAY_KEY",
        is_secret=True,
        description="The API key that `rollout replay` sends, as `Authorization: Bearer KEY`.",
    ),
    Variable(
        name="PORTICO_REPLAY_AS",
        is_secret=True,
        description="What `rollout replay` sends instead of an API key: lines such as `Cookie: "
        "sessionid=abc`, or `?api_key=abc` for a parameter of the query.",
    ),
    Variable(
        name="PORTICO_EMAIL_URL",
        default="console:",
        is_secret=True,
        description="The mail server: smtp://user:password@host:587, smtps://user:password@host, "
        "file:///a/folder, or console: to print mails.",
    ),
    Variable(
        name="PORTICO_EMAIL_FROM",
        parse=_parse_sender,
        default="tickets@localhost",
        description="The sender of the guests' tickets.",
    ),
    Variable(
        name="PORTICO_DOCUMENT_FONT",
        parse=_parse_font,
        description="A TrueType font file for the characters of names on tickets that the "
        "documents' own font lacks, Japanese ones say. Unset: each is shown as a box.",
    ),
    Variable(
        name="PORTICO_MAILS_PER_BOOKING",
        parse=whole_number(1, 1_000_000),
        default="10",
        description="Mails with tickets that one booking causes in 24 hours.",
    ),
    Variable(
        name="PORTICO_MAILS_PER_PARTNER",
        parse=whole_number(1, 1_000_000),
        default="5000",
        description="Mails that one partner's bookings cause in 24 hours.",
    ),
    Variable(
        name="PORTICO_HISTORY_DAYS",
        # The database refuses to let the history of the last year expire.
        parse=whole_number(366, 36_530, " of days"),
        default="3653",
        description="How long the audit trail and the events of bookings are kept.",
    ),
    Variable(
        name="PORTICO_EVENTS_DAYS",
        parse=whole_number(7, 366, " of days"),
        default="90",
        description="How long partners can read an event; a cursor older than that is refused.",
    ),
    Variable(
        name="PORTICO_STATIC_ROOT",
        description="The folder of `manage.py collectstatic`. Unset: .portico/static.",
    ),
    Variable(
        name="PORTICO_DEMO",
        parse=_parse_switch,
        default="0",
        description="1 installs `manage.py load_demo`; never in production. deploy/up sets it for "
        "that one command, where it loads demo data.",
    ),
    Variable(
        name="PORTICO_DEBUG",
        parse=_parse_switch,
        default="0",
        description="1 shows Django's error pages; never in production.",
    ),
)

VARIABLES = {variable.name: variable for variable in _DECLARED}

env = Environment(VARIABLES)
