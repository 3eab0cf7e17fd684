"""Partners: resellers whose programs call the API, each with API keys of its own; and the supplier.

What the supplier sells itself, at its booking desk, is booked for a partner as well: one of kind
``direct``, with terms for what it sells, without commission and without keys.

    issued ──rotate──▶ replaced, works until the overlap ends ──▶ expired
      ├──────────────────────────────────────────────────────────▶ expired
      └──revoke (at any time, at once)───────────────────────────▶ revoked

The secret is shown once, when the key is issued; only its SHA-256 digest is stored.

A key gives an :class:`Access`: a partner, and live or test mode. Test data and live data are
separate in every feature: a test key, or a live key in the test environment, neither finds nor
changes live data, and the other way round.
"""

from shared_domain.partners.errors import (
    DirectPartnerHasNoKeys,
    EnvironmentUnknown,
    ExpiryInPast,
    InvalidLabel,
    InvalidScopes,
    KeyAlreadyReplaced,
    KeyChangeRefused,
    KeyExpired,
    KeyMalformed,
    KeyMissing,
    KeyNotFound,
    KeyRefused,
    KeyRevoked,
    KeyUnknown,
    OverlapOutOfRange,
    PartnerInactive,
    PartnerNotFound,
    RateLimitOutOfRange,
    ScopeMissing,
    TestKeyCannotGoLive,
)
from shared_domain.partners.key_format import (
    KEY_LENGTH,
    is_well_formed,
    key_digest,
    key_prefix,
    new_secret,
)
from shared_domain.partners.model import (
    HIGHEST_RATE_LIMIT,
    LONGEST_OVERLAP,
    Access,
    ApiKey,
    ApiKeyId,
    Caller,
    IssuedKey,
    KeyOwner,
    NewKey,
    PartnerId,
    PartnerKind,
    Scope,
)
from shared_domain.partners.services import (
    KeyStore,
    authenticate,
    issue_key,
    limit_rate,
    revoke_key,
    rotate_key,
)

__all__ = [
    # What can be done
    "authenticate",
    "issue_key",
    "rotate_key",
    "revoke_key",
    "limit_rate",
    # With what
    "Access",
    "ApiKey",
    "ApiKeyId",
    "Caller",
    "IssuedKey",
    "KeyOwner",
    "KeyStore",
    "NewKey",
    "PartnerId",
    "PartnerKind",
    "Scope",
    "LONGEST_OVERLAP",
    "HIGHEST_RATE_LIMIT",
    # How a key is written
    "KEY_LENGTH",
    "key_digest",
    "is_well_formed",
    "new_secret",
    "key_prefix",
    # What can be refused
    "KeyRefused",
    "EnvironmentUnknown",
    "KeyExpired",
    "KeyMalformed",
    "KeyMissing",
    "KeyRevoked",
    "KeyUnknown",
    "PartnerInactive",
    "ScopeMissing",
    "TestKeyCannotGoLive",
    "KeyChangeRefused",
    "DirectPartnerHasNoKeys",
    "ExpiryInPast",
    "KeyAlreadyReplaced",
    "KeyNotFound",
    "InvalidLabel",
    "OverlapOutOfRange",
    "PartnerNotFound",
    "RateLimitOutOfRange",
    "InvalidScopes",
]
