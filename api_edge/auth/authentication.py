"""Who calls: the API key in the ``Authorization`` header, as a type in an endpoint's signature.

::

    @router.get("/products")
    async def list_products(caller: CallerWithCatalogRead, ...) -> ...:

``CallerWithCatalogRead``, ``CallerWithBookingsRead`` and so on are a :class:`Caller` whose key
has the scope of that name; anything else is refused before the endpoint runs. Services want
``caller.access``: the partner and the mode, in which the header ``Octo-Env`` is counted in.

The app keeps the :class:`~api_edge.auth.key_cache.KeyCache` at ``app.state.keys``. An exception
handler that wants the key checked first calls ``await authenticate(request)`` itself; the
answer is kept for the request, so nothing is asked twice.
"""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Request, Security
from fastapi.openapi.models import HTTPBearer as BearerScheme
from fastapi.security.base import SecurityBase

from api_edge.auth.key_cache import KeyCache
from api_edge.request_state import request_state
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
    "CallerWithCatalogRead",
    "CallerWithUsersRead",
    "CallerWithUsersWrite",
    "authenticate",
]

BLANKS = b" \t"


async def authenticate(request: Request) -> Caller:
    """Return who sent the request. What the key may do is not looked at here.

    Raises:
        KeyRefused: one of its kinds; no key, a wrong one, or one that fits ill with Octo-Env.
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


def bearer_token(request: Request) -> str:
    """Return the bearer token, as RFC 6750 section 2.1 has it sent.

    Raises:
        KeyMissing: there is no Authorization header, or it holds no bearer token.
        KeyMalformed: there are several, or the token cannot be a key.
    """
    values = _header(request, b"authorization")
    if not values:
        raise KeyMissing
    if len(values) > 1:
        # Two halves of a system that each pick another one is how access control is fooled.
        raise KeyMalformed(is_repeated=True)
    scheme, _, token = values[0].strip(BLANKS).partition(b" ")
    token = token.lstrip(b" ")
    if scheme.lower() != b"bearer" or not token:
        raise KeyMissing
    if len(token) != KEY_LENGTH or not token.isascii():
        raise KeyMalformed
    return token.decode("ascii")


def octo_environment(request: Request) -> str | None:
    """Return what the header ``Octo-Env`` asks for, unjudged; None when it is not there.

    Raises:
        EnvironmentUnknown: it is there more than once.
    """
    values = _header(request, b"octo-env")
    if len(values) > 1:
        raise EnvironmentUnknown
    return values[0].decode("latin-1") if values else None


def _header(request: Request, name: bytes) -> list[bytes]:
    return [value for key, value in request.scope["headers"] if key == name]


class RequiresScope(SecurityBase):
    """The dependency that lets in callers whose key has one scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.scheme_name = "apiKey"
        self.model = BearerScheme(
            bearerFormat="pk_live_… or pk_test_…",
            description="The API key that you were given: `Authorization: Bearer pk_live_…`. "
            "A test key makes and sees test data only.",
        )

    async def __call__(self, request: Request) -> Caller:
        caller = await authenticate(request)
        caller.require(self.scope)
        return caller


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
