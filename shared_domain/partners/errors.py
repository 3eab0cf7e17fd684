"""Refusals of API keys: of requests that carry one, and of staff's changes to one.

    Refused
    ├── KeyRefused               a request to the API is turned away
    │   ├── KeyMissing              no key was sent
    │   ├── KeyMalformed            what was sent is not a key
    │   ├── KeyUnknown
    │   ├── KeyRevoked              also: such a key cannot be rotated
    │   ├── KeyExpired              also: such a key cannot be rotated
    │   ├── PartnerInactive         also: no key is issued or rotated
    │   ├── ScopeMissing
    │   ├── EnvironmentUnknown
    │   └── TestKeyCannotGoLive
    └── KeyChangeRefused         a staff user's change that is not possible
        ├── PartnerNotFound
        ├── DirectPartnerHasNoKeys
        ├── KeyNotFound
        ├── KeyAlreadyReplaced
        ├── InvalidLabel
        ├── InvalidScopes
        ├── ExpiryInPast
        ├── OverlapOutOfRange
        └── RateLimitOutOfRange

A caller gets KeyRevoked or KeyExpired only if it has sent the whole secret, so the reason discloses
nothing to others.
"""

from dataclasses import dataclass
from datetime import datetime

from shared_domain.refusals import Refused, RefusedToStaff


class KeyRefused(Refused):
    """The request is not authenticated, or its API key does not permit it."""

    #: The ``ApiKey`` itself, where it was issued here: its calls are counted although refused.
    key: object = None


class KeyMissing(KeyRefused):
    """No API key was sent."""


@dataclass(eq=False)
class KeyMalformed(KeyRefused):
    """What was sent is not an API key, or was sent more than once (``is_repeated``)."""

    is_repeated: bool = False


class KeyUnknown(KeyRefused):
    """The key is well-formed and was never issued here."""


@dataclass(eq=False)
class KeyRevoked(KeyRefused):
    """The key was revoked; ``prefix`` is the part of it that may be shown."""

    prefix: str
    revoked_at: datetime


@dataclass(eq=False)
class KeyExpired(KeyRefused):
    """The key has expired; ``prefix`` is the part of it that may be shown."""

    prefix: str
    expired_at: datetime


class PartnerInactive(KeyRefused):
    """The partner is deactivated, and its keys with it."""


@dataclass(eq=False)
class ScopeMissing(KeyRefused):
    """The key is valid, but lacks the scope that the request needs."""

    needed: str


class EnvironmentUnknown(KeyRefused):
    """The environment asked for is neither ``test`` nor ``live``, or was named twice."""


class TestKeyCannotGoLive(KeyRefused):
    """A test key came with a request for the live environment."""

    #: The name begins like a test's; pytest is not to collect it.
    __test__ = False


class KeyChangeRefused(RefusedToStaff):
    """A key cannot be issued, rotated or revoked as requested."""


class PartnerNotFound(KeyChangeRefused):
    """There is no such partner."""


class DirectPartnerHasNoKeys(KeyChangeRefused):
    """The partner is the supplier's own booking desk, where staff sell, and no program does."""


class KeyNotFound(KeyChangeRefused):
    """There is no such key."""


@dataclass(eq=False)
class KeyAlreadyReplaced(KeyChangeRefused):
    """The key was rotated before; its successor is the one to rotate."""

    prefix: str


@dataclass(eq=False)
class InvalidLabel(KeyChangeRefused):
    """The label is empty, longer than ``longest``, or holds characters that cannot be shown."""

    longest: int


@dataclass(eq=False)
class InvalidScopes(KeyChangeRefused):
    """No scope was given, or one that is not among ``known``."""

    known: tuple[str, ...]


class ExpiryInPast(KeyChangeRefused):
    """The expiry is not in the future."""


@dataclass(eq=False)
class OverlapOutOfRange(KeyChangeRefused):
    """The overlap of the old key is negative or too long."""

    longest_days: int


@dataclass(eq=False)
class RateLimitOutOfRange(KeyChangeRefused):
    """The rate limit is below one call in a second, or above what a machine can answer."""

    highest: int
