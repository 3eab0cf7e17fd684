"""Authentication by API key, as a type in an endpoint's signature.

::

    @router.get("/products")
    async def list_products(caller: CallerWithCatalogRead, ...) -> ...:

``CallerWithCatalogRead``, ``CallerWithBookingsRead`` and so on are a :class:`Caller` whose key has
the scope of that name; any other request is refused before the endpoint runs. Services take
``caller.access``: the partner and whether it is test mode, by the key or the header ``Octo-Env``.

The keys come from the :class:`~api_edge.auth.key_cache.KeyCache` at ``app.state.keys``. The caller
is kept in the request's state, so several checks of one request look the key up once.
"""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Request, Security
from fastapi.openapi.models import HTTPBearer as BearerScheme
from fastapi.security.base import SecurityBase

from api_edge.auth.key_cache import KeyCache
from api_edge.request_state import request_state
from shared_domain import deadline
from shared_domain.partners import (
    KEY_LENGTH,
    ApiKey,
    Caller,
    EnvironmentUnknown,
    KeyMalformed,
    KeyMissing,
    Scope,
)

__all__ = [
    "CallerWithBookingsRead",
    "CallerWithBookingsWrite",
    "Caller",
    "CallerWithAnyKey",
    "CallerWithCatalogRead",
    "CallerWithUsersRead",
    "CallerWithUsersWrite",
    "CallerWithWebhooksRead",
    "CallerWithWebhooksWrite",
    "authenticate",
    "authenticate_again",
]

BLANKS = b" \t"


async def authenticate(request: Request) -> Caller:
    """Return the caller whose API key the request carries; scopes are not checked here.

    Raises:
        KeyRefused: one of its subclasses: no valid key, or one that Octo-Env contradicts.
    """
    known: Caller | None = request_state(request.scope).get("caller")
    if known is not None:
        return known
    # Looked up by ``rate_limit.py`` already, unless the app is called without its middleware.
    key: ApiKey | Exception | None = request_state(request.scope).get("found_key")
    if key is None:
        keys: KeyCache = request.app.state.keys
        key = await keys.find(bearer_token(request), now=datetime.now(UTC))
    if isinstance(key, Exception):
        raise key
    caller = key.caller(environment=octo_environment(request))
    request_state(request.scope)["caller"] = caller
    return caller


async def authenticate_again(request: Request) -> Caller:
    """Return the caller as its key is by now: an answer that takes long may outlive the key.

    The look-up has the time of a call of its own, since that of the request may have passed.

    Raises:
        KeyRefused: the key has been revoked, or has expired, meanwhile.
        Error: the key could not be looked up in time.
    """
    state = request.app.state
    with deadline.within(state.settings.call_seconds):
        key: ApiKey = await state.keys.find(bearer_token(request), now=datetime.now(UTC))
    return key.caller(environment=octo_environment(request))


def bearer_token(request: Request) -> str:
    """Return the bearer token of the Authorization header (RFC 6750, section 2.1).

    Raises:
        KeyMissing: there is no Authorization header, or it holds no bearer token.
        KeyMalformed: there are several, or the token cannot be a key.
    """
    values = _header(request, b"authorization")
    if not values:
        raise KeyMissing
    if len(values) > 1:
        # Proxy and application that each read another one is how access control is bypassed.
        raise KeyMalformed(is_repeated=True)
    scheme, _, token = values[0].strip(BLANKS).partition(b" ")
    token = token.lstrip(b" ")
    if scheme.lower() != b"bearer" or not token:
        raise KeyMissing
    if len(token) != KEY_LENGTH or not token.isascii():
        raise KeyMalformed
    return token.decode("ascii")


def octo_environment(request: Request) -> str | None:
    """Return the value of the header ``Octo-Env``, not validated; None when it is absent.

    Raises:
        EnvironmentUnknown: the header was sent more than once.
    """
    values = _header(request, b"octo-env")
    if len(values) > 1:
        raise EnvironmentUnknown
    return values[0].decode("latin-1") if values else None


def _header(request: Request, name: bytes) -> list[bytes]:
    return [value for key, value in request.scope["headers"] if key == name]


class RequiresScope(SecurityBase):
    """A FastAPI dependency that returns the caller, if its API key has the scope."""

    def __init__(self, scope: Scope | None) -> None:
        """None: any valid key will do; the endpoint looks at its scopes."""
        self.scope = scope
        self.scheme_name = "apiKey"
        self.model = BearerScheme(
            bearerFormat="pk_live_… or pk_test_…",
            description="The API key that you were given: `Authorization: Bearer pk_live_…`. "
            "A test key makes and sees test data only.",
        )

    async def __call__(self, request: Request) -> Caller:
        caller = await authenticate(request)
        if self.scope is not None:
            caller.require(self.scope)
        return caller


CallerWithAnyKey = Annotated[Caller, Security(RequiresScope(None))]
CallerWithCatalogRead = Annotated[
    Caller, Security(RequiresScope(Scope.CATALOG_READ), scopes=[Scope.CATALOG_READ.value])
]
CallerWithBookingsRead = Annotated[
    Caller, Security(RequiresScope(Scope.BOOKINGS_READ), scopes=[Scope.BOOKINGS_READ.value])
]
CallerWithBookingsWrite = Annotated[
    Caller, Security(RequiresScope(Scope.BOOKINGS_WRITE), scopes=[Scope.BOOKINGS_WRITE.value])
]
CallerWithUsersRead = Annotated[
    Caller, Security(RequiresScope(Scope.USERS_READ), scopes=[Scope.USERS_READ.value])
]
CallerWithUsersWrite = Annotated[
    Caller, Security(RequiresScope(Scope.USERS_WRITE), scopes=[Scope.USERS_WRITE.value])
]
CallerWithWebhooksRead = Annotated[
    Caller, Security(RequiresScope(Scope.WEBHOOKS_READ), scopes=[Scope.WEBHOOKS_READ.value])
]
CallerWithWebhooksWrite = Annotated[
    Caller, Security(RequiresScope(Scope.WEBHOOKS_WRITE), scopes=[Scope.WEBHOOKS_WRITE.value])
]
