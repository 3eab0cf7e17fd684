"""A caller sends one key as a bearer token, and Octo-Env to have a live key make test bookings."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from fastapi import FastAPI, Request
from hypothesis import given
from hypothesis import strategies as st

from api_edge.auth.authentication import (
    Caller,
    CallerWithBookingsRead,
    CallerWithBookingsWrite,
    CallerWithCatalogRead,
    RequiresScope,
    authenticate,
)
from shared_domain import partners
from shared_domain.partners import ApiKey, ApiKeyId, PartnerId, Scope

LIVE = partners.new_secret(is_test=False, draw=lambda _: 7)
TEST = partners.new_secret(is_test=True, draw=lambda _: 7)
Headers = list[tuple[bytes, bytes]]


class KeysInMemory:
    """Knows one live key and one test key; both may only read the catalogue."""

    def __init__(self) -> None:
        self.lookups = 0

    async def find(self, secret: str, *, now: datetime) -> ApiKey:
        return await partners.authenticate(secret, now=now, store=self)  # type: ignore[arg-type]

    async def find_by_digest(self, digest: bytes) -> ApiKey | None:
        self.lookups += 1
        known = {partners.key_digest(secret): secret for secret in (LIVE, TEST)}
        if digest not in known:
            return None
        is_test = known[digest] == TEST
        return ApiKey(
            id=ApiKeyId(2 if is_test else 1),
            partner_id=PartnerId(7),
            partner_is_active=True,
            label="web shop",
            prefix=partners.key_prefix(known[digest]),
            is_test=is_test,
            scopes=frozenset({Scope.CATALOG_READ}),
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            expires_at=None,
            revoked_at=None,
            replaced_by=None,
        )


def request_with(headers: Headers, keys: KeysInMemory | None = None) -> Request:
    app = SimpleNamespace(state=SimpleNamespace(keys=keys or KeysInMemory()))
    return Request({"type": "http", "app": app, "headers": headers, "state": {}})


def caller_with(*headers: tuple[bytes, bytes]) -> Caller:
    return asyncio.run(authenticate(request_with(list(headers))))


def bearer(secret: str) -> tuple[bytes, bytes]:
    return b"authorization", b"Bearer " + secret.encode()


@pytest.mark.parametrize(
    "value", ["Bearer {}", "bearer {}", "BEARER {}", "Bearer   {}", " Bearer {} ", "\tBearer {}\t"]
)
def test_a_key_is_found_however_the_header_is_spaced(value: str) -> None:
    caller = caller_with((b"authorization", value.format(LIVE).encode()))

    assert caller == Caller(
        partner_id=PartnerId(7),
        api_key_id=ApiKeyId(1),
        is_test=False,
        scopes=frozenset({"catalog:read"}),
        test_mode=False,
    )


@pytest.mark.parametrize("value", [b"", b"Bearer", b"Bearer ", b"Basic abc", LIVE.encode()])
def test_without_a_bearer_token_no_key_was_sent(value: bytes) -> None:
    with pytest.raises(partners.KeyMissing):
        caller_with((b"authorization", value))


def test_without_the_header_no_key_was_sent() -> None:
    with pytest.raises(partners.KeyMissing):
        caller_with()


@pytest.mark.parametrize(
    "token",
    [
        b"pk_live_",
        LIVE[:-1].encode(),
        LIVE.encode() + b"x",
        LIVE.encode() + b" " + LIVE.encode(),
        LIVE.encode() + b",",
        b'"' + LIVE.encode() + b'"',
        b"\x00" * 46,
        b"\xff" * 46,
        b"x" * 1_000_000,
    ],
    ids=["prefix", "short", "long", "two", "comma", "quoted", "nul", "not ascii", "megabyte"],
)
def test_what_cannot_be_a_key_is_refused_without_looking_it_up(token: bytes) -> None:
    keys = KeysInMemory()

    with pytest.raises(partners.KeyMalformed):
        asyncio.run(authenticate(request_with([(b"authorization", b"Bearer " + token)], keys)))

    assert keys.lookups == 0


@given(st.lists(st.binary(max_size=60), max_size=3))
def test_no_header_ever_breaks_the_check(values: list[bytes]) -> None:
    with pytest.raises(partners.KeyRefused):
        caller_with(*[(b"authorization", value) for value in values])


def test_two_headers_are_refused_even_when_alike() -> None:
    with pytest.raises(partners.KeyMalformed, match="is_repeated=True"):
        caller_with(bearer(LIVE), bearer(LIVE))


def test_an_unknown_key_is_told_so() -> None:
    with pytest.raises(partners.KeyUnknown):
        caller_with(bearer(partners.new_secret(is_test=False)))


@pytest.mark.parametrize(
    ("secret", "environment", "test_mode"),
    [
        (LIVE, None, False),
        (LIVE, b"live", False),
        (LIVE, b"test", True),
        (LIVE, b" TEST ", True),
        (LIVE, b"", False),
        (TEST, None, True),
        (TEST, b"test", True),
    ],
)
def test_the_key_and_octo_env_decide_the_mode(
    secret: str, environment: bytes | None, test_mode: bool
) -> None:
    asked = [] if environment is None else [(b"octo-env", environment)]

    caller = caller_with(bearer(secret), *asked)

    assert caller.test_mode is test_mode
    assert caller.is_test is (secret == TEST)


def test_a_test_key_cannot_go_live() -> None:
    with pytest.raises(partners.TestKeyCannotGoLive):
        caller_with(bearer(TEST), (b"octo-env", b"live"))


@pytest.mark.parametrize("asked", [[b"staging"], [b"test,live"], [b"test", b"test"], [b"\xff"]])
def test_an_unclear_environment_is_refused(asked: list[bytes]) -> None:
    with pytest.raises(partners.EnvironmentUnknown):
        caller_with(bearer(LIVE), *[(b"octo-env", value) for value in asked])


def test_a_missing_scope_is_named() -> None:
    request = request_with([bearer(LIVE)])

    with pytest.raises(partners.ScopeMissing, match="bookings:write"):
        asyncio.run(RequiresScope(Scope.BOOKINGS_WRITE)(request))


def test_one_request_asks_for_its_key_once() -> None:
    keys = KeysInMemory()
    request = request_with([bearer(LIVE)], keys)

    first = asyncio.run(authenticate(request))
    again = asyncio.run(RequiresScope(Scope.CATALOG_READ)(request))

    assert again is first
    assert keys.lookups == 1


def test_the_schema_shows_the_key_and_the_scope_of_each_operation() -> None:
    app = FastAPI()

    @app.get("/products")
    async def products(caller: CallerWithCatalogRead) -> None: ...

    @app.get("/bookings")
    async def bookings(caller: CallerWithBookingsRead) -> None: ...

    @app.post("/bookings")
    async def reserve(caller: CallerWithBookingsWrite) -> None: ...

    schema = app.openapi()
    scheme = schema["components"]["securitySchemes"]["apiKey"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert schema["paths"]["/products"]["get"]["security"] == [{"apiKey": ["catalog:read"]}]
    assert schema["paths"]["/bookings"]["get"]["security"] == [{"apiKey": ["bookings:read"]}]
    assert schema["paths"]["/bookings"]["post"]["security"] == [{"apiKey": ["bookings:write"]}]
