"""API keys: what they allow, until when, and how they are rotated and revoked."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from shared_domain.contact_data import InvalidText, normalise_line
from shared_domain.partners.errors import (
    EnvironmentUnknown,
    ExpiryInPast,
    InvalidLabel,
    InvalidScopes,
    KeyAlreadyReplaced,
    KeyExpired,
    KeyRefused,
    KeyRevoked,
    OverlapOutOfRange,
    PartnerInactive,
    RateLimitOutOfRange,
    ScopeMissing,
    TestKeyCannotGoLive,
)

PartnerId = NewType("PartnerId", int)
ApiKeyId = NewType("ApiKeyId", int)

LONGEST_LABEL = 100


class PartnerKind(StrEnum):
    """The kinds of partner: a reseller with a program, or the supplier's own booking desk.

    A direct partner has no API keys, and its commission is 0: it sells at the retail price.
    """

    RESELLER = "reseller"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """The partner that a key is issued to."""

    kind: PartnerKind
    is_active: bool


#: More than one machine answers.
HIGHEST_RATE_LIMIT = 10_000

#: A partner has a month to put a new key in place; after that, the old one is a forgotten risk.
LONGEST_OVERLAP = timedelta(days=30)


class Scope(StrEnum):
    CATALOG_READ = "catalog:read"
    BOOKINGS_READ = "bookings:read"
    BOOKINGS_WRITE = "bookings:write"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Whose data a service may read and write: one partner's, live or test, never both.

    Every service on a partner's data requires one and has no default for it: data of another
    partner, or of the same partner's other mode, do not exist for the caller.
    """

    partner_id: PartnerId
    test_mode: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The authenticated caller of one request.

    ``is_test`` is the key's own mode. ``test_mode`` is this request's: also true when a live key
    came with a request for the test environment. Services take :attr:`access`, which holds the
    latter.
    """

    partner_id: PartnerId
    api_key_id: ApiKeyId
    is_test: bool
    scopes: frozenset[str]
    test_mode: bool

    @property
    def access(self) -> Access:
        """The partner and mode whose data this request may read and write."""
        return Access(partner_id=self.partner_id, test_mode=self.test_mode)

    def require(self, scope: str) -> None:
        """Raise ScopeMissing unless the key has ``scope``."""
        if scope not in self.scopes:
            raise ScopeMissing(needed=scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """An issued key as it is stored: everything but the secret."""

    id: ApiKeyId
    partner_id: PartnerId
    partner_is_active: bool
    label: str
    prefix: str
    is_test: bool
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    replaced_by: ApiKeyId | None
    #: Calls in a second, in the long run; None: as many as the edge's setting says.
    rate_limit_per_second: int | None = None

    def check_usable(self, *, now: datetime) -> None:
        """Check that the key is valid at ``now``; at ``expires_at`` itself it no longer is.

        Raises:
            KeyRevoked, KeyExpired, PartnerInactive
        """
        refused: KeyRefused | None = None
        if self.revoked_at is not None:
            refused = KeyRevoked(prefix=self.prefix, revoked_at=self.revoked_at)
        elif self.expires_at is not None and self.expires_at <= now:
            refused = KeyExpired(prefix=self.prefix, expired_at=self.expires_at)
        elif not self.partner_is_active:
            refused = PartnerInactive()
        if refused is not None:
            refused.key = self
            raise refused

    def caller(self, *, environment: str | None) -> Caller:
        """Return the caller of a request with this key; ``environment`` is None if it names none.

        Raises:
            EnvironmentUnknown: the environment is neither test nor live.
            TestKeyCannotGoLive: the key is a test key, and the environment is live.
        """
        asked = (environment or "").strip().lower()
        if asked not in ("", "test", "live"):
            raise EnvironmentUnknown
        if self.is_test and asked == "live":
            raise TestKeyCannotGoLive
        return Caller(
            partner_id=self.partner_id,
            api_key_id=self.id,
            is_test=self.is_test,
            scopes=self.scopes,
            test_mode=self.is_test or asked == "test",
        )

    def revoke(self, *, now: datetime) -> "ApiKey":
        """Return this key, revoked; a key that is revoked keeps its ``revoked_at``."""
        return self if self.revoked_at is not None else replace(self, revoked_at=now)

    def limit_rate(self, per_second: int | None) -> "ApiKey":
        """Return this key with another limit of calls per second; None is the edge's setting.

        Raises:
            RateLimitOutOfRange: it is not from 1 to ``HIGHEST_RATE_LIMIT``.
        """
        if per_second is not None and not 1 <= per_second <= HIGHEST_RATE_LIMIT:
            raise RateLimitOutOfRange(highest=HIGHEST_RATE_LIMIT)
        return replace(self, rate_limit_per_second=per_second)

    def check_rotatable(self, *, overlap: timedelta, now: datetime) -> None:
        """Check that the key may get a successor at ``now``.

        Raises:
            KeyRevoked, KeyExpired, PartnerInactive: it is not valid.
            KeyAlreadyReplaced: it has a successor.
            OverlapOutOfRange: ``overlap`` is negative or over ``LONGEST_OVERLAP``.
        """
        self.check_usable(now=now)
        if self.replaced_by is not None:
            raise KeyAlreadyReplaced(prefix=self.prefix)
        if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
            raise OverlapOutOfRange(longest_days=LONGEST_OVERLAP.days)

    def supersede_by(self, successor: ApiKeyId, *, overlap: timedelta, now: datetime) -> "ApiKey":
        """Return this key as replaced: it expires after ``overlap``, or as before if earlier."""
        ends_at = now + overlap
        if self.expires_at is not None:
            ends_at = min(ends_at, self.expires_at)
        return replace(self, expires_at=ends_at, replaced_by=successor)

    def successor_expires_at(self, *, now: datetime) -> datetime | None:
        """Return when a successor issued at ``now`` expires: after as long as this key was issued.

        None without an expiry. A day past the year 9999 is no day: such a one ends with this key.
        """
        if self.expires_at is None:
            return None
        try:
            return now + (self.expires_at - self.created_at)
        except OverflowError:
            return self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A validated key that is about to be stored."""

    partner_id: PartnerId
    label: str
    is_test: bool
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    prefix: str
    digest: bytes
    rate_limit_per_second: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """A key just issued, with its secret, which cannot be shown again."""

    id: ApiKeyId
    partner_id: PartnerId
    label: str
    is_test: bool
    scopes: frozenset[Scope]
    expires_at: datetime | None
    secret: str = field(repr=False)


def validated_label(text: str) -> str:
    """Return the label on one line, without blanks around it.

    Raises:
        InvalidLabel: nothing is left, it is too long, or it holds control characters.
    """
    try:
        label = normalise_line(text, longest=LONGEST_LABEL)
    except InvalidText:
        label = ""
    if not label:
        raise InvalidLabel(longest=LONGEST_LABEL)
    return label


def validated_scopes(texts: Iterable[str]) -> frozenset[Scope]:
    """Return the scopes of those names.

    Raises:
        InvalidScopes: there is none, or one of them does not exist.
    """
    known = {scope.value for scope in Scope}
    asked = set(texts)
    if not asked or not asked <= known:
        raise InvalidScopes(known=tuple(scope.value for scope in Scope))
    return frozenset(Scope(name) for name in asked)


def validated_expiry(expires_at: datetime | None, *, now: datetime) -> datetime | None:
    """Return ``expires_at``.

    Raises:
        ExpiryInPast: it is not after ``now``.
    """
    if expires_at is not None and expires_at <= now:
        raise ExpiryInPast
    return expires_at
