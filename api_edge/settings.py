"""The edge's settings, read from environment variables by pydantic-settings.

``Settings(database_url=…)`` takes every other value from its defaults and reads no environment;
``Settings.from_environment()`` does.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.requests import Request

from api_edge.http.dialects import V1_PREFIX
from api_edge.proxy.limits import DEFAULT_LIMITS, Limits, Seconds, WholeNumber
from api_edge.proxy.trusted_proxies import NO_PROXIES, TrustedProxies
from api_edge.setting_parsers import (
    import_function,
    parse_optional_address,
    parse_path_prefixes,
    parse_trusted_proxies,
    parse_upstream_address,
    parse_yes_or_no,
)
from shared_domain import environment, postgres


class InvalidSettings(ValueError):
    """An environment variable is missing or malformed; the message names it and its right form.

    Raised before anything is opened, so that a process with wrong settings never starts half.
    """


class Settings(BaseModel):
    """How this process reaches PostgreSQL and Django, and how callers reach this process.

    ``validation_alias`` is the environment variable; what has ``repr=False`` may hold a secret and
    is never printed.
    """

    model_config = ConfigDict(frozen=True, validate_by_name=True)

    database_url: str = Field(
        validation_alias=AliasChoices("EDGE_DATABASE_URL", "DATABASE_URL"),
        repr=False,
        description="The libpq address of the database, with the edge's own restricted role, "
        "such as postgresql://user:password@host/portico.",
    )
    direct_database_url: str | None = Field(
        default=None,
        validation_alias="PORTICO_DIRECT_DATABASE_URL",
        repr=False,
        description="The address of PostgreSQL itself where the database's address leads through "
        "PgBouncer in transaction mode. LISTEN, the worker and commands go there, by the same "
        "login.",
    )
    public_url: Annotated[str, BeforeValidator(environment.parse_web_address)] = Field(
        default="http://127.0.0.1:8000",
        validation_alias="PORTICO_PUBLIC_URL",
        description="The address that callers use.",
    )
    pool_size: WholeNumber = Field(
        default=10,
        validation_alias="PORTICO_EDGE_POOL_SIZE",
        description="Connections to PostgreSQL that one process keeps at most for writes, which "
        "have six tenths of them, and for itself. A request holds one only while it is in SQL.",
    )
    read_pool_size: WholeNumber = Field(
        default=4,
        validation_alias="PORTICO_EDGE_READ_POOL_SIZE",
        description="Connections to PostgreSQL that one process keeps at most for its callers' "
        "reads.",
    )
    pool_wait_seconds: Seconds = Field(
        default=2.0,
        validation_alias="PORTICO_EDGE_POOL_WAIT_SECONDS",
        description="How long a request waits for a free connection before it gets a 503.",
    )
    #: Half of it want one departure: at 160 reservations a second (the bench's case ``contention``,
    #: on two cores) 250 are served within ``pool_wait_seconds``.
    most_waiting: WholeNumber = Field(
        default=500,
        validation_alias="PORTICO_EDGE_MOST_WAITING",
        description="Requests of one process that may wait for a connection, reads and writes "
        "apart; those that want the same departure are half of it at most. Others get a 503.",
    )
    exports_at_once: WholeNumber = Field(
        default=2,
        validation_alias="PORTICO_EDGE_EXPORTS",
        description="Exports that one process sends at once; each has a connection to PostgreSQL "
        "of its own, beside the pool.",
    )
    export_seconds: Seconds = Field(
        default=600.0,
        validation_alias="PORTICO_EXPORT_SECONDS",
        description="How long an export takes at most. As long as it takes, PostgreSQL keeps rows "
        "that were changed since it began.",
    )
    call_seconds: Seconds = Field(
        default=10.0,
        validation_alias="PORTICO_CALL_SECONDS",
        description="How long a call may take in all: for connections, locks, statements, and a "
        "silent server.",
    )
    statement_seconds: Seconds = Field(
        default=8.0,
        validation_alias="PORTICO_EDGE_STATEMENT_SECONDS",
        description="How long one statement may run.",
    )
    lock_wait_seconds: Seconds = Field(
        default=5.0,
        validation_alias="PORTICO_EDGE_LOCK_WAIT_SECONDS",
        description="How long a statement may wait for a row lock.",
    )
    key_cache_seconds: Seconds = Field(
        default=30.0,
        validation_alias="PORTICO_KEY_CACHE_SECONDS",
        description="How long an API key is remembered, should no notice of its change arrive.",
    )
    django_url: Annotated[str | None, BeforeValidator(parse_upstream_address)] = Field(
        default=None,
        validation_alias="DJANGO_URL",
        repr=False,
        description="Where Django is, the upstream of all that the edge does not serve itself: "
        "http://host:port or unix:///path/of/socket. Unset: there is none.",
    )
    django_connect_seconds: Seconds = Field(
        default=5.0,
        validation_alias="PORTICO_DJANGO_CONNECT_SECONDS",
        description="How long Django may take to accept a connection.",
    )
    django_read_seconds: Seconds = Field(
        default=60.0,
        validation_alias="PORTICO_DJANGO_READ_SECONDS",
        description="How long Django may take to send or take the next bytes.",
    )
    dry_run_seconds: Seconds = Field(
        default=0.25,
        validation_alias="PORTICO_DRY_RUN_SECONDS",
        description="How long a write may wait for its dry run on the edge.",
    )
    parity_key: str | None = Field(
        default=None,
        validation_alias="PORTICO_PARITY_KEY",
        repr=False,
        description="Shared by Django and the edge: hashes what is compared, and lets `rollout "
        "replay` ask for a comparison.",
    )
    webhook_key: str | None = Field(
        default=None,
        validation_alias="PORTICO_WEBHOOK_KEY",
        repr=False,
        description="Shared by Django and the edge: the signing secrets of webhook endpoints are "
        "derived from it, and headers of notifications encrypted with it. To replace it, write the "
        "new one before the old, separated by a comma; an endpoint changes to the new one when its "
        "secret is rotated, a subscription when its headers are sent again.",
    )
    webhooks_allow_loopback: Annotated[bool, BeforeValidator(parse_yes_or_no)] = Field(
        default=False,
        validation_alias="PORTICO_WEBHOOKS_ALLOW_LOOPBACK",
        description="Whether webhooks may go to this machine, over http as well; for development.",
    )
    weather_url: Annotated[str | None, BeforeValidator(parse_optional_address)] = Field(
        default=None,
        validation_alias="PORTICO_WEATHER_URL",
        description="The address of a weather provider that speaks Open-Meteo's formats, such as "
        "https://api.open-meteo.com. Unset: there are no forecasts.",
    )
    weather_geocoding_url: Annotated[str | None, BeforeValidator(parse_optional_address)] = Field(
        default=None,
        validation_alias="PORTICO_WEATHER_GEOCODING_URL",
        description="The address of the same provider's search for cities, such as "
        "https://geocoding-api.open-meteo.com. Unset: that of PORTICO_WEATHER_URL.",
    )
    weather_key: str | None = Field(
        default=None,
        validation_alias="PORTICO_WEATHER_KEY",
        repr=False,
        description="The key of the weather provider's paying customers.",
    )
    weather_seconds: Seconds = Field(
        default=3.0,
        validation_alias="PORTICO_WEATHER_SECONDS",
        description="How long a call to the weather provider may take in all.",
    )
    trusted_proxies: Annotated[TrustedProxies, BeforeValidator(parse_trusted_proxies)] = Field(
        default=NO_PROXIES,
        validation_alias="PORTICO_TRUSTED_PROXIES",
        description="The proxies in front of the edge whose word on the caller is taken: "
        "addresses and networks, or unix, separated by commas.",
    )
    endpoint_prefixes: Annotated[tuple[str, ...], BeforeValidator(parse_path_prefixes)] = Field(
        default=(f"{V1_PREFIX}/",),
        validation_alias="PORTICO_ENDPOINT_PREFIXES",
        description="Below these paths, separated by commas, every address is an endpoint that "
        "can move between Django and the edge.",
    )
    edge_prefix: Annotated[str, BeforeValidator(environment.parse_path_prefix)] = Field(
        default="",
        validation_alias="PORTICO_EDGE_PREFIX",
        description="Stands before the edge's own documentation and health checks, where Django "
        "has its own.",
    )
    identify_caller: Annotated[
        Callable[[Request], Any] | None, BeforeValidator(import_function)
    ] = Field(
        default=None,
        validation_alias="PORTICO_IDENTIFY_CALLER",
        description="A function of one's own that names a request's caller, instead of Portico's "
        "API keys, as package.module:function.",
    )
    has_foreign_database: Annotated[bool, BeforeValidator(parse_yes_or_no)] = Field(
        default=False,
        validation_alias="PORTICO_FOREIGN_DATABASE",
        description="Whether Django's data is not in the edge's database: then nothing can be "
        "rolled back there, and only responses to reads are compared.",
    )
    check_answers: Annotated[bool, BeforeValidator(parse_yes_or_no)] = Field(
        default=False,
        validation_alias="PORTICO_CHECK_ANSWERS",
        description="Whether every answer is held to its documentation, not only a sample.",
    )
    limits: Limits = DEFAULT_LIMITS

    @property
    def is_pooled(self) -> bool:
        """Whether a pooler may run each transaction in another session, where settings are lost."""
        return self.direct_database_url is not None

    @property
    def listening_url(self) -> str:
        """The URL for LISTEN, which needs a session of its own: PostgreSQL's, not the pooler's."""
        if self.direct_database_url is None:
            return self.database_url
        address, direct = map(conninfo_to_dict, (self.database_url, self.direct_database_url))
        return make_conninfo(**postgres.direct_parts(address, direct))

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read every setting from its environment variable; an empty one counts as unset.

        Names of the last release are taken, with a warning (``environment.FORMER_NAMES``).

        Raises:
            InvalidSettings: a value is missing or malformed, or the limits contradict each other.
        """
        environment.adopt_former_names(os.environ)
        try:
            limits = _LimitsFromEnvironment()
            settings = _SettingsFromEnvironment(limits=limits)
        except ValidationError as invalid:
            raise InvalidSettings("; ".join(map(_describe, invalid.errors()))) from None
        if conflict := limits.find_conflict():
            raise InvalidSettings(conflict)
        return settings


_FROM_ENVIRONMENT = SettingsConfigDict(
    case_sensitive=True, enable_decoding=False, env_ignore_empty=True, extra="ignore"
)


class _LimitsFromEnvironment(BaseSettings, Limits):
    model_config = _FROM_ENVIRONMENT


class _SettingsFromEnvironment(BaseSettings, Settings):
    model_config = _FROM_ENVIRONMENT

    @field_validator("database_url", "direct_database_url")
    @classmethod
    def _check_address(cls, address: str | None) -> str | None:
        if address is None:
            return None
        if not address.startswith(("postgresql://", "postgres://")):
            raise ValueError("must start with postgresql://")
        try:
            conninfo_to_dict(address)
        except ProgrammingError:
            # The message of libpq repeats parts of the address, which may hold a password.
            raise ValueError(
                "must be an address that libpq understands, such as "
                "postgresql://user:password@host/portico"
            ) from None
        return address


def _describe(error: ErrorDetails) -> str:
    name = str(error["loc"][0])
    variable = next(variable for variable in list_variables() if name in variable.names)
    name = " (or ".join(variable.names) + ")" * (len(variable.names) - 1)
    if error["type"] == "missing":
        return f"{name} is not set: {variable.description}"
    given = "malformed" if variable.is_secret else repr(error["input"])
    wanted = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{name} is {given}, but {wanted}"


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable of the edge; of several ``names``, the first that is set counts."""

    names: tuple[str, ...]
    type: str
    default: str
    is_required: bool
    is_secret: bool
    description: str


def list_variables() -> list[Variable]:
    """Return every environment variable that the edge reads, for documentation."""
    return [*_variables(Settings), *_variables(Limits)]


def _variables(model: type[BaseModel]) -> Iterator[Variable]:
    for field in model.model_fields.values():
        alias = field.validation_alias
        names = alias.choices if isinstance(alias, AliasChoices) else [alias]
        if alias is not None:
            yield Variable(
                names=tuple(map(str, names)),
                type=_type_name(field),
                default="" if field.is_required() else _format_default(field.default),
                is_required=field.is_required(),
                is_secret=not field.repr,
                description=field.description or "",
            )


_TYPE_NAMES: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "seconds",
    bool: "yes or no",
    Path: "folder",
    TrustedProxies: "addresses",
    tuple: "paths",
    Callable: "function",
}


def _type_name(field: FieldInfo) -> str:
    choices = get_args(field.annotation) if NoneType in get_args(field.annotation) else ()
    kind = choices[0] if choices else field.annotation
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return _TYPE_NAMES[kind if kind in _TYPE_NAMES else get_origin(kind)]


def _format_default(default: object) -> str:
    """Return a default as it would be written in the environment; empty for none, or a folder."""
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, tuple):
        return ",".join(default)
    if isinstance(default, float):
        return f"{default:g}"
    return str(default) if isinstance(default, str | int) else ""
