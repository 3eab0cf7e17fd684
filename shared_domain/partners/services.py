"""Authenticate callers by API key; issue, rotate, revoke and limit keys."""

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol

from shared_domain.partners.errors import (
    DirectPartnerHasNoKeys,
    KeyMalformed,
    KeyNotFound,
    KeyUnknown,
    PartnerInactive,
    PartnerNotFound,
)
from shared_domain.partners.key_format import is_well_formed, key_digest, key_prefix, new_secret
from shared_domain.partners.model import (
    ApiKey,
    ApiKeyId,
    IssuedKey,
    KeyOwner,
    NewKey,
    PartnerId,
    PartnerKind,
    Scope,
    validated_expiry,
    validated_label,
    validated_scopes,
)

#: A call with n returns an unpredictable number from 0 to n - 1.
RandomSource = Callable[[int], int]


class KeyStore(Protocol):
    """The store of API keys that these services need; ``sql_store`` implements it."""

    async def find_by_digest(self, digest: bytes) -> ApiKey | None: ...

    async def get_locked(self, key_id: ApiKeyId) -> ApiKey | None: ...

    async def owner(self, partner_id: PartnerId) -> KeyOwner | None:
        """Return the partner as far as keys are concerned; None when there is no such partner."""
        ...

    async def add(self, key: NewKey) -> ApiKeyId: ...

    async def save(self, key: ApiKey) -> None:
        """Store the expiry, revocation, successor and rate limit of a key that was read locked."""
        ...


async def authenticate(secret: str, *, now: datetime, store: KeyStore) -> ApiKey:
    """Return the key with this secret, if it is valid at ``now``.

    A malformed secret is refused without a query.

    Raises:
        KeyMalformed, KeyUnknown, KeyRevoked, KeyExpired, PartnerInactive
    """
    if not is_well_formed(secret):
        raise KeyMalformed
    key = await store.find_by_digest(key_digest(secret))
    if key is None:
        raise KeyUnknown
    key.check_usable(now=now)
    return key


async def issue_key(
    partner_id: PartnerId,
    *,
    label: str,
    is_test: bool,
    scopes: Iterable[str],
    expires_at: datetime | None,
    now: datetime,
    store: KeyStore,
    draw: RandomSource = secrets.randbelow,
) -> IssuedKey:
    """Issue a new key, and return it with its secret, which is not stored.

    Raises:
        PartnerNotFound, DirectPartnerHasNoKeys, PartnerInactive, InvalidLabel, InvalidScopes,
        ExpiryInPast
    """
    owner = await store.owner(partner_id)
    if owner is None:
        raise PartnerNotFound
    if owner.kind is PartnerKind.DIRECT:
        raise DirectPartnerHasNoKeys
    if not owner.is_active:
        raise PartnerInactive
    return await _store_new(
        partner_id,
        label=validated_label(label),
        is_test=is_test,
        scopes=validated_scopes(scopes),
        expires_at=validated_expiry(expires_at, now=now),
        rate_limit_per_second=None,
        now=now,
        store=store,
        draw=draw,
    )


async def rotate_key(
    key_id: ApiKeyId,
    *,
    overlap: timedelta,
    now: datetime,
    store: KeyStore,
    draw: RandomSource = secrets.randbelow,
) -> IssuedKey:
    """Issue the successor of a key: same partner, label, mode, scopes, rate limit and lifetime.

    The old key stays valid for ``overlap``, but never beyond its own expiry.

    Raises:
        KeyNotFound, KeyRevoked, KeyExpired, PartnerInactive, KeyAlreadyReplaced,
        OverlapOutOfRange
    """
    old = await _get(key_id, store=store)
    old.check_rotatable(overlap=overlap, now=now)
    issued = await _store_new(
        old.partner_id,
        label=old.label,
        is_test=old.is_test,
        scopes=old.scopes,
        expires_at=old.successor_expires_at(now=now),
        rate_limit_per_second=old.rate_limit_per_second,
        now=now,
        store=store,
        draw=draw,
    )
    await store.save(old.supersede_by(issued.id, overlap=overlap, now=now))
    return issued


async def revoke_key(key_id: ApiKeyId, *, now: datetime, store: KeyStore) -> ApiKey:
    """Revoke a key at once and for good, and return it. Revoking it again changes nothing.

    Every edge process refuses it within a second of the commit.

    Raises:
        KeyNotFound: there is no such key.
    """
    key = await _get(key_id, store=store)
    revoked = key.revoke(now=now)
    if revoked is not key:
        await store.save(revoked)
    return revoked


async def limit_rate(key_id: ApiKeyId, *, per_second: int | None, store: KeyStore) -> ApiKey:
    """Set how many calls per second a key may make, and return it; None is the edge's setting.

    Every edge process applies it within a second of the commit.

    Raises:
        KeyNotFound, RateLimitOutOfRange
    """
    key = await _get(key_id, store=store)
    limited = key.limit_rate(per_second)
    await store.save(limited)
    return limited


async def _get(key_id: ApiKeyId, *, store: KeyStore) -> ApiKey:
    key = await store.get_locked(key_id)
    if key is None:
        raise KeyNotFound
    return key


async def _store_new(
    partner_id: PartnerId,
    *,
    label: str,
    is_test: bool,
    scopes: frozenset[Scope],
    expires_at: datetime | None,
    rate_limit_per_second: int | None,
    now: datetime,
    store: KeyStore,
    draw: RandomSource,
) -> IssuedKey:
    secret = new_secret(is_test=is_test, draw=draw)
    key_id = await store.add(
        NewKey(
            partner_id=partner_id,
            label=label,
            is_test=is_test,
            scopes=scopes,
            created_at=now,
            expires_at=expires_at,
            prefix=key_prefix(secret),
            digest=key_digest(secret),
            rate_limit_per_second=rate_limit_per_second,
        )
    )
    return IssuedKey(
        id=key_id,
        partner_id=partner_id,
        label=label,
        is_test=is_test,
        scopes=scopes,
        expires_at=expires_at,
        secret=secret,
    )
